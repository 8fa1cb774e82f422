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
