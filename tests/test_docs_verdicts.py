"""The numbers of the items in the pages, and the table of failures."""

import pytest

pytest.importorskip("sphinx", reason="the extra `docs` is not installed")

import items
import listings
import verdicts

from rlbook.book.items import load_chapters

load_chapters()

SHARE = {"count": 48, "runs": 50, "share": 0.9, "surely": 0.8, "fewest": 2, "most": 5, "of": 5}
SHARE |= {"bound": "at least"}
ESTIMATES = {"estimates": 40, "mean": 0.1, "rms": 1.0, "largest": 3.1, "width": 4.2}
COMMON = {"quick": False, "runs": 10, "kernels": ["None"], "seconds": 1.5, "fails": []}
ITEMS = [
    COMMON | {"id": "fig:7.2", "chance": True, "claims": {"a": SHARE, "b": ESTIMATES}},
    COMMON | {"id": "fig:3.4a", "chance": False, "claims": {}},
    COMMON | {"id": "fig:3.5", "chance": False, "claims": {}, "fails": [{}]},
]


def test_a_line_for_each_item_of_chance_and_one_for_the_others():
    one, exact = verdicts.lines(ITEMS)
    said = "48 of 50 (claimed: at least 90 %); 40 estimates, typical error 1.00 standard errors"
    assert one == ("fig:7.2", "10", "0", "1.50", said)
    assert exact == ("2 exact ones", "20", "1", "", "")


def test_each_run_says_what_ran():
    about = {"seeds": 20, "first": 7, "processor": "P", "python": "3", "numpy": "2", "date": "D"}
    found = {"about": about | {"command": "all"}, "items": ITEMS}
    assert verdicts.runs(found) == ["20 seeds from 7 on; P, Python 3, numpy 2, D: all"]
    found["later"] = [about | {"first": 9, "command": "some", "items": ["fig:3.5", "fig:7.2"]}]
    first, later = verdicts.runs(found)
    assert first == "20 seeds from 7 on; P, Python 3, numpy 2, D: all"
    assert later == ("Later, fig:3.5, fig:7.2: 20 seeds from 9 on; P, Python 3, numpy 2, D: some")


def test_errors_of_several_parts_are_put_together():
    item = {"claims": {"a": ESTIMATES, "b": ESTIMATES | {"rms": 2.0, "estimates": 120}}}
    assert verdicts.seldom(item) == "160 estimates, typical error 1.80 standard errors"


def test_how_often_a_run_of_the_book_has_a_false_alarm():
    """Figure 7.2 and Algorithm 7.1 are one item, and so one chance."""
    names = {"fig:7.2": 1e-3, "alg:7.1": 1e-3, "fig:7.3": 1e-3, "fig:3.4a": 0.0, "fig:3.5": None}
    found = listings.chance({name: {"alarm": alarm} for name, alarm in names.items()})
    assert found == {"all": 4, "items": 2, "runs": 500}


def test_a_page_shows_numbers_as_the_report_does():
    cells = "<table><tr><td>{}</td><td>{}</td></tr></table>".format
    assert items._table([5.8, 10]) == cells("5.8", "10")
    assert items._table([5.832, 10.0], [5.8, 10]) == cells("5.832", "10")
    assert items._table([-3.631048257428, 0.9], bound="at least") == cells(
        "at least -3.631", "at least 0.9"
    )
    assert items._rows([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]) == [[1, 2], [3, 4], [5, 6], [7, 8]]
