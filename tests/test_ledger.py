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


def test_every_row_has_a_title_and_those_without_a_number_a_page():
    for row in ROWS.values():
        assert row.title, f"{row.id} has no title"
        assert row.pages or row.number, f"{row.id} is on no page"
        if row.item:
            assert row.made_by, f"{row.id} is an item that nothing makes"


def test_every_algorithm_is_tagged_in_the_library():
    for name, row in ROWS.items():
        if name.startswith("alg:") and name != "alg:8.3b":  # two have this number: DQN says which
            assert row.code, f"no docstring and no comment of the library names {name}"


# Examples, bounds and definitions that a test holds, and no line of the library is.
NO_CODE = "2.1 2.2 2.3 3.4 3.8 3.9 6.14 6.15 7.11 8.11 8.12 8.30"


def test_every_other_equation_that_is_tested_is_tagged_in_the_library():
    alone = [name.removeprefix("eq:") for name, row in ROWS.items()
             if name.startswith("eq:") and row.state == "test" and not row.code]  # fmt: skip
    assert alone == NO_CODE.split()


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
    assert set(found) <= set(ROWS)
    wanted = {name for name in ROWS if name.startswith("alg:")} - {"alg:8.3b"}
    assert wanted <= set(found)


def test_the_ledger_shows_every_chapter():
    text = (DOCS / "ledger.md").read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"```\{ledger\} (\d+)", text)] == list(range(1, 13))
    assert sorted(ledger.by_chapter()) == list(range(1, 13))


@pytest.mark.parametrize("module", sorted(set(rlbook._HOME.values())))
def test_every_public_module_is_on_one_page_of_the_reference(module):
    line = f"{{public}} {module.removeprefix('rlbook.')}\n"
    assert sum(line in page.read_text() for page in DOCS.glob("api/*.md")) == 1
