"""The ledger is the book's own list, and a reader finds a number as it is typed."""

import re
from collections import Counter

import ledger
import pytest

from rlbook import cli
from rlbook.book import select
from rlbook.book.numbers import did_you_mean, ids_of, label, lecture, numbers
from rlbook.book.show import listing, show

ROWS = ledger.ledger()
COUNTS = {
    "eq": 167, "fig": 59, "tab": 13, "alg": 18, "thm": 22, "lemma": 6, "prop": 1, "def": 1,
    "ex": 4, "box": 33,
}  # fmt: skip


def rows_and_numbers(rows):
    """What one has and the other lacks."""
    return {ledger.whole(name) for name in rows if ROWS[name].number} ^ set(numbers())


def test_the_rows_are_the_numbers_of_the_book():
    assert rows_and_numbers(ROWS) == set()
    assert Counter(name.partition(":")[0] for name in numbers()) == COUNTS


def test_a_row_that_is_removed_is_missed():
    for gone in ("eq:7.20", "box:5.1", "fig:4.1"):
        assert rows_and_numbers([name for name in ROWS if name != gone]) == {gone}


def test_every_row_ends_in_one_way():
    missing = [name for name, row in ROWS.items() if row.state == "missing"]
    assert missing == []
    for name, row in ROWS.items():
        if row.number and row.number.state == "drawing":
            assert row.state == "drawing", f"{name} is a drawing, and has {row.state}"
        if row.number and row.number.of:
            assert row.number.of in ROWS, f"{name} belongs to {row.number.of}"


def test_every_mark_has_a_row():
    for name, place in ledger.marks():
        assert name in ROWS, f"{place.name} is marked with {name}"
        assert ROWS[name].number or ROWS[name].item, f"{place.name} is marked with {name}"


def test_what_goes_with_the_library_is_what_the_code_and_the_tests_say():
    assert ledger.FILE.read_text(encoding="utf-8") == ledger.written(), (
        "python docs/_ext/ledger.py writes it"
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7.20", ["eq:7.20"]),
        ("(2.12)", ["eq:2.12"]),
        ("eq 2.12", ["eq:2.12"]),
        ("eq. (2.12)", ["eq:2.12"]),
        ("Equation 2.12", ["eq:2.12"]),
        ("Fig. 7.4", ["fig:7.4"]),
        ("Figure 7.4", ["fig:7.4"]),
        ("Fig:3.4a", ["fig:3.4a"]),
        ("fig3.4(A)", ["fig:3.4a"]),
        ("fig 3.4", [f"fig:3.4{part}" for part in "abcd"]),
        ("tab 4.6", ["tab:4.6"]),
        ("Box 5.1", ["box:5.1"]),
        ("Theorem 3.2", ["thm:3.2"]),
        ("Algorithm 8.3", ["alg:8.3", "alg:8.3b"]),
        ("ddpg:lqr", ["ddpg:lqr"]),
        ("3.1", ["eq:3.1", "fig:3.1", "thm:3.1", "def:3.1", "ex:3.1", "box:3.1"]),
        ("11.1", []),
        ("page 3.1", []),
        ("chapter", []),
    ],
)
def test_what_a_reader_means(typed, meant):
    assert ids_of(typed, ROWS) == meant


def test_a_word_that_means_nothing_is_told_what_is_like_it():
    assert "fig:7.4" in did_you_mean("fgi:7.4", ROWS)
    assert did_you_mean("", ROWS) == ""
    with pytest.raises(ValueError, match=r"'dpdg:lqr' is no number .*; did you mean ddpg:lqr"):
        show("dpdg:lqr")


def test_lines_on_a_number():
    said = "\n".join(show("7.20"))
    assert "(7.20)" in said
    assert "TD, rlbook/temporal_difference.py:" in said
    assert "tests/test_" in said
    assert "the proof of Theorem 3.1" in "\n".join(show("box 3.1"))
    assert "nothing to compute" in "\n".join(show("fig 1.2"))
    assert "rlbook run fig:7.4" in "\n".join(show("Fig. 7.4"))


def test_all_numbers_are_listed_and_counted():
    lines = list(listing(list(numbers())))
    assert len(lines) == sum(COUNTS.values()) + 1 + len(COUNTS)
    assert any(line.split()[:2] == ["167", "eq"] for line in lines)


def test_every_section_has_a_lecture():
    for name, number in numbers().items():
        assert lecture(number.section).startswith(f"L{number.section.partition('.')[0]}:"), name
    assert label("alg:8.3b") == "Algorithm 8.3, the second"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3.4", "fig:3.4a fig:3.4b fig:3.4c fig:3.4d ex:3.4"),
        ("fig3.4a", "fig:3.4a"),
        ("Fig:3.4A", "fig:3.4a"),
        ("Table 4.6", "tab:4.6"),
    ],
)
def test_what_is_to_be_run(typed, meant):
    assert [item.ids[0] for item in select([typed])] == meant.split()


@pytest.mark.parametrize("typed", ["ch3", "3", "03", "CH03", "chapters/ch03_optimality.py"])
def test_a_chapter_in_many_ways(typed):
    assert select([typed]) == select(["ch03_optimality"])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("fgi:3.4a", "'fgi:3.4a' is neither an item nor a chapter; did you mean fig:3.4a"),
        ("chp3", "did you mean ch03"),
        ("7.20", "'7.20' has no item to run: see rlbook show 7.20"),
        ("", "'' is neither an item nor a chapter; `rlbook list` shows all"),
    ],
)
def test_what_cannot_be_run_is_told(typed, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        select([typed])


@pytest.mark.parametrize(
    ("arguments", "status", "part"),
    [
        (["show", "(7.20)"], 0, "section 7.5"),
        (["show", "fig 3.4"], 0, "rlbook run fig:3.4d"),
        (["show", "77"], 2, "'77' is no number of the book"),
        (["list", "--numbers", "4"], 0, "Table 4.6"),
        (["list", "--numbers", "11"], 2, "--numbers takes chapters from 1 to 10, got '11'"),
    ],
)
def test_on_the_command_line(arguments, status, part, capsys):
    assert cli.main(arguments) == status
    out, err = capsys.readouterr()
    assert part in (err if status else out)
