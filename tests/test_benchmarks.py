"""The benchmarks run; what they measure is not tested here."""

import json
import subprocess
import sys
from pathlib import Path

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


def test_learning(tmp_path):
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
    worlds = ("FrozenLake-v1", "CliffWalking-v1", "Taxi-v4", "5x5 grid")
    assert [(row["world"], row["what"]) for row in numbers["rows"]] == [
        (world, way) for world in worlds for way in ways
    ]
    assert all(row["steps per second"] > 0 for row in numbers["rows"])
