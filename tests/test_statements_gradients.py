"""Statements of chapters 8 to 10 that no figure shows: against finite differences and sums."""

import naive
import numpy as np
import pytest

from rlbook import (
    LinearQuadratic,
    OffPolicyActorCritic,
    Softmax,
    Table,
    average_reward,
    average_value,
    gradient_of_value,
    optimal_baseline,
    poisson_value,
    policy_value,
    stationary_distribution,
    td_matrices,
)

GAMMA = 0.9


def random_world(seed, states=5, actions=3):
    rng = np.random.default_rng(seed)
    model = naive.random_model(rng, states=states, actions=actions, outcomes=4)
    actor = Softmax(Table(states, actions))
    actor.f.theta[:] = rng.normal(size=states * actions)
    return model, actor, rng


def slope(function, x):
    """The gradient of function(x), in the shape of x."""
    x = x.copy()
    return naive.slope(lambda: function(x), x.reshape(-1)).reshape(x.shape)


def near(x, rel=1e-6):
    return pytest.approx(x, abs=rel * max(1e-9, np.abs(x).max()))


@pytest.mark.book("eq:8.8", "eq:8.9")
@pytest.mark.parametrize("seed", range(10))
def test_long_ago_is_forgotten(seed):
    model, actor, _ = random_world(seed)
    P, _ = naive.chain(model, actor(np.arange(5)))
    d = stationary_distribution(P)
    np.testing.assert_allclose(np.linalg.matrix_power(P, 2000), np.ones((5, 1)) * d, atol=1e-12)
    np.testing.assert_allclose(d @ P, d, atol=1e-12)


@pytest.mark.book("box:8.4", "eq:8.28")
@pytest.mark.parametrize("seed", range(20))
def test_the_matrix_of_td_linear_is_positive_definite(seed):
    # x^T D (I - gamma P) x > 0 for every x, if d is the stationary distribution of P
    model, actor, rng = random_world(seed)
    pi = actor(np.arange(5))
    M, _ = td_matrices(model, pi, GAMMA, np.eye(5))
    d = stationary_distribution(naive.chain(model, pi)[0])
    least = (1 - GAMMA) * d.min()
    assert np.linalg.eigvalsh((M + M.T) / 2).min() >= least - 1e-12 > 0
    phi = rng.normal(size=(5, 2))
    A, _ = td_matrices(model, pi, GAMMA, phi)
    np.testing.assert_allclose(A, phi.T @ M @ phi, atol=1e-12)
    assert np.linalg.eigvals(A).real.min() > 0  # so that w' = b - A w comes to rest


