"""The rows of benchmarks/planning.py as text, and what they must show."""


def is_ours(name):
    """Whether a library is rlbook."""
    return name.startswith("rlbook")


def digits(x, unit=""):
    """Three or more digits of a number; a dash for None."""
    if x is None:
        return "-"
    return f"{x:,.{0 if x >= 100 else 1 if x >= 10 else 2 if x >= 1 else 3}f}{unit}"


def show(row):
    """A row for the terminal."""
    more = ">" if row["milliseconds"] is None and row["times rlbook"] else ""
    error = "-" if row["error"] is None else f"{row['error']:.0e}"
    return (
        f"{row['gamma']:<6} {row['library']:<16} {row['method'] or row['note']:<24} "
        f"{digits(row['build seconds']):>8} {digits(row['milliseconds']):>11} "
        f"{more + digits(row['times rlbook']):>10} {error:>8}"
    )


HEAD = (
    f"{'gamma':<6} {'library':<16} {'method':<24} {'build s':>8} {'solve ms':>11} "
    f"{'x rlbook':>10} {'error':>8}"
)


def floor(row):
    """(what must hold, by how much) for a problem at a gamma."""
    kind, _, slip = row["problem"].partition("-")
    if kind == "garnet":
        return "Garnet", 1.0
    if "slip" not in slip and row["states"] >= 1e4:
        return "deterministic grids of 1e4 states and more", 20.0
    if "slip" in slip and row["states"] >= 1e6 and row["gamma"] in (0.9, 0.99):
        return "slippery grids of 1e6 states at 0.9 and 0.99", 5.0
    return "every other row", 0.9


def summary(rows):
    """How many times rlbook's time the fastest peer takes, and where that is below the floor."""
    groups, lines = {}, []
    for key in dict.fromkeys((row["problem"], row["gamma"]) for row in rows):
        of = [row for row in rows if (row["problem"], row["gamma"]) == key]
        peers = [x for x in of if not is_ours(x["library"]) and x["times rlbook"]]
        # The textbook loop is stopped by an estimate, long before it ends: the others come first.
        loop = {"library": "textbook loop", "milliseconds": None}
        if fastest := min(
            peers,
            key=lambda row: (loop.items() <= row.items(), row["times rlbook"]),
            default=None,
        ):
            groups.setdefault(floor(fastest), []).append(fastest)
    for (what, least), found in groups.items():
        below = [row for row in found if row["times rlbook"] < least]
        worst = min(row["times rlbook"] for row in found)
        lines.append(
            f"{what}, {least:g} x: {len(found) - len(below)} of {len(found)} hold, "
            f"the least is {digits(worst)} x"
        )
        lines += [
            f"    below: {row['problem']} at {row['gamma']}, {digits(row['times rlbook'])} x "
            f"({row['library']}, {row['method'] or row['note']})"
            for row in below
        ]
    missing = dict.fromkeys(x["library"] for x in rows if x["note"] == "not installed")
    lines += [f"{name}: not installed, so not compared" for name in missing]
    large = [x for x in rows if x["states"] >= 1e6 and is_ours(x["library"]) and x["memory MiB"]]
    for problem in dict.fromkeys(row["problem"] for row in large):
        least = min(row["memory MiB"] for row in large if row["problem"] == problem)
        verdict = "under" if least < 1024 else "NOT under"
        lines.append(f"{problem}: rlbook grows by {digits(least)} MiB, {verdict} 1 GiB")
    return lines
