import itertools

import naive
import numpy as np
import pytest

from rlbook import (
    MDP,
    TabularEnv,
    action_value,
    interact,
    learn,
    policy_value,
    stationary_distribution,
    train,
)
from rlbook.agent import Step, batch
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax
from rlbook.monte_carlo import returns
from rlbook.policy_gradient import (
    Reinforce,
    advantages,
    average_reward,
    average_value,
    discounted_visits,
    gradient_of_metric,
    gradient_of_reward,
    gradient_of_value,
    poisson_value,
)

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


# The metrics and their gradients: theorems


@pytest.mark.book("thm:9.2")
@pytest.mark.parametrize("end", [0.0, 0.3])
@pytest.mark.parametrize("gamma", [0.0, GAMMA])
def test_the_gradient_of_the_average_value_is_its_slope(gamma, end):
    # Theorem 9.2
    for model, policy, d in cases(end):
        expected = slope(average_value, model, policy, gamma, d)
        assert gradient_of_value(policy.f, model, gamma, d) == near(expected)


@pytest.mark.book("lemma:9.1")
def test_the_average_reward_is_a_share_of_the_average_value():
    # Lemma 9.1
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        r_bar = average_reward(model, pi)
        d = stationary_distribution(naive.chain(model, pi)[0])
        assert r_bar == pytest.approx(d @ naive.chain(model, pi)[1])
        for gamma in (0.0, 0.5, GAMMA, 0.999):
            assert (1 - gamma) * average_value(model, pi, gamma) == pytest.approx(r_bar)
            assert average_value(model, pi, gamma, d) == average_value(model, pi, gamma)


@pytest.mark.book("thm:9.5")
def test_the_gradient_of_the_average_reward_is_its_slope():
    # Theorem 9.5
    for model, policy, _ in cases():
        expected = slope(average_reward, model, policy)
        assert gradient_of_reward(policy.f, model) == near(expected)


@pytest.mark.book("lemma:9.1")
def test_the_gradient_of_the_average_reward_is_a_share_of_that_of_the_average_value():
    # Lemma 9.1 again: here d_pi moves with the policy
    for model, policy, _ in cases():
        moving = slope(average_value, model, policy, GAMMA)
        assert gradient_of_reward(policy.f, model) == near((1 - GAMMA) * moving)


@pytest.mark.book("thm:9.3")
def test_the_discounted_approximation_is_the_better_the_nearer_gamma_is_to_one():
    # Theorem 9.3: the error is of the order of 1 - gamma
    for model, policy, _ in cases():
        exact = gradient_of_reward(policy.f, model)
        errors = [
            np.linalg.norm(gradient_of_reward(policy.f, model, gamma) - exact)
            for gamma in (0.9, 0.99, 0.999, 0.9999)
        ]
        assert (np.diff(errors) < 0).all()
        assert errors[3] == pytest.approx(errors[2] / 10, rel=0.05)


@pytest.mark.book("thm:9.4")
def test_the_poisson_equation_and_the_limit_of_the_discounted_values():
    # Theorem 9.4; v_gamma - r_bar / (1 - gamma) + r_bar comes to v as gamma comes to 1
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        r_bar, v = average_reward(model, pi), poisson_value(model, pi)
        scale = np.abs(v).max()
        assert v == pytest.approx(r - r_bar + P @ v, abs=1e-12 * scale)
        assert stationary_distribution(P) @ v == pytest.approx(r_bar, abs=1e-12 * scale)
        errors = [
            np.abs(policy_value(model, pi, gamma) - r_bar / (1 - gamma) + r_bar - v).max() / scale
            for gamma in (1 - 1e-2, 1 - 1e-3, 1 - 1e-4)
        ]
        assert errors[2] < 1e-3
        assert errors[1:] == pytest.approx([errors[0] / 10, errors[0] / 100], rel=0.1, abs=1e-9)


