"""Statements of chapters 5 to 8 that no figure shows: exact where they can be, else with a rate."""

from functools import partial
from itertools import islice, product

import naive
import numpy as np
import pytest

from rlbook import (
    LSTD,
    TD0,
    ExpectedSarsa,
    Follow,
    Linear,
    LinearTD,
    MonteCarlo,
    QLearning,
    Sarsa,
    Step,
    Table,
    TabularEnv,
    bellman_operator,
    best_fit,
    constant,
    epsilon_greedy,
    interact,
    learn,
    policy_value,
    power,
    power_iteration,
    robbins_monro,
    sgd,
    stationary_distribution,
    td_fixed_point,
    uniform,
)
from rlbook.book.claims import at_least, hold, share_of

GAMMA = 0.9


def random_world(seed, states=5, actions=3):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, states=states, actions=actions, outcomes=4)
    return model, rng.dirichlet(np.ones(actions), size=states), rng


def often(successes, alarm=1e-3):
    """Nine of ten runs, or more, do it; a false alarm comes once in so many tests."""
    held = hold(at_least(0.9), share_of(np.array(successes)), alarm)
    assert (held.difference <= held.tolerance).all(), held.test


# Chapter 5


@pytest.mark.book("box:5.1")
def test_a_mean_of_samples_has_the_mean_and_a_share_of_the_variance():
    values, p = np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.3, 0.2])
    mean = p @ values
    variance = p @ (values - mean) ** 2
    for n in (1, 2, 3, 5):
        chances = np.array([np.prod(x) for x in product(p, repeat=n)])
        means = np.array([np.mean(x) for x in product(values, repeat=n)])
        assert chances @ means == pytest.approx(mean)
        assert chances @ (means - mean) ** 2 == pytest.approx(variance / n)


@pytest.mark.book("eq:5.3")
def test_the_visits_of_an_episode():
    # s1 a2, s2 a4, s1 a2, s2 a3, s5 a1: three pairs are seen once, one twice
    path = [(0, 1), (1, 3), (0, 1), (1, 2), (4, 0)]
    agent = MonteCarlo(9, 5, gamma=1.0, epsilon=0.1, rng=np.random.default_rng(0))
    for k, (s, a) in enumerate(path):
        agent.update(Step(s, a, 1.0, path[min(k + 1, 4)][0], k == 4, False))
    expected = np.zeros((9, 5))
    for s, a in path:
        expected[s, a] += 1
    np.testing.assert_array_equal(agent.visits, expected)
    assert agent.q[0, 1] == (5 + 3) / 2  # the returns that follow its two visits


# Chapter 6


@pytest.mark.book("eq:6.6")
def test_steps_that_add_up_to_too_little_stop_on_the_way():
    def g(w):  # bounded by 1, its root is 1
        return np.tanh(w - 1)

    *_, short = islice(robbins_monro(g, 3.0, lambda k: 0.5**k), 60)
    assert abs(3.0 - short) <= 1  # the sum of the steps: the root is 2 away
    *_, far = islice(robbins_monro(g, 3.0, lambda k: 1 / k), 3000)
    assert abs(far - 1) < 1e-3


def softplus(w, x):
    """f(w, x) = ln(1 + exp(w - x)) + (w - x)^2 / 2: f'' lies between 1 and 5/4."""
    return np.logaddexp(0, w - x) + (w - x) ** 2 / 2


def softplus_slope(w, x):
    return 1 / (1 + np.exp(x - w)) + w - x


X, P_X = np.array([-2.0, 0.0, 1.0, 4.0]), np.array([0.1, 0.4, 0.3, 0.2])


@pytest.mark.book("eq:6.10", "eq:6.11")
def test_the_slope_of_a_mean_is_the_mean_slope():
    for w in (-1.0, 0.3, 2.0):
        J = [P_X @ softplus(w + h, X) for h in (-1e-5, 1e-5)]
        slope = P_X @ softplus_slope(w, X)
        assert (J[1] - J[0]) / 2e-5 == pytest.approx(slope, abs=1e-9)
        descent = sgd(lambda w, _: P_X @ softplus_slope(w, X), w, [None], constant(0.2))
        assert next(descent) == pytest.approx(w - 0.2 * slope)  # (6.11)


