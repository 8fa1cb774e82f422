"""The check of a built site finds what is wrong with it."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import check

FINE = '<p id="a">text</p><a href="#a">here</a><a href="other.html#b">there</a>'


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "_generated").mkdir()
    (tmp_path / "_generated" / "report.json").write_text(json.dumps([{"id": "fig:1.1"}]))
    monkeypatch.setattr(check, "DOCS", tmp_path)
    folder = tmp_path / "html"
    (folder / "chapters").mkdir(parents=True)
    (folder / "index.html").write_text(FINE)
    (folder / "other.html").write_text('<p id="b"></p><img src="small.png">')
    (folder / "small.png").write_bytes(b"x")
    for page in ("ledger.html", "chapters/ch01.html"):
        (folder / page).write_text('<p id="fig-1.1"></p>')
    return folder


def test_a_site_without_faults(site, capsys, monkeypatch):
    assert check.faults(site) == []
    monkeypatch.setattr(sys, "argv", ["check.py", str(site)])
    assert check.main() == 0
    assert capsys.readouterr().out.startswith("4 pages, 0.0 MB: 0 faults")


@pytest.mark.parametrize(
    ("added", "fault"),
    [
        ('<a href="none.html">x</a>', "index.html: links to none.html, which is not there"),
        ('<a href="#c">x</a>', "index.html: links to #c, a place that is not in that page"),
        ('<a href="other.html#c">x</a>', "index.html: links to other.html#c, a place that is not"),
        ('<img src="none.png">', "index.html: loads none.png, which is not there"),
        ('<script src="https://a.b/c.js"></script>', "loads https://a.b/c.js from another site"),
        ('<link rel="stylesheet" href="//a.b/c.css">', "loads //a.b/c.css from another site"),
        ('<p id="a"></p>', "index.html: the id 'a' is there twice"),
        ('<img src="large.png">', "index.html: weighs 1,600,"),
    ],
)
def test_what_is_wrong_with_a_page(site, added, fault, capsys, monkeypatch):
    (site / "large.png").write_bytes(bytes(1_600_000))
    (site / "index.html").write_text(FINE + added)
    (found,) = check.faults(site)
    assert fault in found
    monkeypatch.setattr(sys, "argv", ["check.py", str(site)])
    assert check.main() == 1
    assert found in capsys.readouterr().out


def test_links_out_of_the_site_are_left_to_the_reader(site):
    (site / "index.html").write_text(FINE + '<a href="https://a.b/c">x</a>')
    assert check.faults(site) == []


def test_an_item_that_is_not_shown(site):
    (site / "chapters" / "ch01.html").write_text("")
    assert check.faults(site) == ["chapters: fig-1.1 is not shown"]


def test_a_heavy_site_and_an_empty_one(site, tmp_path):
    (site / "large.bin").write_bytes(bytes(25_100_000))
    (found,) = check.faults(site)
    assert found.startswith("the site weighs 25,")
    (tmp_path / "empty").mkdir()
    assert check.faults(tmp_path / "empty") == [f"{tmp_path / 'empty'} holds no page"]