@pytest.mark.parametrize("end", [0.0, 0.3])
def test_the_discounted_visits_are_a_sum_over_time(end):
    for model, policy, d in cases(end):
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        share, rho = d, np.zeros(4)
        for _ in range(400):
            rho += share
            share = GAMMA * P.T @ share
        visits = discounted_visits(model, pi, GAMMA, d)
        assert visits == pytest.approx(rho)
        assert visits @ r == pytest.approx(d @ policy_value(model, pi, GAMMA))
        if not end:
            assert visits.sum() == pytest.approx(1 / (1 - GAMMA))


def test_the_gradient_of_every_state_value():
    # Lemma 9.2: grad v = [ (I - gamma P)^-1 x I ] u,  u(s) = sum_a grad pi(a|s) q(s, a)
    for model, policy, _ in cases():
        pi = table_of(policy, model)
        P, r = naive.chain(model, pi)
        q = naive.lookahead(model, np.linalg.solve(np.eye(4) - GAMMA * P, r), GAMMA)
        u = np.array([
            sum(pi[s, a] * q[s, a] * policy.score(s, a) for a in range(3)) for s in range(4)
        ])  # fmt: skip
        jacobian = np.linalg.solve(np.eye(4) - GAMMA * P, u)
        values = slope(policy_value, model, policy, GAMMA).T
        assert jacobian == near(values)
        for s in range(4):
            assert gradient_of_value(policy.f, model, GAMMA, np.eye(4)[s]) == near(jacobian[s])


@pytest.mark.book("thm:9.1")
def test_both_forms_of_the_policy_gradient_and_its_indifference_to_baselines(rng):
    # Theorem 9.1 and section 10.2.1
    for model, policy, eta in cases():
        q, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 1))
        pi = table_of(policy, model)
        expected = sum(
            eta[s] * pi[s, a] * q[s, a] * policy.score(s, a) for s, a in np.ndindex(4, 3)
        )
        gradient = gradient_of_metric(policy.f, eta, q)
        assert gradient == pytest.approx(expected, abs=1e-12)
        assert gradient_of_metric(policy.f, eta, q + b) == pytest.approx(gradient, abs=1e-12)
        gradient_of_metric(policy.f, eta, 2 * q)  # the first is not overwritten
        assert gradient == pytest.approx(expected, abs=1e-12)


# Advantages


def path(rng, ends, n=12):
    """A random path as a batch; ends: where episodes end, and whether they terminate."""
    steps = [
        Step(k, 0, rng.normal(), k + 1, ends.get(k) == "terminated", ends.get(k) == "truncated")
        for k in range(n)
    ]
    return batch(steps), *rng.normal(size=(2, n))


ENDS = [
    {11: "terminated"},
    {11: "truncated"},
    {},  # the path breaks off
    {3: "terminated", 8: "truncated"},
    {0: "truncated", 1: "terminated", 2: "truncated", 11: "terminated"},
]


def rest(t, k):
    """The steps from k on, to the end of their episode or of the path."""
    for j in range(k, len(t.r)):
        yield j
        if t.terminated[j] or t.truncated[j]:
            return


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("lam", [0.0, 0.95, 1.0])
def test_advantages_are_a_sum_of_td_errors(lam, ends, rng):
    t, v, v_next = path(rng, ends)
    delta = [t.r[j] + GAMMA * (not t.terminated[j]) * v_next[j] - v[j] for j in range(12)]
    expected = [sum((GAMMA * lam) ** (j - k) * delta[j] for j in rest(t, k)) for k in range(12)]
    assert advantages(t, v, v_next, GAMMA, lam) == pytest.approx(expected, abs=1e-13)


@pytest.mark.parametrize("ends", ENDS)
@pytest.mark.parametrize("lam", [0.0, 0.6, 1.0])
def test_advantages_mix_n_step_returns(lam, ends, rng):
    # lam^(n-1) (1 - lam) of the n-step return; what is left, of the last one
    t, v, v_next = path(rng, ends)
    v[1:] = v_next[:-1]  # s_next of a step is s of the next
    for k, advantage in enumerate(advantages(t, v, v_next, GAMMA, lam)):
        steps, mixed, g = list(rest(t, k)), 0.0, 0.0
        for n, j in enumerate(steps, start=1):
            g += GAMMA ** (n - 1) * t.r[j]
            n_step = g + GAMMA**n * (not t.terminated[j]) * v_next[j]
            mixed += lam ** (n - 1) * (1 if n == len(steps) else 1 - lam) * n_step
        assert advantage == pytest.approx(mixed - v[k], abs=1e-13)


