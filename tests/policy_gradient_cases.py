"""What the tests of policy gradients share."""

import naive
import numpy as np
import pytest

from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax

GAMMA = 0.9


def slope(metric, model, policy, *rest):
    """The gradient of metric(model, pi, *rest) in theta, by central differences."""
    return naive.slope(lambda: metric(model, table_of(policy, model), *rest), policy.theta)


def near(numbers, rel=1e-6):
    """Approximately, compared to the largest of the numbers."""
    return pytest.approx(numbers, abs=rel * np.abs(numbers).max())


def preferences(model, rng):
    """A table, linear features and a network, with random parameters."""
    S, A = model.n_states, model.n_actions
    phi = rng.normal(size=(S, 2))
    network = MLP((2, 3, A), rng=rng, hidden="tanh", phi=phi, dtype=np.float64)
    for f in (Table(S, A), Linear(phi, A), network):
        f.theta[:] = rng.normal(size=f.theta.size)
        yield f


def cases(end=0.0):
    """Random models, and for each of them three softmax policies and a distribution."""
    for seed in range(4):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=end, states=4, actions=3, outcomes=4)
        for f in preferences(model, rng):
            yield model, Softmax(f), rng.dirichlet(np.ones(4))


def table_of(policy, model):
    return policy(np.arange(model.n_states))
