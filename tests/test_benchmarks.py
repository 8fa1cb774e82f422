"""The benchmarks run; what they measure is not tested here."""

import json
import os
import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks import book, planning
from benchmarks.common import apart, take_turns
from benchmarks.planning_ours import OURS
from benchmarks.planning_problems import TOL, Problem
from benchmarks.planning_table import summary

ROOT = Path(__file__).parents[1]


def test_networks(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.networks", "--repeats", "1", "--json", out]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "One DQN update, median CPU time." in done.stdout
    numbers = json.loads(out.read_text())
    ours = [row for row in numbers["rows"] if row["what"] == "rlbook"]
    assert len(ours) == 4
    assert all(row["microseconds"] > 0 and row["times rlbook"] == 1 for row in ours)
    if numbers["setting"]["torch"] is None:
        assert done.stdout.count("PyTorch: not installed") == 5  # a row in each case, and the head
    else:
        assert done.stdout.count("*") >= 4


def test_seconds(tmp_path):
    out = tmp_path / "seconds.json"
    command = [sys.executable, "-m", "benchmarks.seconds", "eq:2.11", "ch01", "--json", out]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    measured = [line.split()[0] for line in done.stdout.splitlines()]
    assert " ".join(measured) == (
        "tab:1.1 tab:1.2 tab:1.3 fig:1.6 fig:1.7 loop:agent-environment eq:2.11"
    )
    before = json.loads((ROOT / "rlbook" / "data" / "seconds.json").read_text())
    after = json.loads(out.read_text())
    assert list(after) == list(before)
    same = after.keys() - {"about", *measured}
    assert {x: after[x] for x in same} == {x: before[x] for x in same}
    assert all(0 <= after[x] < 60 for x in measured)


def test_ddpg(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.ddpg", "--repeats", "1", "--steps", "20"]
    command += ["--json", out]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "one update a step, median CPU time of a step." in done.stdout
    numbers = json.loads(out.read_text())
    ours = [row for row in numbers["rows"] if row["what"] == "rlbook"]
    assert [(row["units"], row["batch"]) for row in ours] == [(64, 128), (64, 64), (256, 256)]
    assert all(row["steps per second"] > 0 and row["times rlbook"] == 1 for row in ours)
    if numbers["setting"]["stable-baselines3"] is None:
        missing = "Stable-Baselines3: not installed"
        assert done.stdout.count(missing) == 4  # a row in each case, and the head
    else:
        assert done.stdout.count(" *\n") == 3


def test_book(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.book", "--json", out, "tab:1.1", "fig:3.4a"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    rows = json.loads(out.read_text())["rows"]
    numba = bool(find_spec("numba"))
    assert [(row["libraries"], row["cores"]) for row in rows] == [
        x for x in book.RUNS if numba or x[0] == book.NUMPY
    ]
    assert all(list(row["items"]) == ["tab:1.1", "fig:3.4a"] for row in rows)
    assert all(list(row["chapters"]) == ["ch01", "ch03"] and row["seconds"] > 0 for row in rows)
    assert done.stdout.count("cores: ") == len(rows)


def test_planning(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.planning", "--repeats", "1", "--json", out]
    command += ["--problems", "grid-5", "grid-6-slip", "garnet-20", "--gammas", "0.9"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    numbers = json.loads(out.read_text())
    libraries = ["rlbook (grid)", "rlbook (table)", "rlbook (grid, best)", "rlbook (table, best)"]
    libraries += ["QuantEcon", "mdpsolver", "numpy loop", "textbook loop"]
    assert [(x["problem"], x["gamma"], x["library"]) for x in numbers["rows"]] == [
        (problem, 0.9, library)
        for problem in ("grid-5", "grid-6-slip", "garnet-20")
        for library in libraries
        if problem != "garnet-20" or "grid" not in library
    ]
    installed = {
        "QuantEcon": numbers["setting"]["quantecon"],
        "mdpsolver": numbers["setting"]["mdpsolver"],
    }
    for row in numbers["rows"]:
        if installed.get(row["library"], "always"):
            assert row["note"] is None
            assert row["milliseconds"] > 0
            assert row["error"] <= 1e-6
        else:
            assert row["note"] == "not installed"
            assert row["milliseconds"] is None
    for name, version in installed.items():
        assert (f"{name}: not installed, so not compared" in done.stdout) == (version is None)
    assert "every other row, 1.5 x: " in done.stdout
    assert "the choice is the best way within 10%: " in done.stdout
    assert all(line in done.stdout for line in numbers["floors"])
    assert "grid-5 at 0.99, 0.999" in numbers["setting"]["left out"]


def rows_of(problem, states, *, table=1.0, grid=None, peer=1.0, **more):
    """The rows of one problem: times are in those of the faster of ours, and in milliseconds."""
    common = {"problem": problem, "states": states, "gamma": 0.9, "method": "vi", "note": None}
    common |= {"memory MiB": 1030.0 if states == 1e6 else None} | more
    times = {"rlbook (grid)": grid, "rlbook (table)": table, "QuantEcon": peer}
    times |= {"textbook loop": 99.0}
    rows = [
        common | {"library": name, "times rlbook": x, "milliseconds": x}
        for name, x in times.items()
        if x
    ]
    missing = {"times rlbook": None, "milliseconds": None, "note": "not installed"}
    return [*rows, common | {"library": "mdpsolver"} | missing]


def test_what_planning_must_show():
    found = rows_of("grid-5", 25, peer=1.45) + rows_of("grid-100", 1e4, grid=1.0, peer=21.0)
    found += rows_of("grid-300", 9e4, grid=1.0, table=2.0, peer=19.0)
    found += rows_of("grid-1000-slip", 1e6, grid=1.0, table=2.0, peer=5.5)
    found += rows_of("garnet-10000", 1e4, peer=1.6) + rows_of("garnet-100000", 1e5, peer=0.96)
    assert summary(found) == [
        "every other row, 1.5 x: 2 of 3 hold, the least is 1.45 x",
        "    below: grid-5 at 0.9, rlbook (table): 1.45 x (QuantEcon, vi)",
        "deterministic grids of 1e4 states and more, 20 x: 1 of 2 hold, the least is 19.0 x",
        "    below: grid-300 at 0.9, rlbook (grid): 19.0 x (QuantEcon, vi)",
        "slippery grids of 1e6 states at 0.9 and 0.99, 5 x: 1 of 1 hold, the least is 5.50 x",
        "slippery tables of 1e4 to 1e6 states, 3 x: 0 of 1 hold, the least is 2.75 x",
        "    below: grid-1000-slip at 0.9, rlbook (table): 2.75 x (QuantEcon, vi)",
        "Garnet, 1.5 x: 1 of 2 hold, the least is 0.960 x",
        "    below: garnet-100000 at 0.9, rlbook (table): 0.960 x (QuantEcon, vi)",
        "mdpsolver: not installed, so not compared",
        "grid-1000-slip: rlbook grows by 1,030 MiB, NOT under 1 GiB",
    ]


def test_the_choice_stands_beside_the_best_way():
    def beside(problem, states, best, **more):
        rows = rows_of(problem, states, table=3.0, peer=60.0)
        common = rows[0] | {"library": "rlbook (table, best)", "method": "in order"}
        rows[0] |= more
        return [*rows, common | {"milliseconds": best, "times rlbook": best / 3.0}]

    rows = beside("grid-100-slip", 1e4, 2.8) + beside("grid-300-slip", 9e4, 2.0)
    rows += beside("grid-5", 25, 0.5)
    (none,) = [row for row in rows if row["library"] == "mdpsolver" and row["states"] == 25]
    assert none["times rlbook"] is None
    rows += beside("grid-9-slip", 81, 2.0, milliseconds=None, note="> 9 s")
    assert [line for line in summary(rows) if "slower" in line or "within" in line] == [
        "the choice is the best way within 10%: 1 of 4 hold",
        "    slower: grid-300-slip at 0.9, rlbook (table): 1.50 x, 2.00 ms by 'in order'",
        "    slower: grid-5 at 0.9, rlbook (table): 6.00 x, 0.500 ms by 'in order'",
        "    slower: grid-9-slip at 0.9, rlbook (table): > 9 s, 2.00 ms by 'in order'",
    ]


def test_a_row_that_was_stopped_holds_nothing():
    rows = rows_of("grid-1000-slip", 1e6, grid=1.0, peer=5.0)
    rows[1] |= {"method": None, "milliseconds": None, "times rlbook": 5.0, "note": "> 10 s"}
    (line,) = [line for line in summary(rows) if line.startswith("slippery tables")]
    assert line == "slippery tables of 1e4 to 1e6 states, 3 x: 0 of 1 hold, the least is 1.00 x"


def test_a_short_run_leaves_something_out_and_says_so(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.networks", "--short", "--repeats", "1"]
    done = subprocess.run(
        [*command, "--json", out], capture_output=True, text=True, check=True, cwd=ROOT
    )
    numbers = json.loads(out.read_text())
    assert numbers["setting"]["short"] is True
    assert numbers["setting"]["left out"] == ["256 x 256 units", "10 of 11 blocks of each"]
    assert "Left out: 256 x 256 units, 10 of 11 blocks of each\n" in done.stdout
    assert {row["units"] for row in numbers["rows"]} == {64}


def test_a_short_run_of_planning_has_every_kind_of_problem():
    assert {planning.Problem(name).title.split()[0] for name in planning.SHORT} == {
        "grid",
        "Garnet,",
    }
    assert set(planning.SHORT) < set(planning.PROBLEMS)
    said = planning.left_out(planning.SHORT, planning.QUICKLY, planning.FULL)
    assert said[:2] == ["grid-300 at 0.9, 0.999", "grid-1000 at 0.9, 0.99, 0.999"]
    assert "mdpsolver above 100,000 states" in said
    whole = dict.fromkeys(planning.PROBLEMS, planning.GAMMAS)
    assert planning.left_out(whole, planning.FULL, planning.FULL) == [
        "mdpsolver above 100,000 states"
    ]


def test_the_choice_is_held_against_every_way_that_suits():
    for name in ("grid-5", "grid-5-slip", "garnet-20"):
        problem = Problem(name)
        for library in OURS:
            if library.fits(problem) and (library.name == "rlbook (table)" or find_spec("numba")):
                model = library.build(problem, 0.9)
                v, half = problem.reference(0.9)
                for solve in library.methods(problem).values():
                    answer = solve(model, 0.9)
                    assert np.abs(answer.v - v).max() <= TOL + half


def test_a_run_that_takes_too_long_is_stopped_and_a_crash_is_told():
    def busy():
        while True:
            pass

    assert apart(sum, [1, 2], seconds=5) == 3
    assert apart(busy, seconds=0.1) is None
    with pytest.raises(ChildProcessError, match="exit status 3"):
        apart(os._exit, 3)


def test_all_take_turns():
    said = []
    runners = {name: partial(said.append, name) for name in "abc"}
    times = take_turns(runners, {"a": 1, "b": 2, "c": 1}, {"a": 30, "b": 30, "c": 10})
    assert [len(times[name]) for name in "abc"] == [30, 30, 10]
    said = "".join(said).replace("bb", "b")
    assert said.count("a") == said.count("b") == 30
    assert {said[k : k + 2] for k in range(69)} >= {"ab", "ba", "ac", "ca", "bc", "cb"}
    assert abs(said[:35].count("c") - 5) <= 1  # spread over the race


def test_learning(tmp_path, installed):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.learning", "--repeats", "1", "--steps", "200"]
    done = subprocess.run(
        [*command, "--json", out], capture_output=True, text=True, check=True, cwd=ROOT
    )
    numbers = json.loads(out.read_text())
    ways = ["textbook loop", "rlbook", "rlbook, compiled"]
    if numbers["setting"]["numba"] is None:
        assert "numba: not installed" in done.stdout
        ways.pop()
    worlds = [*(installed[name] for name in ("FrozenLake", "CliffWalking", "Taxi")), "5x5 grid"]
    assert [(row["world"], row["what"]) for row in numbers["rows"]] == [
        (world, way) for world in worlds for way in ways
    ]
    assert all(row["steps per second"] > 0 for row in numbers["rows"])
