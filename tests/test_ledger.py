"""The code, the chapters, the tests and the pages name the same items of the book."""

import re
from collections import Counter

import ledger
import pytest

import rlbook
from rlbook.book.items import ITEMS

ROWS = ledger.ledger()
DOCS = ledger.ROOT / "docs"


def test_ids_are_found_in_texts():
    assert ledger.ids_in("[Zhao (7.20)] and (2.12), not (0.5)") == ["eq:7.20", "eq:2.12"]
    assert ledger.ids_in("Theorems 9.3 and 9.5; Algorithms 8.2, 8.3") == [
        "thm:9.3", "thm:9.5", "alg:8.2", "alg:8.3",
    ]  # fmt: skip
    assert ledger.ids_in("Fig. 5.7, Tables 1.1 and 1.3, Lemma 4.1") == [
        "fig:5.7", "tab:1.1", "tab:1.3", "lemma:4.1",
    ]  # fmt: skip
    assert ledger.ids_in("version 2.4, section 5.4") == []


def test_ids_are_written_as_in_the_book():
    names = ["eq:2.12", "fig:3.4a", "alg:4.1", "ddpg:lqr"]
    shown = ["(2.12)", "Fig. 3.4(a)", "Algorithm 4.1", "ddpg:lqr"]
    assert [ledger.label(name) for name in names] == shown
    assert ledger.anchor("fig:5.4") == "fig-5.4"


def test_places_are_where_the_code_is():
    for row in ROWS.values():
        for place in [*row.code, *row.uses, *row.tests]:
            text = (ledger.ROOT / place.path).read_text(encoding="utf-8")
            last = place.name.partition("[")[0].rpartition(".")[2]
            assert re.search(rf"^ *(def|class) {last}\b", text, re.MULTILINE), place


def test_every_row_has_a_function_a_test_and_a_page():
    for row in ROWS.values():
        assert row.code or row.made_by, f"{row.id} is named by a test or a page alone"
        assert row.tests, f"{row.id} is named in {row.code}, and no test is marked with it"
        assert row.pages, f"{row.id} is on no page"
        assert row.title, f"{row.id} has no title"


def test_every_equation_algorithm_and_theorem_is_tagged_in_the_library():
    for name, row in ROWS.items():
        exempt = name in ("thm:3.2", "thm:3.6")  # properties: only a chapter and tests show them
        if name.startswith(("eq:", "alg:", "thm:", "lemma:")) and not exempt:
            assert row.code, f"no docstring and no comment of the library names {name}"


def test_every_mark_of_a_test_means_something():
    known = set(ITEMS) | {name for name, _ in ledger.tags()}
    for name, place in ledger.marks():
        assert name in known, f"{place.name} is marked with {name}, which nothing in the code names"


def test_every_item_is_shown_once_on_the_page_of_its_chapter():
    shown = re.compile(r"^\s*```\{item\} (\S+)", re.MULTILINE)
    for number in range(1, 13):
        page = DOCS / f"chapters/ch{number:02}.md"
        counts = Counter(shown.findall(page.read_text(encoding="utf-8")))
        items = [ITEMS[name] for name in counts.elements()]
        wanted = dict.fromkeys(i for i in ITEMS.values() if int(i.chapter[2:4]) == number)
        assert Counter(items) == Counter(list(wanted)), (
            f"{page.name} must show each of its items once"
        )


def test_every_numbered_box_is_on_one_page():
    boxes = re.compile(r"^\s*```\{(?:algorithm|theorem|equation)\} (\S+)", re.MULTILINE)
    found = Counter(
        name for page in DOCS.glob("chapters/*.md") for name in boxes.findall(page.read_text())
    )
    assert max(found.values()) == 1, found.most_common(3)
    tagged = {name for name in ROWS if name.startswith(("eq:", "alg:", "thm:", "lemma:"))}
    assert set(found) == tagged


def test_the_ledger_shows_every_chapter():
    text = (DOCS / "ledger.md").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"```\{ledger\} (\d+)", text)] == list(range(1, 13))
    assert sorted(ledger.by_chapter()) == list(range(1, 13))


@pytest.mark.parametrize("module", sorted(set(rlbook._HOME.values())))
def test_every_public_module_is_on_one_page_of_the_reference(module):
    line = f"{{public}} {module.removeprefix('rlbook.')}\n"
    assert sum(line in page.read_text() for page in DOCS.glob("api/*.md")) == 1
