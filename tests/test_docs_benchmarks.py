"""The tables of the benchmarks in the pages."""

import pytest

pytest.importorskip("sphinx", reason="the extra `docs` is not installed")

import speed
import speed_book
import speed_learning
import speed_planning
from speed_tables import TIMES
from sphinx.errors import ExtensionError

DASH = "\N{EN DASH}"
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
    (line,) = cells(speed_planning.solving(ROWS))
    own = ["2.00", "617", "4.00", "308"]  # of grid and table: milliseconds, how many times
    assert line == ["grid 9 x 9", "0.9", *own, "1,234", "QuantEcon, vi"]


def test_a_peer_that_was_stopped_is_said_to_be_slower_than_that():
    (line,) = cells(speed_planning.solving([*ROWS[:2], ROWS[3]]))
    assert line[-2:] == ["&gt; 60 s", "textbook loop"]
    assert line[3:6:2] == ["&gt; 30,000", "&gt; 15,000"]
    early = ROWS[3] | {"times rlbook": 5.0}  # stopped by an estimate: it says little
    (line,) = cells(speed_planning.solving([*ROWS[:3], early]))
    assert line[-1] == "QuantEcon, vi"
    (line,) = cells(speed_planning.solving(ROWS[:2]))
    assert line[-3:] == ["", "", "none"]
    assert line[3] == ""
    (line,) = cells(speed_planning.solving(ROWS[1:4]))  # no grid
    assert line[2:6] == [DASH, DASH, "4.00", "308"]
    stopped = ROWS[1] | SLOW | {"times rlbook": 9.0}
    (line,) = cells(speed_planning.solving([ROWS[0], stopped, *ROWS[2:4]]))
    assert line[4:6] == ["&gt; 60 s", DASH]


def test_every_row_is_there():
    lines = cells(speed_planning.every_row(ROWS))
    assert [line[2] for line in lines] == [row["library"] for row in ROWS]
    assert lines[-1][3:] == ["", "0.500", "not installed", "", ""]


def test_memory_is_shown_of_the_largest_problems():
    small = [row | {"problem": "grid-5", "states": 25} for row in ROWS]
    lines = cells(speed_planning.building({"rows": small + ROWS}))
    assert lines == [["grid 9 x 9", row["library"], "0.500", "12.0"] for row in ROWS]


def test_learning_is_a_line_for_each_world():
    rows = [
        {"world": "Taxi", "what": "textbook loop", "steps per second": 1000, "times textbook": 1.0},
        {"world": "Taxi", "what": "rlbook", "steps per second": 25000, "times textbook": 25.0},
    ]
    (line,) = cells(speed_learning.learning({"rows": rows}))
    assert line == ["Taxi", f"1,000 (1.00 {TIMES})", f"25,000 (25.0 {TIMES})"]


def test_a_missing_file_is_told_with_what_makes_it(tmp_path):
    with pytest.raises(ExtensionError, match=r"python -m benchmarks\.planning --json"):
        speed.results("planning", tmp_path)


def test_what_falls_short_stands_below_the_tables():
    floors = ["Garnet, 1.5 x: 0 of 1 hold", "    below: garnet-9 at 0.9 <", "another"]
    html = speed_planning.planning({"rows": ROWS, "floors": floors})
    below = "<ul><li>below: garnet-9 at 0.9 &lt;</li></ul>"
    assert f"<li>Garnet, 1.5 x: 0 of 1 hold{below}</li>" in html
    assert "<li>another</li>" in html
    assert "falls short" not in speed_planning.planning({"rows": ROWS})


def updates(times, **more):
    """Rows of one network: microseconds of each."""
    common = {"units": 64, "batch": 32, "copy": "hard copy"} | more
    return [
        common | {"what": what, "microseconds": x, "times rlbook": x / times["rlbook"]}
        for what, x in times.items()
    ]


OURS = {
    "matrix products alone": 20.0,
    "matrix products of five seeds": 70.0,
    "rlbook": 50.0,
    "rlbook, numpy alone": 80.0,
}