def root_of_the_mean():
    low, high = -5.0, 5.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if P_X @ softplus_slope(middle, X) < 0 else (low, middle)
    return middle


@pytest.mark.book("eq:6.15")
def test_far_away_all_samples_point_the_same_way():
    # relative error = |f'(w, x) - E f'(w, X)| / |E f'(w, X)|
    for w, best in ((3.0, P_X @ X), (-40.0, P_X @ X)):  # f = (w - x)^2 / 2
        relative = np.abs((w - X) - (w - P_X @ X)) / abs(w - P_X @ X)
        np.testing.assert_allclose(relative, np.abs(P_X @ X - X) / abs(w - best), atol=1e-12)
    best, largest = root_of_the_mean(), []
    for distance in (1.0, 10.0, 100.0):
        w = best + distance
        off = np.abs(softplus_slope(w, X) - P_X @ softplus_slope(w, X))
        relative = off / abs(P_X @ softplus_slope(w, X))
        assert (relative <= off / (1 * distance) + 1e-12).all()  # f'' >= 1
        largest.append(relative.max())
    assert largest[0] > largest[1] > largest[2]


@pytest.mark.book("thm:6.4")
def test_stochastic_gradient_descent_comes_to_the_minimum(rng):
    # E (w_k - w*)^2 shrinks at least by 1 - 2 a c1 + a^2 c2^2 a step, and noise adds a^2 s^2
    best, runs, steps = root_of_the_mean(), 200, 1000
    s2 = P_X @ softplus_slope(best, X) ** 2
    bound, bounds = 25.0, []
    for k in range(1, steps + 1):
        a = 1 / (k + 4)
        bound = (1 - 2 * a + 2 * a**2 * 1.25**2) * bound + 2 * a**2 * s2
        bounds.append(bound)
    assert bounds[-1] < 0.05
    squares = []
    for _ in range(runs):
        samples = rng.choice(X, p=P_X, size=(steps, 1))
        path = sgd(lambda w, x: softplus_slope(w, x), best + 5.0, samples, lambda k: 1 / (k + 4))
        squares.append([(float(np.squeeze(w)) - best) ** 2 for w in path][1:])
    mean = np.mean(squares, 0)
    error = np.std(squares, 0) / np.sqrt(runs)
    for k in (9, 99, 999):
        assert mean[k - 1] <= bounds[k - 1] + 5 * error[k - 1]


@pytest.mark.book("thm:6.3")
def test_many_variables_that_pull_at_each_other_come_to_rest(rng):
    runs, S = 40, 4
    Q = rng.normal(size=(S, S))
    Q /= np.abs(Q).sum(1, keepdims=True)
    ends = []
    for _ in range(runs):
        D = np.full(S, 10.0)
        for k in range(1, 3001):
            e = GAMMA * Q @ D + rng.normal(size=S) * (1 + np.abs(D).max()) / 4  # (b) and (c)
            D = (1 - 1 / k**0.8) * D + e / k**0.8
        ends.append(np.abs(D).max())
    often(np.array(ends) < 1.0)  # a tenth of the first


# Chapter 7


@pytest.mark.book("eq:7.3", "eq:7.11", "thm:6.3")
def test_the_error_of_td_is_a_contraction_in_the_mean():
    for seed in range(20):
        model, pi, rng = random_world(seed)
        v_pi, v = policy_value(model, pi, GAMMA), rng.normal(scale=5, size=5)
        P, r = naive.chain(model, pi)
        np.testing.assert_allclose(r + GAMMA * P @ v_pi, v_pi, atol=1e-9)  # (7.3)
        eta = r + GAMMA * P @ v - v_pi
        np.testing.assert_allclose(eta, GAMMA * P @ (v - v_pi), atol=1e-9)
        assert np.abs(eta).max() <= GAMMA * np.abs(v - v_pi).max() + 1e-9


