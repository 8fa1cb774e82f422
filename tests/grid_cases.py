"""What the tests of grids share: worlds at random."""

SLIPS = (0.0, 0.1, 0.5, 1.0)
NAMES = ("r_boundary", "r_forbidden", "r_target", "r_other")


def random_grid(rng, *, slip=None, shape=None):
    """The arguments of a small world: every option, and often a single row or column."""
    rows, cols = shape or rng.choice([1, 1, 2, 3, 4], size=2)
    cells = rng.choice(list("...##TS"), size=(rows, cols))
    cells[rng.integers(rows), rng.integers(cols)] = "T"
    return {
        "layout": tuple("".join(row) for row in cells),
        **dict(zip(NAMES, rng.normal(scale=3, size=4), strict=True)),
        "forbidden": str(rng.choice(["enter", "wall"])),
        "terminate_at_target": bool(rng.random() < 0.5),
        "bump_adds_forbidden": bool(rng.random() < 0.5),
        "slip": float(rng.choice(SLIPS)) if slip is None else slip,
    }