def test_an_update_of_dqn_stands_beside_its_products_and_pytorch():
    eager = {"PyTorch, Adam": 400.0, "PyTorch, Adam, foreach=True": 300.0}
    rows = updates(OURS | eager | {"PyTorch, Adam, fused=True": 100.0})
    html = speed_learning.networks({"rows": rows, "setting": {"torch": "2.9"}})
    (line, *every) = cells(html.partition("<details>")[0])
    name = [f"64 {TIMES} 64", "32", "hard copy"]
    assert line == [*name, "80.0", "50.0", "20.0", "2.50", "6.00", "2.00", "1.40"]
    assert not every
    assert len(cells(html.partition("<details>")[2])) == len(rows)
    html = speed_learning.networks({"rows": updates(OURS), "setting": {"torch": None}})
    assert cells(html)[0] == [*name, *line[3:7], "not installed", "not installed", "1.40"]


def test_a_step_of_ddpg_and_its_update_stand_beside_sb3():
    alone = {"rlbook, update alone": 40.0, "environment alone": 8.0}
    peers = {"Stable-Baselines3": 500.0, "Stable-Baselines3, Adam fused=True": 400.0}
    peers |= {f"{name}, update alone": x * 0.8 for name, x in peers.items()}
    rows = updates(OURS | alone | peers)
    numbers = {"rows": rows, "setting": {"stable-baselines3": "2.9"}}
    step, update, _ = speed_learning.ddpg(numbers).split("</table>")[:3]
    name = [f"64 {TIMES} 64", "32"]
    assert cells(step) == [[*name, "8.00", "80.0", "50.0", "10.0", "8.00"]]
    assert cells(update) == [[*name, "40.0", "20.0", "2.00", "10.0", "8.00"]]
    numbers = {"rows": updates(OURS | alone), "setting": {"stable-baselines3": None}}
    step, update, _ = speed_learning.ddpg(numbers).split("</table>")[:3]
    assert cells(step)[0][-2:] == cells(update)[0][-2:] == ["not installed"] * 2


def test_the_machine_says_which_run_it_was():
    about = {"python": "3.11", "torch": None, "processor": "EPYC", "machine": "x86_64"}
    old = speed.machine(about)
    assert old == "Measured on: EPYC (x86_64), one thread, python 3.11, torch not installed."
    about |= {"kernel": "Zen", "run": "2026-11-29 11:40:00 UTC", "commit": "abc1234"}
    about |= {"load before": 0.06, "load after": 1.02, "seconds": 33}
    about |= {"together": ["planning", "ddpg"], "left out": []}
    said = speed.machine(about)
    for part in ("BLAS kernel Zen", "Commit abc1234", "the run of planning, ddpg", "11:40", "33 s"):
        assert part in said
    assert "load 0.06 before" in said
    assert "1.02 after" in said
    assert "Left out" not in said
    assert speed.machine(about | {"left out": ["a", "b"]}).endswith("Left out: a; b.")


@pytest.mark.parametrize("name", ["planning", "learning", "networks", "ddpg"])
def test_the_numbers_of_the_pages_are_there_and_say_on_what_they_were_measured(name):
    found = speed.results(name)
    said = speed.machine(found["setting"])
    assert found["setting"]["processor"] in said
    assert "one thread" in said
    assert len(cells(speed.TABLES[name](found))) >= 2


def test_the_book_is_a_line_for_each_run_and_says_where_the_time_goes():
    chapters, items = {"ch01": 1.0, "ch08": 3.0}, {"tab:1.1": 1.0, "dqn:cartpole": 3.0}
    known = {"cores": 2, "seconds": 2.5, "chapters": chapters, "items": items}
    rows = [
        known | {"libraries": name} for name in ("with numba, for the first time", "with numba")
    ]
    runs, where = speed_book.book({"rows": rows}).split("<details>")
    assert cells(runs) == [[row["libraries"], "2", "2.50"] for row in rows]
    assert "<summary>Where the time goes, with numba on 2 cores</summary>" in where
    by_chapter, by_item = where.split("</table>")[:2]
    assert cells(by_chapter) == [["ch08", "3.00", "75%"], ["ch01", "1.00", "25%"]]
    assert cells(by_item) == [["dqn:cartpole", "3.00", "75%"], ["tab:1.1", "1.00", "25%"]]