@pytest.mark.book("eq:7.2", "eq:7.6", "eq:7.7", "eq:7.8", "eq:7.12", "eq:7.18")
def test_an_update_moves_one_value_towards_its_target():
    rng, t = np.random.default_rng(0), Step(1, 0, 2.0, 2, False, False)
    v, q = rng.normal(size=3), rng.normal(size=(3, 2))
    td = TD0(uniform(3, 2), gamma=0.5, alpha=0.1, rng=rng, v=v)
    td.update(t)
    expected = v.copy()
    expected[1] = v[1] - 0.1 * (v[1] - (2.0 + 0.5 * v[2]))
    np.testing.assert_allclose(td.v, expected, rtol=0, atol=1e-15)
    for kind, a_next in ((QLearning, q[2].argmax()), (Sarsa, 1)):
        agent = kind(3, 2, gamma=0.5, alpha=0.1, epsilon=0.3, rng=rng, q=q)
        agent.next_action = lambda s, a=a_next: int(a)
        agent.update(t)
        expected = q.copy()
        expected[1, 0] = q[1, 0] - 0.1 * (q[1, 0] - (2.0 + 0.5 * q[2, a_next]))
        np.testing.assert_allclose(agent.q, expected, rtol=0, atol=1e-15)


def follow(agent, model, steps, seed):
    for _ in learn(agent, interact(TabularEnv(model), agent, steps=steps, seed=seed)):
        pass
    return agent


@pytest.mark.book("thm:7.1")
def test_td_comes_to_the_values_of_a_policy():
    ends = []
    for seed in range(20):
        model, pi, rng = random_world(seed, states=3, actions=2)
        v = policy_value(model, pi, 0.5)
        start = v + 10 * np.abs(v).max()
        agent = TD0(pi, gamma=0.5, alpha=power(0.7), rng=rng, v=start)
        follow(agent, model, 8000, seed)
        ends.append(np.abs(agent.v - v).max() < 0.1 * np.abs(start - v).max())
    often(ends)


@pytest.mark.book("thm:7.2")
def test_sarsa_comes_to_the_action_values_of_a_policy():
    # with epsilon = 1 it acts, and promises, at random: a policy that does not change
    ends = []
    for seed in range(20):
        model, _, rng = random_world(seed, states=3, actions=2)
        v = policy_value(model, uniform(3, 2), 0.5)
        q = naive.lookahead(model, v, 0.5)
        start = q + 10 * np.abs(q).max()
        agent = Sarsa(3, 2, gamma=0.5, alpha=power(0.7), epsilon=1.0, rng=rng, q=start)
        follow(agent, model, 12000, seed)
        ends.append(np.abs(agent.q - q).max() < 0.1 * np.abs(start - q).max())
    often(ends)


@pytest.mark.book("box:7.1")
def test_td_is_robbins_monro_on_the_bellman_equation():
    model, pi, rng = random_world(3)
    v_pi = policy_value(model, pi, GAMMA)
    agent = TD0(pi, gamma=GAMMA, alpha=0.3, rng=rng)
    for s in range(5):
        guess = v_pi.copy()
        guess[s] += 2.0  # wrong in this state alone
        mean = 0.0
        for a in range(3):
            for p, s_next, r, end in naive.outcomes(model, s, a):
                agent.v = guess.copy()
                agent.update(Step(s, a, r, s_next, end, False))
                known = r + GAMMA * (0 if end else v_pi[s_next])  # Robbins-Monro knows v_pi
                w = next(robbins_monro(lambda w, y=known: w - y, guess[s], constant(0.3)))
                if s_next != s:
                    assert agent.v[s] == pytest.approx(w, abs=1e-12)
                mean += pi[s, a] * p * (guess[s] - known)
        assert mean == pytest.approx(guess[s] - v_pi[s], abs=1e-9)  # E g~ = g


