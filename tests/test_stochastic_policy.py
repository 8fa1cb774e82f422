from types import SimpleNamespace

import naive
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from scipy.special import log_softmax
from scipy.stats import chisquare, kstest, norm

from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax

STATES = [2, 0, 2, 4, 1]  # a state that comes twice counts twice
PHI = np.random.default_rng(1).normal(size=(5, 3))


def near(numbers):
    return pytest.approx(numbers, rel=1e-6, abs=1e-8)


def mlp(sizes, **options):
    return MLP(sizes, rng=np.random.default_rng(2), dtype=np.float64, **options)


FUNCTIONS = {  # a function of so many outputs, and the states it is asked for
    "table": (lambda n, e: Table(5, n, extra=e), STATES),
    "linear in an array": (lambda n, e: Linear(PHI, n, extra=e), STATES),
    "linear in a function": (lambda n, e: Linear(np.tanh, n, d=3, extra=e), PHI[STATES]),
    "network": (lambda n, e: mlp((3, 4, n), hidden="tanh", extra=e), PHI[STATES]),
    "network of states": (lambda n, e: mlp((3, 4, n), hidden="relu", phi=PHI, extra=e), STATES),
}


def softmax_case(make, states, rng):
    policy = Softmax(make(3, 0))
    policy.theta[:] = rng.normal(size=policy.theta.size)
    return policy, np.array(states), np.array([0, 2, 1, 1, 0])


def gaussian_case(make, states, rng):
    policy = Gaussian(make(2, 2))
    policy.theta[:] = 0.7 * rng.normal(size=policy.theta.size)
    return policy, np.array(states), rng.normal(size=(5, 2))


@pytest.fixture(params=[softmax_case, gaussian_case], ids=["softmax", "gaussian"])
def kind(request):
    return request.param


@pytest.fixture(params=FUNCTIONS)
def case(kind, request, rng):
    return kind(*FUNCTIONS[request.param], rng)


@pytest.fixture(params=FUNCTIONS)
def softmax_policy(request, rng):
    return softmax_case(*FUNCTIONS[request.param], rng)


@pytest.fixture(params=FUNCTIONS)
def gaussian_policy(request, rng):
    return gaussian_case(*FUNCTIONS[request.param], rng)


def entropy(policy, s):
    if isinstance(policy, Gaussian):
        return norm(0, policy.sigma).entropy().sum()
    log_pi = log_softmax(policy.f(s))
    return -(np.exp(log_pi) * log_pi).sum()


# Gradients are differences


@pytest.mark.book("eq:9.12", "eq:9.11")
def test_the_score_is_the_gradient_of_log_prob(case):
    policy, states, actions = case
    for s, a in zip(states, actions, strict=True):
        expected = naive.slope(lambda s=s, a=a: policy.log_prob(s, a), policy.theta)
        assert policy.score(s, a) == near(expected)


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_backward_sums_weighted_scores_and_entropies_over_the_batch(case, weight):
    policy, states, actions = case
    weights = np.array([1.0, -2.0, 0.5, 0.0, 3.0])

    def objective():
        entropies = sum(entropy(policy, s) for s in states)
        return weights @ policy.log_prob(states, actions) + weight * entropies

    policy.backward(states, actions, weights, weight)
    assert policy.f.grad == near(naive.slope(objective, policy.theta))


def test_backward_of_one_pair(case):
    policy, states, actions = case
    s, a = states[0], actions[0]
    policy.backward(s, a, -1.5, 0.2)
    expected = naive.slope(
        lambda: -1.5 * policy.log_prob(s, a) + 0.2 * entropy(policy, s), policy.theta
    )
    assert policy.f.grad == near(expected)


def test_one_weight_serves_a_whole_batch_and_nothing_is_left_of_the_call_before(case):
    policy, states, actions = case
    policy.backward(states, actions, 7.0, 5.0)
    policy.backward(states, actions, 2.0)
    singles = sum(policy.score(s, a).copy() for s, a in zip(states, actions, strict=True))
    policy.backward(states, actions, 2.0)
    assert policy.f.grad == pytest.approx(2 * singles, abs=1e-12)