@pytest.mark.book("tab:9.2")
@pytest.mark.parametrize("seed", range(5))
def test_the_metrics_are_sums_means_and_limits(seed):
    model, actor, rng = random_world(seed)
    pi = actor(np.arange(5))
    P, r = naive.chain(model, pi)
    d, n = stationary_distribution(P), 400
    path = [np.linalg.matrix_power(P, t) @ r for t in range(n)]  # E[ R_{t+1} | S_0 = s ]
    for start in (d, rng.dirichlet(np.ones(5))):  # v-bar and v-bar^0
        discounted = sum(GAMMA**t * start @ x for t, x in enumerate(path))
        assert average_value(model, pi, GAMMA, start) == pytest.approx(discounted, abs=1e-9)
        assert start @ policy_value(model, pi, GAMMA) == pytest.approx(discounted, abs=1e-9)
    r_bar = average_reward(model, pi)
    assert r_bar == pytest.approx(sum(d[s] * pi[s] @ naive.lookahead(model, 0 * r, 0)[s]
                                      for s in range(5)))  # fmt: skip
    # from any state: n r-bar, and a rest that stays bounded, the solution of Poisson's equation
    v = poisson_value(model, pi)
    for far in (n // 2, n):
        rest = np.sum(path[:far], axis=0) - far * r_bar
        np.testing.assert_allclose(rest, v - d @ v, atol=1e-9)


@pytest.mark.book("lemma:9.3", "eq:9.27")
@pytest.mark.parametrize("seed", range(10))
def test_the_inverse_of_poissons_equation_is_a_sum(seed):
    model, actor, _ = random_world(seed)
    P, r = naive.chain(model, actor(np.arange(5)))
    d, eye = stationary_distribution(P), np.eye(5)
    left = P - np.ones((5, 1)) * d
    assert np.abs(np.linalg.eigvals(left)).max() < 1
    inverse = sum(np.linalg.matrix_power(left, k) for k in range(2000))
    np.testing.assert_allclose(inverse @ (eye - left), eye, atol=1e-9)
    np.testing.assert_allclose(inverse @ r, poisson_value(model, actor(np.arange(5))), atol=1e-8)


@pytest.mark.book("thm:10.1", "eq:10.11", "eq:10.12")
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_from_the_actions_of_another(seed):
    # J = sum d_beta(s) v_pi(s);  grad J = sum rho(s) sum beta(a|s) pi / beta  grad ln pi  q
    model, actor, rng = random_world(seed)
    beta = rng.dirichlet(np.ones(3), size=5)
    d = stationary_distribution(naive.chain(model, beta)[0])
    pi = actor(np.arange(5))
    v = policy_value(model, pi, GAMMA)
    q = naive.lookahead(model, v, GAMMA)
    rho = sum(GAMMA**k * d @ np.linalg.matrix_power(naive.chain(model, pi)[0], k)
              for k in range(400))  # fmt: skip
    weighted = np.zeros_like(actor.f.theta)
    for s in range(5):
        for a in range(3):
            ratio = pi[s, a] / beta[s, a]
            weighted += rho[s] * beta[s, a] * ratio * actor.score(s, a) * q[s, a]
    theta = actor.f.theta.copy()

    def J(x):
        actor.f.theta = x
        return d @ policy_value(model, actor(np.arange(5)), GAMMA)

    finite = slope(J, theta)
    actor.f.theta = theta
    assert weighted == near(finite)
    assert gradient_of_value(actor.f, model, GAMMA, d) == near(finite)
    assert rho.sum() == pytest.approx(1 / (1 - GAMMA))  # rho is no distribution


@pytest.mark.book("eq:9.1", "eq:9.4", "eq:9.5", "eq:9.6", "box:9.1")
@pytest.mark.parametrize("seed", range(5))
def test_the_long_run_forgets_where_it_began(seed):
    model, actor, rng = random_world(seed)
    pi = actor(np.arange(5))
    P, r = naive.chain(model, pi)
    start, r_bar = rng.dirichlet(np.ones(5)), average_reward(model, pi)
    rewards = [np.linalg.matrix_power(P, t) @ r for t in range(400)]  # E[ R_{t+1} | S_0 ]
    J = sum(GAMMA**t * start @ x for t, x in enumerate(rewards))  # (9.1)
    assert average_value(model, pi, GAMMA, start) == pytest.approx(J, abs=1e-9)
    v = poisson_value(model, pi)
    for n in (10, 100, 400):
        mean = sum(rewards[:n]) / n  # (9.6), from every state
        assert np.abs(mean - r_bar).max() <= 2 * np.abs(v - v.mean()).max() / n + 1e-12
        assert start @ mean == pytest.approx(r_bar, abs=4 * np.abs(v).max() / n)  # (9.4), (9.5)


@pytest.mark.book("eq:9.33")
@pytest.mark.parametrize("q", [2.0, -2.0])
def test_a_good_action_becomes_likelier_and_the_more_so_the_rarer_it_was(q):
    _, actor, _ = random_world(0)
    for s, a in np.ndindex(5, 3):
        pi = actor(s)[a]
        slope_of_pi = pi * actor.score(s, a)  # grad pi = pi grad ln pi
        beta = q / pi
        theta = actor.f.theta.copy()
        np.testing.assert_allclose(beta * slope_of_pi, q * actor.score(s, a), atol=1e-12)  # (9.32)
        actor.f.theta = theta + 1e-6 * beta * slope_of_pi
        gain = (actor(s)[a] - pi) / 1e-6
        actor.f.theta = theta
        assert gain == pytest.approx(beta * slope_of_pi @ slope_of_pi, rel=1e-4)
        assert np.sign(gain) == np.sign(q)


@pytest.mark.book("box:10.1", "eq:10.4", "eq:10.6")
@pytest.mark.parametrize("seed", range(5))
def test_no_baseline_moves_the_mean_and_one_has_the_least_variance(seed):
    _, actor, rng = random_world(seed)
    q, eta = rng.normal(size=(5, 3)), rng.dirichlet(np.ones(5))
    pi = actor(np.arange(5))
    scores = np.array([[actor.score(s, a) for a in range(3)] for s in range(5)])
    weight = eta[:, None] * pi

    def mean_and_variance(b):
        X = scores * (q - b[:, None])[..., None]
        mean = (weight[..., None] * X).sum((0, 1))
        return mean, (weight * (X**2).sum(-1)).sum() - mean @ mean

    best = np.array([optimal_baseline(pi[s], q[s]) for s in range(5)])
    squares = (scores**2).sum(-1)
    np.testing.assert_allclose(best, (pi * squares * q).sum(1) / (pi * squares).sum(1))  # (10.5)
    mean, least = mean_and_variance(best)
    for _ in range(20):
        other = best + rng.normal(size=5)
        np.testing.assert_allclose(mean_and_variance(other)[0], mean, atol=1e-12)
        assert mean_and_variance(other)[1] > least
    slope_of_variance = slope(lambda b: mean_and_variance(b)[1], best)
    np.testing.assert_allclose(slope_of_variance, 0, atol=1e-8)


@pytest.mark.book("eq:10.9", "eq:10.10")
def test_weighted_samples_of_another_distribution_have_its_mean(rng):
    _, actor, _ = random_world(2)
    beta, x = rng.dirichlet(np.ones(3), size=5), np.array([-1.0, 1.0, 3.0])
    agent = OffPolicyActorCritic(
        actor, Table(5, 1), behaviour=beta, gamma=GAMMA, alpha_theta=0.1, alpha_w=0.1, rng=rng
    )
    for s in range(5):
        p_0, p_1 = actor(s), beta[s]
        weighted = np.array([agent.ratio(s, a) for a in range(3)]) * x
        assert p_1 @ weighted == pytest.approx(p_0 @ x)  # E_1[ f(X) ] = E_0[ X ]
        mean = weighted[rng.choice(3, p=p_1, size=4000)].mean()
        spread = np.sqrt(p_1 @ (weighted - p_0 @ x) ** 2 / 4000)
        assert abs(mean - p_0 @ x) < 6 * spread  # ten such: less than 1 in 1e7


# A finite world with one number as its action: everything about a deterministic policy is exact.


class SmoothWorld:
    """p(s'|s, a) = softmax(U_s + V_s a), r(s, a) = c_s a - a^2 / 2; mu(s) = theta_s."""

    def __init__(self, seed, states=4):
        rng = np.random.default_rng(seed)
        self.U, self.V = rng.normal(size=(2, states, states))
        self.c, self.d = rng.normal(size=states), rng.dirichlet(np.ones(states))

    def chain(self, mu):
        h = self.U + self.V * mu[:, None]
        p = np.exp(h - h.max(1, keepdims=True))
        return p / p.sum(1, keepdims=True), self.c * mu - mu**2 / 2

    def value(self, mu, gamma):
        P, r = self.chain(mu)
        return np.linalg.solve(np.eye(len(r)) - gamma * P, r)

    def slope_of_q(self, mu, v, gamma):
        """d q(s, a) / d a at a = mu(s), the values of what follows held still."""
        P, _ = self.chain(mu)
        dP = P * (self.V - (P * self.V).sum(1, keepdims=True))
        return self.c - mu + gamma * dP @ v


@pytest.mark.book("lemma:10.1", "eq:10.15", "eq:10.16")
@pytest.mark.parametrize("seed", range(5))
def test_the_slope_of_the_value_of_a_deterministic_policy(seed):
    # grad v(s) = sum_s' [(I - gamma P)^-1](s, s') grad mu(s') d q(s', a) / d a
    world, mu = SmoothWorld(seed), np.random.default_rng(seed + 9).normal(size=4)
    P, _ = world.chain(mu)
    visits = np.linalg.inv(np.eye(4) - GAMMA * P)
    by_action = world.slope_of_q(mu, world.value(mu, GAMMA), GAMMA)
    for s in range(4):
        assert visits[s] * by_action == near(slope(lambda x, s=s: world.value(x, GAMMA)[s], mu))


@pytest.mark.book("thm:10.2", "eq:10.14")
@pytest.mark.parametrize("seed", range(5))
def test_the_deterministic_policy_gradient(seed):
    world, mu = SmoothWorld(seed), np.random.default_rng(seed + 9).normal(size=4)
    P, _ = world.chain(mu)
    rho = np.linalg.solve(np.eye(4) - GAMMA * P.T, world.d)
    gradient = rho * world.slope_of_q(mu, world.value(mu, GAMMA), GAMMA)
    assert gradient == near(slope(lambda x: world.d @ world.value(x, GAMMA), mu))


@pytest.mark.book("thm:10.3", "thm:10.4", "eq:10.20")
@pytest.mark.parametrize("seed", range(5))
def test_the_deterministic_policy_gradient_of_the_average_reward(seed):
    world, mu = SmoothWorld(seed), np.random.default_rng(seed + 9).normal(size=4)

    def r_bar(x):
        P, r = world.chain(x)
        return stationary_distribution(P) @ r

    P, r = world.chain(mu)
    d = stationary_distribution(P)
    v = np.linalg.solve(np.eye(4) - P + d, r)  # Poisson's equation
    assert d * world.slope_of_q(mu, v, 1.0) == near(slope(r_bar, mu))


@pytest.mark.book("thm:10.2", "alg:10.4")
def test_the_deterministic_policy_gradient_of_linear_feedback():
    # mu(s) = -K s: E over rho of grad mu(s) d q / d a is the slope of the discounted costs
    A, B = np.array([[1.0, 0.2], [0.0, 1.0]]), np.array([[0.2, 0.0], [0.0, 0.5]])
    noise = 0.3
    world = LinearQuadratic(A, B, np.eye(2), 0.5 * np.eye(2), noise=noise)
    K = world.gain(GAMMA) + np.array([[0.1, -0.05], [0.02, 0.1]])
    start = np.array([[1.0, 0.3], [0.3, 0.5]])  # E[ s s^T ] where an episode begins

    def J(K):
        return -np.trace(world.value(GAMMA, K) @ start) - world.constant(GAMMA, K)

    loop = A - B @ K
    seen, spread = np.zeros((2, 2)), start.copy()  # sum_t gamma^t E[ s_t s_t^T ]
    for t in range(600):
        seen += GAMMA**t * spread
        spread = loop @ spread @ loop.T + noise**2 * np.eye(2)
    H = world.q_matrix(GAMMA, K)
    by_action = -2 * (H[2:, :2] - H[2:, 2:] @ K)  # d q / d a = by_action s at a = -K s
    assert -by_action @ seen == near(slope(J, K))
