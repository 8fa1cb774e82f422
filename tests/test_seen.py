"""An item of the book, seen where one works."""

import pytest

from rlbook.book.seen import see


def test_an_item_shows_its_figure_and_its_numbers():
    seen = see("Fig. 3.4a")
    assert seen.entry.verdict == "agrees"
    assert "agrees" in repr(seen)
    html = seen._repr_html_()
    assert html.count("data:image/svg+xml") == 1
    assert "5.8" in html
    assert "<script" not in html


def test_its_numbers_are_those_of_a_run(tmp_path):
    one, other = (see("fig:7.4", quick=True, seed=seed).entry for seed in (3, 3))
    assert one.result.max_difference == other.result.max_difference


@pytest.mark.parametrize("name", ["fig:3.4", "no such thing"])
def test_it_shows_one_item(name):
    with pytest.raises(ValueError, match=r"must be one item|no such thing"):
        see(name)