def test_a_score_that_was_kept_stays_what_it_was(kind, rng):
    policy, states, actions = kind(*FUNCTIONS["network"], rng)
    first = policy.score(states[0], actions[0])
    kept = first.copy()
    policy.score(states[1], actions[1])
    assert np.array_equal(first, kept)


# The distributions


@pytest.mark.book("eq:9.12")
def test_softmax_by_hand(softmax_policy):
    policy, states, actions = softmax_policy
    weights = np.exp(policy.f(states))
    pi = weights / weights.sum(-1, keepdims=True)
    assert policy(states) == pytest.approx(pi, rel=1e-14)
    log_pi = policy.log_prob(states, actions)
    assert log_pi == pytest.approx(np.log(pi[np.arange(5), actions]), rel=1e-13)
    assert policy.log_prob(states[1], actions[1]) == pytest.approx(log_pi[1], rel=1e-13)


def test_gaussian_log_prob_is_scipys(gaussian_policy):
    policy, states, actions = gaussian_policy
    log_p = policy.log_prob(states, actions)
    expected = norm(policy.f(states), policy.sigma).logpdf(actions).sum(-1)
    assert log_p == pytest.approx(expected, rel=1e-13)
    assert policy.log_prob(states[1], actions[1]) == pytest.approx(log_p[1], rel=1e-13)


def test_a_softmax_that_is_nearly_sure_has_finite_logarithms():
    policy = Softmax(Table(1, 2))
    policy.theta[:] = [0.0, 1000.0]
    assert policy.log_prob(0, 1) == 0.0
    assert policy.log_prob(0, 0) == -1000.0  # h - ln sum exp h
    assert policy.score(0, 0).tolist() == [1.0, -1.0]
    policy.backward(0, 1, 1.0, 0.5)
    assert policy.f.grad.tolist() == [0.0, 0.0]


def test_the_expected_score_of_a_softmax_is_zero(softmax_policy):
    policy, states, _ = softmax_policy
    for s in states:
        expected = sum(policy(s)[a] * policy.score(s, a) for a in range(3))
        assert expected == pytest.approx(0, abs=1e-14)


def test_the_expected_score_of_a_gaussian_is_zero(gaussian_policy):
    # three points of Gauss and Hermite are exact for polynomials of degree five
    policy, states, _ = gaussian_policy
    z, weight = np.polynomial.hermite_e.hermegauss(3)
    weight = weight / weight.sum()
    for s in states:
        expected = sum(
            weight[i] * weight[j] * policy.score(s, policy.f(s) + policy.sigma * [z[i], z[j]])
            for i in range(3)
            for j in range(3)
        )
        assert expected == pytest.approx(0, abs=1e-13)


def test_features_may_be_a_function_of_the_number_of_a_state(rng):
    policy = Softmax(Linear(lambda s: np.array([s + 1.0, s, s * s]), 2, d=3))
    policy.theta[:] = rng.normal(size=6)
    for states in (np.arange(3), np.arange(4)):
        one_by_one = np.array([policy(s) for s in states])
        assert policy(states) == pytest.approx(one_by_one)


# Drawing


def test_softmax_draws_as_often_as_it_says(softmax_policy):
    policy, states, _ = softmax_policy
    draws = np.random.default_rng(3)
    counts = np.bincount([policy.draw(states[0], draws) for _ in range(3000)], minlength=3)
    assert chisquare(counts, 3000 * policy(states[0])).pvalue > 1e-3  # a fixed seed
    assert type(policy.draw(states[0], draws)) is int


def test_gaussian_draws_as_it_says(gaussian_policy):
    policy, states, _ = gaussian_policy
    draws = np.random.default_rng(3)
    z = np.array([policy.draw(states[0], draws) for _ in range(2000)])
    z = (z - policy.f(states[0])) / policy.sigma
    for component in z.T:
        assert kstest(component, "norm").pvalue > 1e-3  # a fixed seed
    assert abs(np.corrcoef(z.T)[0, 1]) < 0.1  # each component alone; 4.5 deviations


