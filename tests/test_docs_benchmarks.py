"""The tables of the benchmarks in the pages."""

import pytest

pytest.importorskip("sphinx", reason="the extra `docs` is not installed")

import speed
from sphinx.errors import ExtensionError

COMMON = {"problem": "grid-9", "title": "grid 9 x 9", "states": 81, "gamma": 0.9, "error": 1e-9}
COMMON |= {"method": "vi", "note": None, "build seconds": 0.5, "memory MiB": 12.0}
SLOW = {"method": None, "note": "> 60 s", "milliseconds": None, "error": None}
ROWS = [
    COMMON | {"library": "rlbook (grid)", "milliseconds": 2.0, "times rlbook": 1.0},
    COMMON | {"library": "rlbook (table)", "milliseconds": 4.0, "times rlbook": 2.0},
    COMMON | {"library": "QuantEcon", "milliseconds": 1234.0, "times rlbook": 617.0},
    COMMON | {"library": "textbook loop", "times rlbook": 30000.0} | SLOW,
    COMMON | {"library": "mdpsolver", "times rlbook": None} | SLOW | {"note": "not installed"},
]


def cells(html):
    rows = html.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return [[x.rpartition(">")[2] for x in row.split("</td>")[:-1]] for row in rows]


def test_the_fastest_peer_stands_beside_rlbook():
    (line,) = cells(speed.solving(ROWS))
    assert line == ["grid 9 x 9", "0.9", "2.00", "4.00", "1,234", "617", "QuantEcon, vi"]


def test_a_peer_that_was_stopped_is_said_to_be_slower_than_that():
    (line,) = cells(speed.solving([*ROWS[:2], ROWS[3]]))
    assert line[-3:] == ["&gt; 60 s", "&gt; 30,000", "textbook loop"]
    early = ROWS[3] | {"times rlbook": 5.0}  # stopped by an estimate: it says little
    (line,) = cells(speed.solving([*ROWS[:3], early]))
    assert line[-1] == "QuantEcon, vi"
    (line,) = cells(speed.solving(ROWS[:2]))
    assert line[-3:] == ["", "", "none"]


def test_every_row_is_there():
    lines = cells(speed.every_row(ROWS))
    assert [line[2] for line in lines] == [row["library"] for row in ROWS]
    assert lines[-1][3:] == ["", "0.500", "not installed", "", ""]


def test_memory_is_shown_of_the_largest_problems():
    small = [row | {"problem": "grid-5", "states": 25} for row in ROWS]
    lines = cells(speed.building(small + ROWS))
    assert lines == [["grid 9 x 9", row["library"], "0.500", "12.0"] for row in ROWS]


def test_learning_is_a_line_for_each_world():
    rows = [
        {"world": "Taxi", "what": "textbook loop", "steps per second": 1000, "times textbook": 1.0},
        {"world": "Taxi", "what": "rlbook", "steps per second": 25000, "times textbook": 25.0},
    ]
    (line,) = cells(speed.learning(rows))
    assert line == ["Taxi", f"1,000 (1.00 {speed.TIMES})", f"25,000 (25.0 {speed.TIMES})"]


def test_a_missing_file_is_told_with_what_makes_it(tmp_path):
    with pytest.raises(ExtensionError, match=r"python -m benchmarks\.planning --json"):
        speed.results("planning", tmp_path)


@pytest.mark.parametrize("name", ["planning", "learning"])
def test_the_numbers_of_the_pages_are_there_and_say_on_what_they_were_measured(name):
    found = speed.results(name)
    said = speed.machine(found["setting"])
    assert found["setting"]["processor"] in said
    assert "one thread" in said
    assert len(cells(speed.TABLES[name](found["rows"]))) >= 2
