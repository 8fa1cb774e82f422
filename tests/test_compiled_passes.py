"""The compiled passes of networks give the bits that numpy gives."""

import subprocess
import sys
from contextlib import contextmanager

import gymnasium
import numpy as np
import pytest
from function_cases import KINDS, mlp

from rlbook import DDPG, DQN, TD3, DoubleDQN, train
from rlbook.functions.optimisers import Adam
from rlbook.functions.parametric import PASSES, Table
from rlbook.training import choice

pytest.importorskip("numba", reason="the extra `fast` is not installed")


@contextmanager
def by(loaded):
    """With the compiled passes, or without."""
    assert choice.prepare()
    with pytest.MonkeyPatch.context() as patch:
        if not loaded:
            patch.delitem(sys.modules, PASSES)
        yield


def both(learned):
    """What a function returns by numpy, and by the compiled passes; each a list of arrays."""
    results = []
    for loaded in (False, True):
        with by(loaded):
            results.append([x.tobytes() for x in learned()])
    return results


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(("hidden", "output"), KINDS)
def test_every_bit_of_a_network_and_its_adam(hidden, output, weight_decay, dtype):
    def learned():
        kind = {"hidden": hidden, "output": output, "extra": 3, "dtype": dtype}
        f, slow = mlp((4, 33, 16, 2), **kind), mlp((4, 33, 16, 2), **kind)
        adam, rng = Adam(f, 1e-2, weight_decay=weight_decay), np.random.default_rng(3)
        for k in range(130):  # every 64 steps Adam forgets
            x = rng.normal(size=(1 + k % 65, 4))
            y = f(x)
            dx = f.backward(y - x[:, :2] ** 2, weights=k % 7 != 0)
            adam.step()
            slow.blend(f, 0.005)
        return f.theta, f.grad, y, dx, adam.m, adam.v, slow.theta

    plain, fast = both(learned)
    assert plain == fast


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_that_are_not_finite_or_hardly_there(dtype):
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-40, 1e-320, 1.0, -1.0], dtype)

    def learned():
        f = mlp((1, 10, 1), dtype=dtype)
        f.layers[0][0][:], f.layers[0][1][:] = odd, 0
        with np.errstate(all="ignore"):
            y = f(np.array([[1.0], [-1.0], [0.0]]))
            dx = f.backward(np.array([[1.0], [-1.0], [0.5]]))
        return np.abs(f._h[1]), np.abs(f.grad), np.abs(y), np.abs(dx)  # abs: zeros of any sign

    plain, fast = both(learned)
    assert plain == fast


def test_a_number_of_another_kind_is_left_to_numpy():
    with by(True):
        assert mlp(dtype=np.float32).passes
        assert Table(2, 1).passes
        for dtype in (np.float16, np.longdouble):
            f = mlp(dtype=dtype)
            assert f.passes is None
            f.backward(f(np.ones((2, 3))))
            Adam(f, 0.1, epsilon=1e-3).step()
            assert f.theta.dtype == dtype
    with by(False):
        assert mlp().passes is None


CART = {"hidden": (16, 8), "batch": 8, "warmup": 20, "every": 4, "updates": 4}
SWING = {"hidden": (16, 8), "batch": 8, "warmup": 20}


@pytest.mark.parametrize(
    ("kind", "world", "options"),
    [
        (DQN, "CartPole-v1", CART | {"tau": 0.01}),
        (DQN, "CartPole-v1", CART | {"loss": "huber", "activation": "tanh"}),
        (DoubleDQN, "CartPole-v1", CART),
        (DDPG, "Pendulum-v1", SWING | {"l2": 1e-2}),
        (TD3, "Pendulum-v1", SWING),
    ],
)
def test_every_bit_of_a_run(kind, world, options):
    def learned():
        env = gymnasium.make(world)
        rng = np.random.default_rng(0)
        agent = kind(env.observation_space, env.action_space, rng=rng, **options)
        how = {"compiled": PASSES in sys.modules}
        record = train(agent, env, steps=300, seed=0, **how)
        if isinstance(agent, DQN):
            nets = agent.net, agent.target_net
        else:
            nets = agent.actor, agent.target_actor, *agent.critics, *agent.target_critics
        return record.returns, *(net.theta for net in nets)

    plain, fast = both(learned)
    assert plain == fast


def test_train_loads_them_where_they_pay():
    code = (
        "import sys, gymnasium, numpy as np\n"
        "from rlbook import DQN, train\n"
        "env = gymnasium.make('CartPole-v1')\n"
        "agent = DQN(env.observation_space, env.action_space, rng=np.random.default_rng(0))\n"
        "train(agent, env, steps=100, seed=0)\n"
        "assert 'numba' not in sys.modules\n"
        "train(agent, env, steps=10, seed=0, runs=10**7, compiled=False)\n"
        "assert 'numba' not in sys.modules\n"
        "train(agent, env, steps=10, seed=0, {})\n"
        "assert agent.net.passes and 'rlbook.training.compiled' not in sys.modules\n"
    )
    for how in ("compiled=True", "runs=10**7"):
        subprocess.run([sys.executable, "-c", code.format(how)], check=True)


def test_without_numba_it_says_so(monkeypatch):
    env = gymnasium.make("CartPole-v1")
    agent = DQN(env.observation_space, env.action_space, rng=np.random.default_rng(0))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, PASSES, None)  # an import of it fails
        with pytest.raises(ValueError, match="got True: numba, of the extra `fast`, cannot be"):
            train(agent, env, steps=10, compiled=True)
        assert train(agent, env, steps=10, runs=10**9).returns.shape == (0,)
