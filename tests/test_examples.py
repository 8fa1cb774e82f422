"""The examples do what they say."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_three_toy_worlds_are_learned():
    script = ROOT / "examples" / "learn_toy_text.py"
    assert len(script.read_text().splitlines()) <= 25
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    best = {"FrozenLake-v1": 0.542, "CliffWalking-v1": -12.248, "Taxi-v4": 6.327}
    for line in lines:
        value, known = map(float, re.findall(r"(-?[0-9.]+), best +(-?[0-9.]+)", line)[0])
        assert known == pytest.approx(best[line.split()[0]], abs=5e-4)
        assert abs(value - known) <= 0.05 * abs(known), line


def test_cartpole_says_what_it_does():
    script = ROOT / "examples" / "cartpole.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--methods {DQN,A2C,REINFORCE}" in done.stdout
    run = [sys.executable, script, "--seeds", "1", "--methods", "REINFORCE", "--steps", "8000"]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0].split() == ["method", "seed", "475", "after", "best", "last", "CPU", "s"]
    name, seed, after, best, last, _ = lines[1].split()
    assert (name, seed, after) == ("REINFORCE", "0", "never")
    assert 9 < float(last) <= float(best) <= 500
    assert lines[2].split() == ["REINFORCE", "0", "of", "1", "seeds"]
