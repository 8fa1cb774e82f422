"""All benchmarks, one after the other: the numbers of the page "How fast it is".

    python -m benchmarks                        everything: about 40 minutes
    python -m benchmarks --short                within ten minutes; what is left out is said
    python -m benchmarks --only learning ddpg   some of them

Each runs in a process of its own. The numbers of all go into benchmarks/results at the end. If one
fails, no file there changes. Nothing else should run meanwhile.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import setting
from rlbook.whole_file import whole_file

MODULES = {x: f"benchmarks.{x}" for x in ("planning", "learning", "networks", "ddpg", "book")}
FOLDER = Path(__file__).parent / "results"
OF_ALL = ("run", "commit", "load before")  # what is known of a run before its first benchmark


def run(names, short, into):
    """The numbers of each, {name: numbers}, and what all of them share in their settings."""
    first = setting.start(short, [])
    shared = {key: first[key] for key in OF_ALL} | {"together": names}
    found = {}
    for name in names:
        print(f"\n== {name} ==", flush=True)
        file = Path(into) / f"{name}.json"
        command = [sys.executable, "-m", MODULES[name], "--json", file, *["--short"] * short]
        if status := subprocess.run(command).returncode:
            raise SystemExit(f"{name} ended with exit status {status}: no file was changed")
        found[name] = json.loads(file.read_text(encoding="utf-8"))
        if (now := found[name]["setting"]["commit"]) != shared["commit"]:
            raise SystemExit(f"{name} ran {now}, not {shared['commit']}: no file was changed")
        found[name]["setting"] |= shared
    return found


def replace(files):
    """Write all the files, {path: numbers}, or none."""
    with ExitStack() as all_or_none:
        for path, numbers in files.items():
            file = all_or_none.enter_context(whole_file(path))
            file.write((json.dumps(numbers, indent=1) + "\n").encode())
            file.flush()  # a full disk is noticed here


def main(given=None):
    """Run, print, write."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="a part, with less time")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=[*MODULES], metavar="NAME",
                        help=f"some of {', '.join(MODULES)}")  # fmt: skip
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the numbers go")
    args = parser.parse_args(given)
    if not args.folder.is_dir():
        parser.error(f"folder must be there, got {args.folder}")
    names = [name for name in MODULES if name in args.only]
    try:
        with tempfile.TemporaryDirectory() as into:
            found = run(names, args.short, into)
    except KeyboardInterrupt:
        print("\nstopped: no file was changed", file=sys.stderr)
        raise SystemExit(130) from None
    replace({args.folder / f"{name}.json": numbers for name, numbers in found.items()})
    took = sum(numbers["setting"]["seconds"] for numbers in found.values())
    print(f"\nWritten to {args.folder}: {', '.join(found)}, after {took} s")


if __name__ == "__main__":
    main()
