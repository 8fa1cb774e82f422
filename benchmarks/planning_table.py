"""The rows of benchmarks/planning.py as text, and what they must show."""

import math


def is_ours(name):
    """Whether a library is rlbook."""
    return name.startswith("rlbook")


def is_best(name):
    """Whether it is the fastest way of rlbook that has a name, beside the one it chooses."""
    return name.endswith(", best)")


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
        f"{row['gamma']:<6} {row['library']:<20} {row['method'] or row['note']:<24} "
        f"{digits(row['build seconds']):>8} {digits(row['milliseconds']):>11} "
        f"{more + digits(row['times rlbook']):>10} {error:>8}"
    )


HEAD = (
    f"{'gamma':<6} {'library':<20} {'method':<24} {'build s':>8} {'solve ms':>11} "
    f"{'x rlbook':>10} {'error':>8}"
)


def floor(row):
    """(what must hold, how many times its time the fastest peer takes) for a row of rlbook."""
    kind, _, size = row["problem"].partition("-")
    is_table, slips = row["library"] == "rlbook (table)", "slip" in size
    if kind == "garnet":
        return "Garnet", 1.5
    if is_table and slips and 1e4 <= row["states"] <= 1e6:
        return "slippery tables of 1e4 to 1e6 states", 3.0
    if not is_table and not slips and row["states"] >= 1e4:
        return "deterministic grids of 1e4 states and more", 20.0
    if not is_table and slips and row["states"] >= 1e6 and row["gamma"] in (0.9, 0.99):
        return "slippery grids of 1e6 states at 0.9 and 0.99", 5.0
    return "every other row", 1.5


AS_BEST = 1.1  # times as long as the best way: so long the choice may take


def summary(rows):
    """What must hold of the rows, and each row that falls short, by how much."""
    lines = beside_peers(rows) + beside_the_best(rows)
    missing = dict.fromkeys(x["library"] for x in rows if x["note"] == "not installed")
    lines += [f"{name}: not installed, so not compared" for name in missing]
    large = [x for x in rows if x["states"] >= 1e6 and is_ours(x["library"]) and x["memory MiB"]]
    for problem in dict.fromkeys(row["problem"] for row in large):
        least = min(row["memory MiB"] for row in large if row["problem"] == problem)
        verdict = "under" if least < 1024 else "NOT under"
        lines.append(f"{problem}: rlbook grows by {digits(least)} MiB, {verdict} 1 GiB")
    return lines


def beside_peers(rows):
    """How many times its time the fastest peer takes, for each row of rlbook, and the floors."""
    groups, lines = {}, []
    for case in cases(rows):
        if peer := fastest_peer(case):
            for row in case:
                if is_ours(row["library"]) and not is_best(row["library"]):
                    groups.setdefault(floor(row), []).append((times(row, peer), row, peer))
    for (what, least), found in groups.items():
        below = [x for x in found if x[0] < least]
        lines.append(
            f"{what}, {least:g} x: {len(found) - len(below)} of {len(found)} hold, "
            f"the least is {digits(min(x for x, _, _ in found))} x"
        )
        lines += [
            f"    below: {row['problem']} at {row['gamma']}, {row['library']}: {digits(x)} x "
            f"({peer['library']}, {peer['method'] or peer['note']})"
            for x, row, peer in below
        ]
    return lines


def beside_the_best(rows):
    """Whether what `optimal` chooses takes as long as the fastest way that has a name."""
    found, slower = 0, []
    for case in cases(rows):
        ways = {row["library"]: row for row in case}
        for name, best in ways.items():
            if is_best(name) and best["milliseconds"]:
                found += 1
                chosen = ways[name.replace(", best)", ")")]
                longer = (chosen["milliseconds"] or math.inf) / best["milliseconds"]
                if longer > AS_BEST:
                    slower.append((longer, chosen, best))
    if not found:
        return []
    what = f"the choice is the best way within {AS_BEST - 1:.0%}"
    return [f"{what}: {found - len(slower)} of {found} hold"] + [
        f"    slower: {row['problem']} at {row['gamma']}, {row['library']}: "
        f"{row['note'] or digits(longer, ' x')}, {digits(best['milliseconds'])} ms by "
        f"'{best['method']}'"
        for longer, row, best in slower
    ]


def cases(rows):
    """The rows of each problem at each gamma."""
    found = {}
    for row in rows:
        found.setdefault((row["problem"], row["gamma"]), []).append(row)
    return found.values()


def fastest_peer(case):
    """Its row; None if there is none."""
    peers = [x for x in case if not is_ours(x["library"]) and x["times rlbook"]]
    # The textbook loop is stopped by an estimate, long before it ends: the others come first.
    loop = {"library": "textbook loop", "milliseconds": None}
    return min(peers, key=lambda x: (loop.items() <= x.items(), x["times rlbook"]), default=None)


def times(row, peer):
    """How many times the time of a row a peer takes; at least, where the peer was stopped."""
    return peer["times rlbook"] / row["times rlbook"] if row["times rlbook"] else 0.0
