"""Run the book, then build its pages: python docs/build.py [--quick] [--keep].

The items' figures and numbers go to docs/_generated, the pages to docs/_build/html; open
docs/_build/html/index.html in a browser. Needs `python -m pip install -e '.[docs]'`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent


def main() -> int:
    """Both steps; returns the exit status of the first that fails."""
    parser = argparse.ArgumentParser(prog="docs/build.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples and seeds")
    parser.add_argument(
        "--keep", action="store_true", help="take the figures of docs/_generated as they are"
    )
    args = parser.parse_args()
    run = ["rlbook", "reproduce", "--out", str(DOCS / "_generated"), *["--quick"] * args.quick]
    build = ["sphinx", "-W", "--keep-going", "-b", "html", str(DOCS), str(DOCS / "_build" / "html")]
    for command in [build] if args.keep else [run, build]:
        if status := subprocess.call([sys.executable, "-m", *command]):
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
