"""A read-only install and no home, or a full disk: loops are compiled without numba's cache."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rlbook
from rlbook import GridModel, GridWorld, QLearning, optimal, train

pytest.importorskip("numba", reason="the extra `fast` is not installed")
pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="permissions and limits are those of Linux"
)

LAYOUT = ["." * 150] * 149 + ["." * 149 + "T"]

RUN = """
import sys, numpy as np
from rlbook import GridWorld, QLearning, train
agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0))
train(agent, GridWorld(), steps=250_000, seed=0)
assert "rlbook.training.compiled" in sys.modules
print(sys.modules["rlbook"].__file__, agent.q.tobytes().hex())
"""

SOLVE = f"""
import sys
from rlbook import GridModel, optimal
answer = optimal(GridModel({LAYOUT!r}), 0.9, compiled=True)
assert "rlbook.planning.compiled_grid_sweeps" in sys.modules
print(sys.modules["rlbook"].__file__, answer.v.tobytes().hex())
"""


def no_rights_of_root():
    """Root may write where nobody may, unless its processes give that up."""
    drop_from_the_bounding_set, dac_override = 24, 1
    ctypes.CDLL(None).prctl(drop_from_the_bounding_set, dac_override, 0, 0, 0)


def no_room():
    """A file is full after a thousand bytes."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def learned():
    agent = QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0))
    train(agent, GridWorld(), steps=250_000, seed=0)
    return agent.q


def solved():
    return optimal(GridModel(LAYOUT), 0.9, compiled=True).v


@pytest.mark.parametrize(
    ("code", "ours", "before"),
    [(RUN, learned, no_rights_of_root), (SOLVE, solved, no_room)],
    ids=["train, read-only", "optimal, full disk"],
)
def test_loops_are_compiled_without_a_cache_and_one_warning_says_so(code, ours, before, tmp_path):
    copy = tmp_path / "site" / "rlbook"
    shutil.copytree(
        Path(rlbook.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    if before is no_rights_of_root:
        for folder in (copy, *filter(Path.is_dir, copy.rglob("*"))):
            folder.chmod(0o555)
    leave_out = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    env = {name: x for name, x in os.environ.items() if name not in leave_out}
    env |= {"HOME": os.devnull, "PYTHONPATH": str(copy.parent), "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=copy.parent, preexec_fn=before,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    where, bits = done.stdout.split()
    assert Path(where).parent == copy
    assert bytes.fromhex(bits) == ours().tobytes()
    assert done.stderr.count("RuntimeWarning: numba can write no cache") == 1
    assert not list(copy.rglob("*.nbc"))
