"""The benchmarks run; what they measure is not tested here."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks.common import apart, take_turns
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


def test_planning(tmp_path):
    out = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "benchmarks.planning", "--repeats", "1", "--json", out]
    command += ["--problems", "grid-5", "grid-6-slip", "garnet-20", "--gammas", "0.9"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    numbers = json.loads(out.read_text())
    libraries = ["rlbook (grid)", "rlbook (table)", "QuantEcon", "mdpsolver", "textbook loop"]
    assert [(x["problem"], x["gamma"], x["library"]) for x in numbers["rows"]] == [
        (problem, 0.9, library)
        for problem in ("grid-5", "grid-6-slip", "garnet-20")
        for library in libraries[problem == "garnet-20" :]
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
    assert "every other row, 0.9 x: " in done.stdout


def test_what_planning_must_show():
    def rows(problem, states, times):
        common = {"problem": problem, "states": states, "gamma": 0.9, "method": "vi", "note": None}
        common |= {"memory MiB": 1030.0 if states == 1e6 else None}
        return [
            common | {"library": "rlbook (table)", "times rlbook": 1.0},
            common | {"library": "QuantEcon", "times rlbook": times},
            common | {"library": "textbook loop", "times rlbook": 99.0},
            common | {"library": "mdpsolver", "times rlbook": None, "note": "not installed"},
        ]

    found = rows("grid-5", 25, 0.95) + rows("grid-100", 1e4, 21.0) + rows("grid-300", 9e4, 19.0)
    found += rows("grid-1000-slip", 1e6, 5.5) + rows("garnet-10000", 1e4, 0.96)
    assert summary(found) == [
        "every other row, 0.9 x: 1 of 1 hold, the least is 0.950 x",
        "deterministic grids of 1e4 states and more, 20 x: 1 of 2 hold, the least is 19.0 x",
        "    below: grid-300 at 0.9, 19.0 x (QuantEcon, vi)",
        "slippery grids of 1e6 states at 0.9 and 0.99, 5 x: 1 of 1 hold, the least is 5.50 x",
        "Garnet, 1 x: 0 of 1 hold, the least is 0.960 x",
        "    below: garnet-10000 at 0.9, 0.960 x (QuantEcon, vi)",
        "mdpsolver: not installed, so not compared",
        "grid-1000-slip: rlbook grows by 1,030 MiB, NOT under 1 GiB",
    ]


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
    times = take_turns(runners, {"a": 1, "b": 2, "c": 1}, {"a": 3, "b": 3, "c": 1})
    assert "".join(said) == "abbcbbaabb"
    assert [len(times[name]) for name in "abc"] == [3, 3, 1]


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