@pytest.mark.book("box:7.4")
def test_expected_sarsa_has_less_variance_by_that_of_the_next_action():
    for seed in range(20):
        model, _, rng = random_world(seed)
        q = rng.normal(size=(5, 3))
        agent = ExpectedSarsa(5, 3, gamma=GAMMA, alpha=0.1, epsilon=0.4, rng=rng, q=q)
        chances = epsilon_greedy(q, 0.4)
        for s, a in product(range(5), range(3)):
            plain, expected, spread = [], [], 0.0
            for p, s_next, r, end in naive.outcomes(model, s, a):
                step = Step(s, a, r, s_next, end, False)
                expected.append((p, agent.target(step)))
                on = GAMMA * (not end)
                plain += [(p * c, r + on * x)
                          for c, x in zip(chances[s_next], q[s_next], strict=True)]  # fmt: skip
                mean = chances[s_next] @ q[s_next]
                spread += p * on**2 * (chances[s_next] @ (q[s_next] - mean) ** 2)
            (p, x), (w, y) = (np.array(rows).T for rows in (plain, expected))
            assert p @ x == pytest.approx(w @ y)
            var_plain, var_expected = p @ (x - p @ x) ** 2, w @ (y - w @ y) ** 2
            assert var_plain - var_expected == pytest.approx(spread, abs=1e-9)
            assert var_expected <= var_plain + 1e-12


# Chapter 8


@pytest.mark.book("fig:8.4")
def test_an_update_of_a_table_moves_one_value_and_of_a_line_all():
    line = np.column_stack([[1.0, 2.0, 3.0], np.ones(3)])  # v(s) = a s + b
    for phi, moved in ((np.eye(3), [0, 0, 1]), (line, [4, 7, 10])):
        agent = LinearTD(phi, uniform(3, 2), gamma=GAMMA, alpha=0.1, rng=np.random.default_rng(0))
        agent.update(Step(2, 0, 5.0, 0, True, False))  # the last state, a target of 5
        np.testing.assert_allclose(agent.v, 0.1 * 5.0 * np.array(moved), atol=1e-12)


@pytest.mark.book("eq:8.13", "eq:8.14")
def test_an_update_of_a_line_by_hand():
    phi, w = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([0.5, -1.0])
    agent = LinearTD(phi, uniform(2, 2), gamma=0.5, alpha=0.1, rng=np.random.default_rng(0), w=w)
    agent.update(Step(0, 1, 1.0, 1, False, False))
    error = 1.0 + 0.5 * phi[1] @ w - phi[0] @ w
    np.testing.assert_allclose(agent.w, w + 0.1 * error * phi[0], rtol=0, atol=1e-15)


@pytest.mark.book("eq:8.34")
def test_what_lstd_adds_up(rng):
    model, pi, _ = random_world(5)
    phi = rng.normal(size=(5, 2))
    agent = LSTD(phi, pi, gamma=GAMMA, regularisation=0.0)
    A, b = np.zeros((2, 2)), np.zeros(2)
    stream = interact(TabularEnv(model), Follow(pi, rng), steps=50, seed=1)
    for t in learn(agent, stream):
        A += np.outer(phi[t.s], phi[t.s] - GAMMA * phi[t.s_next])
        b += t.r * phi[t.s]
    np.testing.assert_allclose(agent.A, A, atol=1e-12)
    np.testing.assert_allclose(agent.w, np.linalg.solve(A, b), atol=1e-9)


@pytest.mark.book("fig:8.2", "eq:8.1", "eq:8.2")
def test_a_parabola_comes_nearer_to_the_dots_than_a_line():
    s, rng = np.arange(8.0), np.random.default_rng(0)
    v = 0.4 * s - 0.03 * s**2 + rng.normal(scale=0.2, size=8)
    line, parabola = np.column_stack([s, s**0]), np.column_stack([s**2, s, s**0])
    off = [np.sum((phi @ best_fit(phi, v) - v) ** 2) for phi in (line, parabola)]
    assert off[0] > off[1] > 0
    np.testing.assert_allclose(best_fit(line, v), np.polyfit(s, v, 1), atol=1e-9)
    np.testing.assert_allclose(best_fit(parabola, v), np.polyfit(s, v, 2), atol=1e-9)


