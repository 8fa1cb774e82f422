"""What the linear agents share: phi, array or function, and the worlds that fit it."""

import gymnasium
import numpy as np
import pytest
from linear_cases import GAMMA, GRID, PHI, PI, control, stream, td

from rlbook import GridWorld, uniform
from rlbook.agent import interact
from rlbook.function_approximation.least_squares import LSTD, RecursiveLSTD
from rlbook.function_approximation.linear_methods import LinearQLearning, LinearSarsa, LinearTD
from rlbook.functions.features import fourier, grid_features, tile_coding
from rlbook.training.loop import train


def test_a_function_of_the_state_is_its_array():
    phi = grid_features(GRID, fourier(2))
    for method in (LinearSarsa, LinearQLearning):
        array, function = (control(method, x, 5, alpha=0.01) for x in (phi, lambda s: phi[s]))
        assert function.w.shape == (5, 0)  # nobody has said yet how many features there are
        for agent in (array, function):
            train(agent, GRID, steps=500, seed=1)
        assert np.array_equal(array.w, function.w)
        assert array.q_of(3) == pytest.approx(array.q[3], abs=1e-14)
    array, function = (td(x, PI) for x in (phi, lambda s: phi[s]))
    lstd = [LSTD(x, PI, gamma=GAMMA, regularisation=1) for x in (phi, lambda s: phi[s])]
    rows = td(phi, lambda s: PI[s])
    for agent in (array, function, rows, *lstd):
        for t in stream(steps=300):
            agent.update(t)
    assert np.array_equal(array.w, function.w)
    assert np.array_equal(lstd[0].w, lstd[1].w)
    assert [rows.act(0) for _ in range(9)] == [array.act(0) for _ in range(9)]


RNG = np.random.default_rng(0)
CONTROL = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.1, "rng": RNG}
EVALUATE = {"gamma": 0.9, "alpha": 0.1, "rng": RNG}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LinearTD(np.zeros(25), PI, **EVALUATE), r"phi must have shape \(25, d\).*\(25,\)"),
        (lambda: LinearTD(PHI[:9], PI, **EVALUATE), r"phi must have shape \(25, d\).*\(9, 3\)"),
        (lambda: LinearTD(PHI / 0, PI, **EVALUATE), "phi must be finite"),
        (lambda: LinearTD("features", PI, **EVALUATE), "phi must be an array of real numbers"),
        (lambda: LinearTD(PHI, PI[0], **EVALUATE), r"pi must have shape \(S, A\), got \(5,\)"),
        (lambda: LinearTD(PHI, PI * 2, **EVALUATE), r"pi\[0\] must sum to 1"),
        (lambda: LinearTD(PHI, PI, w=np.zeros(4), **EVALUATE), r"w must be .* shape \(3,\), got"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"gamma": 2})), r"gamma must lie in \[0, 1\]"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"alpha": 0})), r"alpha must lie in \(0, 1\]"),
        (lambda: LinearTD(PHI, PI, **(EVALUATE | {"rng": 3})), "rng must be a Generator"),
        (lambda: LinearSarsa(PHI[0], 5, **CONTROL), r"phi must have shape \(S, d\)"),
        (lambda: LinearSarsa(PHI, 0, **CONTROL), "n_actions must be a whole number, 1 or more"),
        (lambda: LinearQLearning(PHI, 5, w=np.zeros(3), **CONTROL), r"w must .*shape \(5, 3\)"),
        (lambda: LinearQLearning(PHI, 5, w=np.nan, **CONTROL), "w must be finite"),
        (lambda: LinearSarsa(PHI, 5, **(CONTROL | {"epsilon": 2})), r"epsilon must lie in \[0, 1"),
        (
            lambda: LinearSarsa(lambda s: np.eye(3), 5, **CONTROL).act(0),
            r"phi\(s\) must have shape",
        ),
        (
            lambda: LinearSarsa(lambda s: np.ones(s), 5, w=np.zeros((5, 4)), **CONTROL).act(3),
            r"phi\(s\) must have shape \(4,\), got \(3,\)",
        ),
        (
            lambda: LinearSarsa(lambda s: [1], 5, w=0.5, **CONTROL),
            "w must be an array, for phi has",
        ),
        (lambda: LSTD(PHI, PI, gamma=0.9, regularisation=-1), r"regularisation must lie in \[0"),
        (lambda: LSTD(PHI, PI, gamma=0.9, regularisation=1, rng=0), "rng must be a Generator"),
        (
            lambda: RecursiveLSTD(PHI, PI, gamma=0.9, regularisation=0),
            r"regularisation must lie in \(0",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_agents(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("agent", "env", "message"),
    [
        (lambda: td(PHI, PI), GridWorld("..T"), r"phi needs observation_space Discrete\(25\)"),
        (lambda: td(np.eye(16), uniform(16, 5)), "FrozenLake-v1", r"pi needs action_space Disc.*5"),
        (lambda: control(LinearSarsa, PHI, 5), "MountainCar-v0", r"phi needs observation_space"),
        (lambda: control(LinearSarsa, PHI, 4), GRID, r"n_actions needs action_space Discrete\(4\)"),
        (
            lambda: td(lambda s: [1.0, s], PI),
            "FrozenLake-v1",
            r"pi needs observation_space Discrete\(25\) from 0, got Discrete\(16\)",
        ),
        (
            lambda: control(LinearSarsa, tile_coding(([0, 0], [1, 1])), 4),
            "MountainCar-v0",
            r"n_actions needs action_space Discrete\(4\) from 0, got Discrete\(3\)",
        ),
        (
            lambda: control(LinearQLearning, tile_coding(([0], [1])), 3),
            "MountainCar-v0",
            r"obs must have shape \(1,\), got \(2,\)",
        ),
    ],
)
def test_a_world_that_does_not_fit(agent, env, message):
    env = gymnasium.make(env) if isinstance(env, str) else env
    with pytest.raises(ValueError, match=message):
        next(interact(env, agent(), steps=1))