def test_advantages_over_nothing_are_returns(rng):
    t, *_ = path(rng, {11: "truncated"}, n=12)
    zero = np.zeros(12)
    assert np.array_equal(advantages(t, zero, zero, GAMMA), returns(t.r, GAMMA))


# REINFORCE, in expectation: every episode of a tiny world


def corridor(lengths):
    """Four states in three layers; lengths: "equal", or "unequal" where a state may end early."""
    rng = np.random.default_rng(7)
    early = lengths == "unequal"
    s_next = [[[1, 2], [1, 2]], [[3, 3], [3, 3]], [[3, 3], [3, 3]], [[0, 0], [0, 0]]]
    ends = np.zeros((4, 2, 2), dtype=bool)
    ends[3] = True
    ends[1, 0, 1] = ends[2, 1, 0] = early
    return MDP(rng.dirichlet([1, 1], size=(4, 2)), s_next, rng.normal(size=(4, 2, 2)), ends)


START = np.array([0.7, 0.3, 0.0, 0.0])


def trajectories(model, pi, s=None):
    """Every episode: its probability, its steps."""
    if s is None:
        for s in np.flatnonzero(START):
            for p, steps in trajectories(model, pi, int(s)):
                yield START[s] * p, steps
        return
    for a in range(model.n_actions):
        for p, s_next, r, end in naive.outcomes(model, s, a):
            step = Step(s, a, r, s_next, end, False)
            for later, steps in [(1.0, [])] if end else trajectories(model, pi, s_next):
                yield pi[s, a] * p * later, [step, *steps]


class Held:
    """An optimiser that moves nothing, and remembers how far it would have gone."""

    def __init__(self, f):
        self.f, self.moves = f, []

    def step(self):
        self.moves.append(-self.f.grad)


def reinforce(f, **options):
    given = {"gamma": GAMMA, "alpha": 0.1, "rng": np.random.default_rng(0)} | options
    return Reinforce(Softmax(f), **given)


def moves(f, steps, **options):
    """What REINFORCE does with theta after each of these steps, theta itself being held fixed."""
    learner = reinforce(f, **options)
    learner.policy_step = Held(f)
    if learner.baseline is not None:
        learner.baseline_step = Held(learner.baseline)
    for t in steps:
        learner.update(t)
    return np.array(learner.policy_step.moves)


@pytest.mark.book("alg:9.1")
@pytest.mark.parametrize("lengths", ["equal", "unequal"])
@pytest.mark.parametrize("gamma", [1.0, GAMMA])
def test_what_reinforce_follows_in_expectation(gamma, lengths):
    # States weighted by how often they are visited, undiscounted, actions by discounted values:
    # no factor gamma^t stands before q_t. At gamma = 1, the gradient of the average value.
    model = corridor(lengths)
    for f in preferences(model, np.random.default_rng(1)):
        pi = Softmax(f)(np.arange(4))
        expected = sum(
            p * moves(f, steps, gamma=gamma).sum(0) for p, steps in trajectories(model, pi)
        )
        P, _ = naive.chain(model, pi)
        visits = np.linalg.inv(np.eye(4) - P).T @ START
        q = action_value(model, policy_value(model, pi, gamma), gamma)
        assert expected == near(gradient_of_metric(f, visits, q), 1e-12)
        true = slope(average_value, model, Softmax(f), gamma, START)
        assert (expected == near(true)) == (gamma == 1)
        assert gradient_of_value(f, model, gamma, START) == near(true)


