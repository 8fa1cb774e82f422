"""The pages, packed to be handed on and to be put on a web server."""

import sys
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import build


def test_pages_are_packed_without_what_sphinx_keeps(tmp_path):
    site = tmp_path / "html"
    for name in ("index.html", "_static/a.css", ".doctrees/index.doctree", ".buildinfo"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name)
    (tmp_path / "gh-pages").mkdir()
    (tmp_path / "gh-pages" / "old.html").touch()  # of an earlier build
    build.pack(site, tmp_path)
    pages = tmp_path / "gh-pages"
    found = {p.relative_to(pages).as_posix() for p in pages.rglob("*") if p.is_file()}
    assert found == {"index.html", "_static/a.css", ".nojekyll"}
    with zipfile.ZipFile(tmp_path / "rlbook-pages.zip") as packed:
        assert {name for name in packed.namelist() if not name.endswith("/")} == found
        assert packed.read("index.html") == b"index.html"
