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
