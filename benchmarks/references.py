"""Where do the numbers come from that a chapter is held against, if the book prints none?

    python -m benchmarks.references [--only ID ...] [--runs N] [--json FILE]

Each is made here, by programs that share no code with rlbook: exactly where that is possible, by
equations of their own; else by slow and plain loops, over many runs whose chance comes from another
generator than rlbook's. They go into rlbook/data/references.json, from where the chapters read
them with `rlbook.book.reference`. For a part of an item there is one of

    {"mean": m, "sd": x, "runs": n}     the mean and the deviation of a number over n runs
    {"count": c, "runs": n}             so many of n runs do what the part says
    {"exact": m, "sd": x}               the expectation itself, a number or a table, and the
                                        deviation of one run; without "sd" there is no chance

All together take half an hour on one core. `put` writes after each item: what is done is kept.
"""

import argparse
import json
import time
from functools import partial
from pathlib import Path

from benchmarks.common import at_least_1
from benchmarks.exact_equations import fourier_row, polynomial_row
from benchmarks.naive_agents import q_learning, sarsa
from benchmarks.reference_runs import (
    comparison,
    counts,
    cubic,
    linear_values,
    mountain_car,
    table_control,
    tanh,
    wave_control,
)
from rlbook.whole_file import whole_file

FILE = Path(__file__).parents[1] / "rlbook" / "data" / "references.json"
ABOUT = (
    "What chapters are held against where the book prints no numbers, made by programs that share "
    "no code with rlbook (benchmarks/references.py): the mean and the deviation over runs, a count "
    "of runs, or the exact expectation and the deviation of one run."
)
REFERENCES = {  # what makes it, and of how many runs
    "fig:4.5": (counts, None),
    "fig:6.3": (cubic, None),
    "fig:6.4": (tanh, None),
    "fig:7.2": (partial(table_control, method=sarsa), 2000),
    "fig:7.3": (partial(table_control, method=q_learning), 2000),
    "td:comparison": (comparison, 2000),
    "fig:8.7": (partial(linear_values, features=polynomial_row), 400),
    "fig:8.8": (partial(linear_values, features=fourier_row), 400),
    "fig:8.9": (partial(wave_control, method=sarsa), 500),
    "fig:8.10": (partial(wave_control, method=q_learning), 500),
    "fa:mountain-car": (mountain_car, 400),
}


def make(name, runs=None):
    """The references of one item, and the command that makes them again."""
    function, usual = REFERENCES[name]
    runs = usual and (runs or usual)
    command = f"python -m benchmarks.references --only {name}" + (f" --runs {runs}" if runs else "")
    return {"command": command, "parts": function(name, runs)}


def text(references):
    """As JSON, a line a part."""
    lines = []
    for name, value in references.items():
        if isinstance(value, str):
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
            continue
        parts = ",\n".join(
            f"  {json.dumps(part)}: {json.dumps(entry)}" for part, entry in value["parts"].items()
        )
        command = json.dumps(value["command"])
        lines.append(
            f'{json.dumps(name)}: {{\n "command": {command},\n "parts": {{\n{parts}\n }}}}'
        )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main():
    """Make what is asked for, and put it beside what is there."""
    parser = argparse.ArgumentParser(description="Numbers that chapters are held against.")
    parser.add_argument("--only", nargs="+", choices=REFERENCES, metavar="ID", default=REFERENCES)
    parser.add_argument("--runs", type=at_least_2, metavar="N", help="instead of the usual ones")
    parser.add_argument("--json", type=Path, metavar="FILE", default=FILE)
    args = parser.parse_args()
    for name in args.only:
        start = time.perf_counter()
        put(args.json, name, make(name, args.runs))
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)


def put(path, name, found):
    """Into the file, beside what it has: all of it, or the file stays as it was."""
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    known[name] = found
    ordered = {"about": ABOUT} | {name: known[name] for name in REFERENCES if name in known}
    with whole_file(path) as file:
        file.write(text(ordered).encode())


def at_least_2(number):
    """For argparse: one run has no deviation."""
    if at_least_1(number) < 2:
        raise argparse.ArgumentTypeError(f"must be 2 or more, got {number}")
    return int(number)


if __name__ == "__main__":
    main()