def test_a_batch_follows_the_mean_over_its_steps():
    model = corridor("equal")  # from state 0 every episode has three steps
    for f in preferences(model, np.random.default_rng(1)):
        every = list(trajectories(model, Softmax(f)(np.arange(4)), 0))
        one = sum(p * moves(f, steps, gamma=1.0, batch=1)[0] for p, steps in every)
        assert one == near(gradient_of_value(f, model, 1.0, np.eye(4)[0]) / 3, 1e-12)
    two = sum(
        p1 * p2 * moves(f, first + second, gamma=1.0, batch=2)[0]
        for (p1, first), (p2, second) in itertools.product(every, every)
    )
    assert two == near(one, 1e-12)


@pytest.mark.parametrize("batch", [None, 1])
def test_a_baseline_does_not_change_the_expectation(batch, rng):
    model = corridor("equal")
    baseline = Table(4, 1)
    baseline.theta[:] = 5 * rng.normal(size=4)
    for f in preferences(model, rng):
        pi = Softmax(f)(np.arange(4))
        plain, based = (
            sum(
                p * moves(f, steps, batch=batch, **options).sum(0)
                for p, steps in trajectories(model, pi, 0)
            )
            for options in ({}, {"baseline": baseline, "alpha_w": 0.1})
        )
        assert based == near(plain, 1e-12)


# REINFORCE, step by step


EPISODE = [
    Step(0, 1, 1.0, 1, False, False),
    Step(1, 0, -2.0, 0, False, False),
    Step(0, 1, 0.5, 2, False, False),
    Step(2, 2, 3.0, 3, True, False),
]


def random_table(n_out, seed=0):
    f = Table(4, n_out)
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def learned(f, steps, **options):
    learner = reinforce(f, **options)
    for t in steps:
        learner.update(t)
    return learner


@pytest.mark.book("alg:9.1")
def test_theta_moves_at_every_step_in_turn():
    learner = learned(random_table(3), EPISODE)
    theta, twin = random_table(3).table, Softmax(random_table(3))
    for t, g in zip(EPISODE, returns([t.r for t in EPISODE], GAMMA), strict=True):
        weights = np.exp(theta[t.s] - theta[t.s].max())
        theta[t.s] += 0.1 * (g * (np.eye(3)[t.a] - weights / weights.sum()))
        twin.theta = twin.theta + 0.1 * (g * twin.score(t.s, t.a))
    assert np.array_equal(learner.policy.theta, twin.theta)
    # pi is exp(ln pi) there and a quotient here: rounding, which numpy's exp and log decide.
    assert learner.policy.f.table == pytest.approx(theta, rel=0, abs=1e-14)
    at_once = random_table(3).theta + 0.1 * moves(random_table(3), EPISODE).sum(0)
    assert np.abs(at_once - learner.policy.theta).max() > 1e-3


def test_the_baseline_stands_for_what_it_said_and_learns_the_returns():
    learner = learned(random_table(3), EPISODE, baseline=random_table(1, seed=1), alpha_w=0.2)
    theta, b = random_table(3).table, random_table(1, seed=1).theta
    said = b.copy()
    for t, g in zip(EPISODE, returns([t.r for t in EPISODE], GAMMA), strict=True):
        pi = np.exp(theta[t.s]) / np.exp(theta[t.s]).sum()
        theta[t.s] += 0.1 * (g - said[t.s]) * (np.eye(3)[t.a] - pi)
        b[t.s] += 0.2 * (g - b[t.s])
    assert learner.policy.f.table == pytest.approx(theta, abs=1e-12)
    assert learner.baseline.theta == pytest.approx(b, abs=1e-12)


@pytest.mark.parametrize("batch", [None, 1])
def test_where_an_episode_was_truncated_the_baseline_stands_for_the_rest(batch):
    cut = Step(0, 1, 1.0, 2, False, True)
    f, b = random_table(3), random_table(1, seed=1)
    score = Softmax(f).score(0, 1).copy()
    b_0, b_2 = b.theta[[0, 2]]
    for steps, g in (([cut], 1 + GAMMA * b_2), ([cut._replace(terminated=True)], 1.0)):
        based = moves(f, steps, baseline=b, alpha_w=0.1, batch=batch)
        assert based[0] == pytest.approx(score * (g - b_0))
        assert moves(f, steps, batch=batch)[0] == pytest.approx(score)  # nothing stands for it


