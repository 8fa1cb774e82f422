"""What stands above the columns and beside the rows of an item's numbers."""

import json
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path

import pytest

from rlbook.book.heads import heads, table
from rlbook.book.items import ITEMS, load_chapters

load_chapters()
GIVEN = json.loads(resources.files("rlbook").joinpath("data/heads.json").read_text("utf-8"))
GIVEN.pop("about")
UP = ["up", "right", "down", "left", "stay"]


@pytest.mark.parametrize(
    ("item", "part", "shape", "rows", "columns"),
    [
        ("fig:2.4", "v", (4,), [], ["s1", "s2", "s3", "s4"]),
        ("fig:2.8", "q(s1)", (5,), [], UP),
        ("tab:1.1", "s_next", (9, 5), [f"s{k}" for k in range(1, 10)], UP),
        ("fig:2.3", "P", (2, 2), ["s1", "s2"], ["s1", "s2"]),
        ("fig:3.4a", "v", (5, 5), list("12345"), list("12345")),  # a grid, as it is drawn
        ("tab:4.5", "q", (2, 3), ["s1", "s2"], ["left", "stay", "right"]),
        ("fig:99.1", "anything", (3,), [], ["1", "2", "3"]),
        ("fig:99.1", "three axes", (2, 2, 2), list("1234"), ["1", "2"]),
        ("fig:99.1", "one number", (), [], ["1"]),
        ("adam:decay", "decay beside, g = 0", (2, 2), ["0", "1"], ["from 1", "from 0.1"]),
        ("dpo:closed-form", "slope", (2,), [], ["1", "2"]),  # words for five: not these
    ],
)
def test_heads_follow_from_name_and_shape_or_are_given(item, part, shape, rows, columns):
    assert heads(item, part, shape) == (rows, columns)


def test_what_is_given_belongs_to_an_item():
    assert {item: ITEMS[item].ids[0] for item in GIVEN} == {item: item for item in GIVEN}


def test_what_is_given_fits_the_run_of_the_pages():
    report = Path(__file__).parents[1] / "docs" / "_generated" / "report.json"
    if not report.exists():
        pytest.skip("the pages have not been built here")
    parts = {}
    for entry in json.loads(report.read_text(encoding="utf-8")):
        sides = entry["printed"] if isinstance(entry["printed"], dict) else {"": entry["printed"]}
        parts[entry["id"]] = {n: x for n, x in sides.items() if isinstance(x, list) and len(x) > 1}
    for item, names in GIVEN.items():
        used = set()
        for part, side in parts[item].items():
            pattern = next((x for x in names if fnmatchcase(part, x)), None)
            if pattern is None:
                continue
            used.add(pattern)
            columns = side[0] if isinstance(side[0], list) else side
            ends = names[pattern].split(";")[::-1]
            for words, n in zip(ends, (len(columns), len(side)), strict=False):
                one = words.strip() in ("numbers", "states", "from 0")
                assert one or len(words.split(",")) == n, (item, part)
        assert used == set(names), item


def test_a_table_has_its_heads_and_one_number_has_none():
    found = table([["1", "<2"]], [[False, True]], ["s1"], ["a", "b"])
    assert found == (
        '<table><tr><th scope="col">a</th><th scope="col">b</th></tr>'
        '<tr><td>1</td><td class="out">&lt;2</td></tr></table>'
    )
    two = table([["1"], ["2"]], [[False], [False]], ["s1", "s2"], ["v"])
    assert '<tr><td></td><th scope="col">v</th></tr><tr><th scope="row">s1</th><td>1</td>' in two
    assert table([["7"]], [[True]], ["1"], ["1"]) == (
        '<p class="number"><span class="out">7</span></p>'
    )
