"""What many runs of an item say together, as numbers and as lines for a terminal."""

import numpy as np


def surely(count, runs, alarm=1e-3):
    """The least share that so many successes leave possible. [Clopper and Pearson 1934]"""
    from scipy import stats  # only here: --help and --rotate need none

    found = stats.binomtest(count, runs).proportion_ci(1 - 2 * alarm, method="exact")
    return round(float(found.low), 4)


def claims(rows):
    """What all runs of one item say together of its claims: {part: {...}}."""
    found = {}
    for row in rows:
        for part, e in row.get("evidence", {}).items():
            into = found.setdefault(part, {"z": []} if "z" in e else {"count": 0, "runs": 0})
            if "z" in e:
                into["z"] += e["z"]
                into["width"] = round(e["width"], 2)
            else:
                into["count"] += e["count"]
                into["runs"] += e["runs"]
                into |= {k: e[k] for k in ("share", "bound", "fewest", "most") if k in e}
                into["of"] = e["runs"]
    for e in found.values():
        if (z := np.array(e.pop("z", ()))).size:
            e |= {
                "estimates": z.size,
                "mean": round(float(z.mean()), 3),
                "rms": round(float(np.sqrt((z**2).mean())), 3),
                "largest": round(float(np.abs(z).max()), 2),
            }
        else:
            e["surely"] = surely(e["count"], e["runs"])
    return found


def summary(rows):
    """For each item and mode: runs, failures, seconds, and its claims."""
    table = []
    for name, quick in dict.fromkeys((row["id"], row["quick"]) for row in rows):
        own = [row for row in rows if (row["id"], row["quick"]) == (name, quick)]
        table.append(
            {
                "id": name,
                "quick": quick,
                "runs": len(own),
                "kernels": sorted({str(row["kernel"]) for row in own}),
                "fails": [
                    {k: row[k] for k in ("seed", "kernel", "why")}
                    for row in own
                    if row["verdict"] == "fails"
                ],
                "seconds": round(float(np.mean([row.get("seconds", 0) for row in own])), 2),
                "chance": any(row.get("chance") for row in own),
                "claims": claims(own),
            }
        )
    return table


def show(table):
    """The summary as lines for a terminal."""
    lines = [f"{'item':<20} {'runs':>5} {'failed':>6} {'s':>7}"]
    for item in table:
        mode = " quick" if item["quick"] else ""
        lines.append(
            f"{item['id'] + mode:<20} {item['runs']:>5} {len(item['fails']):>6} "
            f"{item['seconds']:>7.1f}"
        )
        for part, e in item["claims"].items():
            if "count" in e:
                said = (
                    f"{e['count']} of {e['runs']}, surely above {e['surely']:.1%}; claimed "
                    f"{e.get('bound', '')} {e['share']:.3g}, "
                    f"accepted {e['fewest']} to {e['most']} of {e['of']}"
                ).replace("  ", " ")
            else:
                said = (
                    f"{e['estimates']} estimates: mean {e['mean']:+.2f}, rms {e['rms']:.2f}, "
                    f"largest {e['largest']:.1f} of {e['width']:.1f} standard errors"
                )
            lines.append(f"    {part}: {said}")
        lines += [
            f"    failed at seed {f['seed']}, {f['kernel']}: {f['why']}" for f in item["fails"]
        ]
    return "\n".join(lines)