def test_it_learns_at_the_ends_of_episodes_alone():
    learner = reinforce(random_table(3), baseline=random_table(1), alpha_w=0.2)
    for t in EPISODE[:-1]:
        learner.update(t)
    assert np.array_equal(learner.policy.theta, random_table(3).theta)
    assert np.array_equal(learner.baseline.theta, random_table(1).theta)
    learner.update(EPISODE[-1])
    assert (learner.policy.theta != random_table(3).theta).sum() == 9  # all but the last state
    assert learner.path == []


def test_a_batch_waits_for_its_episodes():
    for steps, n_learned in (
        (EPISODE * 2, 0),
        (EPISODE * 3, 1),
        (EPISODE * 5, 1),
        (EPISODE * 6, 2),
    ):
        assert len(moves(random_table(3), steps, batch=3)) == n_learned
    together = moves(random_table(3), EPISODE * 3, batch=3)[0]
    assert together == pytest.approx(moves(random_table(3), EPISODE).mean(0))


def test_a_batch_takes_one_step_of_adam():
    learner = learned(random_table(3), EPISODE, batch=1, alpha=0.01)
    moved = learner.policy.theta - random_table(3).theta
    along = moves(random_table(3), EPISODE, batch=1)[0]
    assert moved == pytest.approx(0.01 * np.sign(along), abs=1e-6)


@pytest.mark.parametrize("batch", [None, 1])
def test_the_entropy_of_the_policy_counts_where_it_is_given_a_weight(batch):
    f = random_table(3)
    more = moves(f, EPISODE, batch=batch, entropy=0.3) - moves(f, EPISODE, batch=batch)

    def mean_entropy(_, pi):
        visited = pi[[t.s for t in EPISODE]]
        return -(visited * np.log(visited)).sum(-1).mean()

    expected = 0.3 * slope(mean_entropy, corridor("equal"), Softmax(f))
    assert more.mean(0) == near(expected)


def test_an_episode_that_was_left_is_forgotten():
    for size, before in ((None, []), (2, EPISODE)):
        learner = learned(random_table(3), before, batch=size)
        learner.begin()
        for t in EPISODE[:2]:  # and then the world is reset
            learner.update(t)
        learner.begin()
        for t in EPISODE:
            learner.update(t)
        fresh = learned(random_table(3), [*before, *EPISODE], batch=size)
        assert np.array_equal(learner.policy.theta, fresh.policy.theta)
        assert learner.n_episodes == fresh.n_episodes


def test_without_exploring_it_takes_the_likeliest_action_and_draws_nothing():
    learner = reinforce(random_table(3))
    state = learner.rng.bit_generator.state
    for s in range(4):
        assert learner.act(s, explore=False) == learner.policy.f.table[s].argmax()
    assert learner.rng.bit_generator.state == state


@pytest.mark.parametrize("options", [{}, {"batch": 5, "alpha": 0.05}])
def test_it_learns_the_corridor_and_the_same_seed_is_the_same_run(options):
    model = corridor("unequal")
    ends = []
    for _ in range(2):
        learner = reinforce(Table(4, 2), baseline=Table(4, 1), alpha_w=0.1, gamma=1.0, **options)
        train(learner, TabularEnv(model, start=START), episodes=800, seed=3)
        ends.append(learner.policy.theta)
    assert np.array_equal(*ends)
    value = average_value(model, table_of(learner.policy, model), 1.0, START)
    uniform = average_value(model, np.full((4, 2), 0.5), 1.0, START)
    best = START @ naive.best_values(model, 1.0)
    assert (value - uniform) / (best - uniform) > 0.9


