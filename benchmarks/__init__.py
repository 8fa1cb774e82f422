"""How fast it is, beside its peers: each module is run with `python -m`."""