@pytest.mark.book("box:8.1")
def test_where_a_chain_is_in_the_long_run():
    model, pi, rng = random_world(1)
    P, _ = naive.chain(model, pi)
    d = stationary_distribution(P)
    assert d.min() > 0
    for start in (np.eye(5)[0], rng.dirichlet(np.ones(5))):
        for k, d_k in enumerate(islice(power_iteration(P, start), 5), start=1):
            np.testing.assert_allclose(d_k, start @ np.linalg.matrix_power(P, k), atol=1e-12)
        last = next(islice(power_iteration(P, start), 500, None))
        np.testing.assert_allclose(last, d, atol=1e-12)
    swap = np.array([[0.0, 1.0], [1.0, 0.0]])  # irreducible, not regular: no limit, but a d
    np.testing.assert_allclose(stationary_distribution(swap), [0.5, 0.5])
    ends = list(islice(power_iteration(swap, np.array([1.0, 0.0])), 100))
    assert np.abs(ends[-1] - ends[-2]).max() == 1


@pytest.mark.book("eq:8.11", "eq:8.12")
def test_the_step_in_the_mean_is_that_of_its_samples(rng):
    model, pi, _ = random_world(2)
    d, v = stationary_distribution(naive.chain(model, pi)[0]), policy_value(model, pi, GAMMA)
    phi, w = rng.normal(size=(5, 2)), rng.normal(size=2)

    def J(w):
        return d @ (v - phi @ w) ** 2  # (8.3)

    slope = np.array([(J(w + h) - J(w - h)) / 2e-6 for h in 1e-6 * np.eye(2)])
    f = Linear(phi, 1)
    f.theta = w
    samples = np.zeros(2)
    for s in range(5):
        error = v[s] - float(f(s)[0])
        f.backward(np.ones(1))
        samples += d[s] * error * f.grad  # (8.12), with alpha 1
    np.testing.assert_allclose(2 * samples, -slope, atol=1e-7)  # (8.11)
    np.testing.assert_allclose(2 * samples, 2 * phi.T @ (d * (v - phi @ w)), atol=1e-12)


@pytest.mark.book("eq:8.30", "box:8.5")
def test_the_fixed_point_has_no_projected_error_and_others_have_some():
    for seed in range(10):
        model, pi, rng = random_world(seed)
        P, r = naive.chain(model, pi)
        d, phi = stationary_distribution(P), rng.normal(size=(5, 2))
        T = bellman_operator(model, pi, GAMMA)
        projection = phi @ np.linalg.solve(phi.T @ (d[:, None] * phi), phi.T * d)

        def errors(w, phi=phi, d=d, T=T, projection=projection):
            """The Bellman error (8.30) and the projected one (8.31)."""
            v = phi @ w
            return d @ (v - T(v)) ** 2, d @ (v - projection @ T(v)) ** 2

        w = td_fixed_point(model, pi, GAMMA, phi)
        assert errors(w)[1] == pytest.approx(0, abs=1e-18)
        for _ in range(10):
            other = w + rng.normal(size=2)
            bellman, projected = errors(other)
            assert 0 < projected <= bellman + 1e-12
        psi = phi - GAMMA * P @ phi
        least = np.linalg.solve(psi.T @ (d[:, None] * psi), psi.T @ (d * r))
        assert errors(least)[0] <= errors(w)[0] + 1e-12


@pytest.mark.book("box:8.2")
def test_one_hot_features_are_a_table():
    model, pi, _ = random_world(4)
    agents = [
        make(pi, gamma=GAMMA, alpha=0.2, rng=np.random.default_rng(7))
        for make in (TD0, partial(LinearTD, np.eye(5)))
    ]
    for agent in agents:
        follow(agent, model, 300, 5)
    np.testing.assert_array_equal(agents[0].v, agents[1].v)
    assert Table(5, 1).theta.size == agents[1].w.size