@pytest.mark.parametrize("options", [{}, {"batch": 2, "baseline": True}])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(options, tmp_path):
    def make():
        given = {"baseline": random_table(1), "alpha_w": 0.1} if options else {}
        return reinforce(random_table(2), **(options | given))

    world = TabularEnv(corridor("unequal"), start=START)
    straight, first, second = make(), make(), make()
    train(straight, world, episodes=6, seed=1)
    train(first, world, episodes=3, seed=1)  # in the middle of a batch
    first.save(tmp_path / "agent.npz")
    second.load(tmp_path / "agent.npz")
    for learner in (first, second):
        for _ in learn(learner, interact(world, learner, episodes=3, first=3, seed=1)):
            pass
        assert np.array_equal(learner.policy.theta, straight.policy.theta)


# Wrong arguments


def test_metrics_of_worlds_that_end_or_fall_apart():
    ending = naive.random_model(np.random.default_rng(0), end=0.3, states=4, actions=3, outcomes=4)
    apart = MDP.from_matrices(np.eye(2)[:, None], np.ones((2, 1)))
    for model in (ending, apart):
        pi = np.full((model.n_states, model.n_actions), 1 / model.n_actions)
        for question in (
            lambda m, pi: average_reward(m, pi),
            lambda m, pi: poisson_value(m, pi),
            lambda m, pi: average_value(m, pi, GAMMA),
        ):
            with pytest.raises(ValueError, match="P_pi"):
                question(model, pi)
    d = np.full(4, 0.25)
    assert average_value(ending, np.full((4, 3), 1 / 3), 1.0, d) == pytest.approx(
        d @ policy_value(ending, np.full((4, 3), 1 / 3), 1.0)
    )


@pytest.mark.parametrize("gamma", [-0.1, 1.0, 1.5, np.nan])
def test_discounted_visits_need_a_discount(gamma):
    model, policy, d = next(cases())
    with pytest.raises(ValueError, match="gamma"):
        discounted_visits(model, table_of(policy, model), gamma, d)
    with pytest.raises(ValueError, match="gamma"):
        gradient_of_value(policy.f, model, gamma, d)
    with pytest.raises(ValueError, match="gamma"):
        gradient_of_reward(policy.f, model, gamma)


@pytest.mark.parametrize("d", [np.ones(4), np.ones(3) / 3, [0.5, 0.6, -0.1, 0.0]])
def test_d_must_be_a_distribution_over_the_states(d):
    model, policy, _ = next(cases())
    with pytest.raises(ValueError, match=r"^d"):
        gradient_of_value(policy.f, model, GAMMA, d)


@pytest.mark.parametrize(
    ("eta", "q"),
    [
        (np.ones(4), np.ones((4, 2))),
        (np.ones(4), np.ones(4)),
        (np.ones(3), np.ones((4, 3))),
        (np.ones(5), np.ones((5, 3))),
        (np.ones(4), 1.0),
    ],
)
def test_eta_and_q_must_have_the_shapes_of_the_policy(eta, q):
    with pytest.raises(ValueError, match="must"):
        gradient_of_metric(Table(4, 3), eta, q)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"gamma": 1.1}, "gamma"),
        ({"alpha": 0.0}, "alpha"),
        ({"batch": 0}, "batch"),
        ({"entropy": -1.0}, "entropy"),
        ({"rng": 0}, "rng"),
        ({"alpha_w": 0.1}, "alpha_w"),
        ({"baseline": Table(4, 1)}, "alpha_w"),
        ({"baseline": Table(4, 1), "alpha_w": 0.0}, "alpha_w"),
        ({"baseline": Table(4, 2), "alpha_w": 0.1}, "baseline"),
        ({"baseline": lambda s: 0.0, "alpha_w": 0.1}, "baseline"),
    ],
)
def test_a_wrong_argument_is_an_error(options, named):
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        reinforce(Table(4, 3), **options)


def test_it_must_be_able_to_live_in_its_world():
    world = TabularEnv(corridor("equal"))
    reinforce(Table(4, 2), baseline=Table(4, 1), alpha_w=0.1).check(world)
    for learner in (
        reinforce(Table(4, 3)),
        reinforce(Table(5, 2)),
        reinforce(Table(4, 2), baseline=Table(5, 1), alpha_w=0.1),
    ):
        with pytest.raises(ValueError, match="Discrete"):
            learner.check(world)