def test_the_mode_is_the_likeliest(case):
    policy, states, _ = case
    for s in states:
        mode = policy.mode(s)
        others = range(3) if isinstance(policy, Softmax) else mode + np.array([[0.1, 0], [0, -0.1]])
        assert all(policy.log_prob(s, mode) >= policy.log_prob(s, a) for a in others)


def test_a_mode_that_was_kept_does_not_move_with_theta(gaussian_policy):
    policy, states, _ = gaussian_policy
    mode = policy.mode(states[0])
    kept = mode.copy()
    policy.theta[:] = 0.0
    assert np.array_equal(mode, kept)


def test_a_network_in_single_precision_acts_in_it(rng):
    policy = Gaussian(MLP((3, 4, 2), rng=rng, extra=2))
    a = policy.draw(PHI[0], rng)
    assert a.dtype == policy.score(PHI[0], a).dtype == np.float32
    assert Softmax(MLP((3, 4, 2), rng=rng))(PHI).sum(-1) == pytest.approx(np.ones(5), abs=1e-15)


def test_the_standard_deviation_begins_where_it_is_told():
    policy = Gaussian(Table(1, 2, extra=2), std=0.5)
    assert policy.sigma == pytest.approx([0.5, 0.5])
    policy.theta[-2:] = np.log([2.0, 3.0])  # and is learned
    assert policy.sigma == pytest.approx([2, 3])


# Worlds and arguments that do not fit


def world(observations, actions):
    return SimpleNamespace(observation_space=observations, action_space=actions)


def test_worlds_that_fit(kind, rng):
    actions = Discrete(3) if kind is softmax_case else Box(-1, 1, (2,))
    for make, states in FUNCTIONS.values():
        policy, *_ = kind(make, states, rng)
        policy.check(world(Discrete(5) if states is STATES else Box(-1, 1, (3,)), actions))


@pytest.mark.parametrize(
    ("observations", "actions", "named"),
    [
        (Discrete(4), None, "observation_space"),
        (Discrete(5, start=1), None, "observation_space"),
        (Box(-1, 1, (3,)), None, "observation_space"),
        (Discrete(5), Discrete(2), "action_space"),
        (Discrete(5), Discrete(3, start=1), "action_space"),
        (Discrete(5), Box(-1, 1, (3,)), "action_space"),
        (Discrete(5), Box(-1, 1, (2, 1)), "action_space"),
    ],
)
@pytest.mark.parametrize("name", ["table", "linear in an array", "network of states"])
def test_worlds_that_do_not_fit(kind, name, observations, actions, named, rng):
    policy, *_ = kind(*FUNCTIONS[name], rng)
    fitting = Discrete(3) if kind is softmax_case else Box(-1, 1, (2,))
    with pytest.raises(ValueError, match=named):
        policy.check(world(observations, actions or fitting))


@pytest.mark.parametrize("observations", [Discrete(3), Box(-1, 1, (4,)), Box(-1, 1, (3, 1))])
def test_observations_that_are_no_inputs_of_the_network(kind, observations, rng):
    policy, *_ = kind(*FUNCTIONS["network"], rng)
    with pytest.raises(ValueError, match="observation_space"):
        policy.check(world(observations, Discrete(3)))


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: Softmax(np.zeros((5, 3))), "f must"),
        (lambda: Gaussian(lambda s: s), "f must"),
        (lambda: Gaussian(Table(5, 2)), "f must"),
        (lambda: Gaussian(Table(5, 2, extra=1)), "f must"),
        (lambda: Gaussian(Table(5, 2, extra=2), std=0.0), "std"),
        (lambda: Gaussian(Table(5, 2, extra=2), std=np.nan), "std"),
    ],
)
def test_a_wrong_argument_is_an_error(make, named):
    with pytest.raises(ValueError, match=named):
        make()
