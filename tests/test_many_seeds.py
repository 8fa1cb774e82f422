"""Many seeds are many runs of train, neither more nor less."""

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rlbook import GridWorld, QLearning, train, train_many


def make(seed):
    rng = np.random.default_rng([seed, 1])
    return QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.2, rng=rng)


def test_each_seed_is_a_run_of_its_own():
    env = TimeLimit(GridWorld(), 50)
    how = {"steps": 300, "every": 100, "measure": lambda a: a.q.copy()}
    many = train_many(make, env, seeds=[3, 8, 3], **how)
    alone = [train(make(seed), TimeLimit(GridWorld(), 50), seed=seed, **how) for seed in (3, 8)]
    for one, other in zip(many[:2], alone, strict=True):
        assert one.returns.tolist() == other.returns.tolist()
        assert one.lengths.tolist() == other.lengths.tolist() == [50] * 6
        assert np.array_equal(one.measured, other.measured)
    assert np.array_equal(many[0].measured, many[2].measured)
    assert not np.array_equal(many[0].measured, many[1].measured)
    assert train_many(make, env, seeds=[], steps=10) == []


def test_compiled_or_not_it_is_the_same():
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    env = TimeLimit(GridWorld(), 50)
    plain, fast = (
        train_many(make, env, seeds=[3, 8], steps=300, compiled=compiled)
        for compiled in (False, True)
    )
    assert [x.returns.tolist() for x in plain] == [x.returns.tolist() for x in fast]
    with pytest.raises(ValueError, match="got True: a world of render_mode"):
        train_many(make, GridWorld(render_mode="ansi"), seeds=[0], steps=10, compiled=True)


def test_errors_are_those_of_train():
    with pytest.raises(ValueError, match="train needs steps or episodes"):
        train_many(make, GridWorld(), seeds=[0])
    with pytest.raises(ValueError, match="seed must be less than"):
        train_many(make, GridWorld(), seeds=[2**32], steps=10)


def test_short_runs_that_are_many_are_compiled():
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    code = (
        "import sys, numpy as np\n"
        "from rlbook import GridWorld, QLearning, train_many\n"
        "make = lambda seed: QLearning(25, 5, gamma=0.9, alpha=0.1, epsilon=0.1,\n"
        "                              rng=np.random.default_rng(seed))\n"
        "train_many(make, GridWorld(), seeds=range(2), steps=1000)\n"
        "assert 'numba' not in sys.modules\n"
        "train_many(make, GridWorld(), seeds=range(100), steps=5000)\n"
        "assert 'rlbook.training.compiled' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
