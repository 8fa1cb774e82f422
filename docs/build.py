"""Run the book, then build its pages: python docs/build.py [--quick] [--keep].

The items' figures and numbers go to docs/_generated, the pages to docs/_build/html; open
docs/_build/html/index.html in a browser. The same pages are in docs/_build/rlbook-pages.zip, to be
handed on, and in docs/_build/gh-pages, to be put on a web server. Needs
`python -m pip install -e '.[docs]'`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from check import files

DOCS = Path(__file__).parent


def pack(site: Path, place: Path) -> None:
    """Write place/gh-pages, a folder that any web server can show, and place/rlbook-pages.zip.

    What Sphinx keeps for its next build stays behind. The file .nojekyll tells GitHub Pages to show
    folders such as _static as well.
    """
    pages = place / "gh-pages"
    shutil.rmtree(pages, ignore_errors=True)
    for path in files(site):
        copy = pages / path.relative_to(site)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (pages / ".nojekyll").touch()
    shutil.make_archive(str(place / "rlbook-pages"), "zip", pages)


def main() -> int:
    """All steps; returns the exit status of the first that fails."""
    parser = argparse.ArgumentParser(prog="docs/build.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples and seeds")
    parser.add_argument(
        "--keep", action="store_true", help="take the figures of docs/_generated as they are"
    )
    args = parser.parse_args()
    place = DOCS / "_build"
    run = ["rlbook", "reproduce", "--out", str(DOCS / "_generated"), *["--quick"] * args.quick]
    build = ["sphinx", "-q", "-W", "--keep-going", "-b", "html", str(DOCS), str(place / "html")]
    for command in [build] if args.keep else [run, build]:
        if status := subprocess.call([sys.executable, "-m", *command]):
            return status
    pack(place / "html", place)
    print(f"pages: {place / 'html' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
