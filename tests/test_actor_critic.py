from types import SimpleNamespace

import naive
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import TimeLimit
from scipy.stats import chisquare, kstest

from rlbook import (
    TabularEnv,
    action_value,
    interact,
    learn,
    policy_value,
    stationary_distribution,
    train,
)
from rlbook.actor_critic import A2C, QAC, DeterministicActorCritic, OffPolicyActorCritic
from rlbook.agent import Step, batch
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Quadratic, Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.policy_gradient import average_value, gradient_of_metric, gradient_of_reward

GAMMA = 0.9
S, A = 4, 3


def random(f, seed=5):
    f.theta[:] = np.random.default_rng(seed).normal(size=f.theta.size)
    return f


def mlp(sizes, seed=3, **options):
    return MLP(sizes, rng=np.random.default_rng(seed), hidden="tanh", dtype=np.float64, **options)


def preferences(seed):
    """A table, linear features and a network, with random parameters."""
    phi = np.random.default_rng(seed).normal(size=(S, 2))
    yield random(Table(S, A), seed)
    yield random(Linear(phi, A), seed)
    yield random(mlp((2, 3, A), phi=phi), seed)


def cases(end=0.0):
    """Random models, and for each of them three softmax policies."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        model = naive.random_model(rng, end=end, states=S, actions=A, outcomes=4)
        for f in preferences(seed):
            yield model, f


def agent(method, actor, critic, **options):
    """Step sizes are 1: the change of a parameter is what it was told."""
    given = {
        "gamma": GAMMA,
        "alpha_theta": 1.0,
        "alpha_w": 1.0,
        "rng": np.random.default_rng(0),
    } | options
    return method(actor, critic, **given)


def change(learner, *steps):
    """How far theta and w move with these steps; they are put back."""
    vectors = learner.actor.theta, learner.critic.theta
    before = [vector.copy() for vector in vectors]
    for t in steps:
        learner.update(t)
    moved = [vector - old for vector, old in zip(vectors, before, strict=True)]
    for vector, old in zip(vectors, before, strict=True):
        vector[:] = old
    return moved


def exactly(numbers):
    return pytest.approx(numbers, abs=1e-11 * max(1.0, np.abs(numbers).max()))


# QAC


def expected_changes_of_qac(learner, model, s, a):
    """Over all outcomes and all actions after them, each weighted with its probability."""
    theta, w = 0.0, 0.0
    for p, s_next, r, end in naive.outcomes(model, s, a):
        for a_next in range(A):
            learner.actor.draw = lambda s, rng, a_next=a_next: a_next
            moved = change(learner, Step(s, a, r, s_next, end, False))
            weight = p * learner.actor(s_next)[a_next]
            theta, w = theta + weight * moved[0], w + weight * moved[1]
    return theta, w


@pytest.mark.book("alg:10.1")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_qac_at_q_pi(end):
    # The critic stays where it is, for every pair; the actor follows Theorem 9.1.
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        critic = Table(S, A)
        critic.table[:] = q = action_value(model, policy_value(model, pi, GAMMA), GAMMA)
        learner = agent(QAC, Softmax(f), critic)
        eta, total = np.random.default_rng(0).dirichlet(np.ones(S)), 0.0
        if not end:
            eta = stationary_distribution(naive.chain(model, pi)[0])
        for s, a in np.ndindex(S, A):
            theta, w = expected_changes_of_qac(learner, model, s, a)
            assert w == pytest.approx(0, abs=1e-12 * np.abs(q).max())
            total = total + eta[s] * pi[s, a] * theta
        assert total == exactly(gradient_of_metric(f, eta, q))
        if not end:
            assert total == exactly(gradient_of_reward(f, model, GAMMA))  # Theorem 9.3


@pytest.mark.book("alg:10.1")
def test_one_step_of_qac_by_hand():
    for critic in (
        random(Table(S, A)),
        random(Linear(np.eye(S), A)),
        mlp((S, 5, A), phi=np.eye(S)),
    ):
        learner = agent(QAC, Softmax(random(Table(S, A), 1)), critic, alpha_theta=0.3, alpha_w=0.2)
        score = learner.actor.score(0, 1).copy()
        q, q_next = critic(0)[1].copy(), critic(2).copy()
        slope_q = naive.slope(lambda critic=critic: critic(0)[1], critic.theta)
        for end, truncated in ((False, False), (False, True), (True, False)):
            learner.rng = np.random.default_rng(0)
            a_next = learner.actor.draw(2, np.random.default_rng(0))
            theta, w = change(learner, Step(0, 1, 1.5, 2, end, truncated))
            delta = 1.5 + (0 if end else GAMMA * q_next[a_next]) - q
            assert theta == pytest.approx(0.3 * q * score)
            assert w == pytest.approx(0.2 * delta * slope_q, rel=1e-6, abs=1e-9)


def test_qac_takes_the_action_of_its_target_next():
    model = naive.random_model(np.random.default_rng(0), states=S, actions=A, outcomes=4)
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A), alpha_theta=0.01, alpha_w=0.1)
    promise, kept = None, 0
    for t in learn(learner, interact(TabularEnv(model), learner, steps=300, seed=0)):
        if promise is not None:
            assert (t.s, t.a) == promise
            kept += 1
        promise = learner.promise
    assert kept == 299


@pytest.mark.parametrize("ending", [(True, False), (False, True), (True, True)])
def test_a_promise_of_qac_ends_with_its_episode(ending):
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A))
    learner.update(Step(0, 1, 0.0, 1, *ending))
    assert learner.promise is None
    learner.update(Step(0, 1, 0.0, 1, False, False))
    assert learner.promise is not None
    learner.begin()
    assert learner.promise is None


def test_a_promise_of_qac_is_kept_once_and_in_its_own_state():
    learner = agent(QAC, Softmax(Table(S, A)), Table(S, A))
    learner.actor.f.table[:, 2] = 50.0  # what is chosen now is 2
    learner.promise = (1, 0)
    assert learner.act(1, explore=False) == 2
    assert learner.promise == (1, 0)  # looking without exploring forgets nothing
    assert [learner.act(1), learner.act(1)] == [0, 2]
    learner.promise = (1, 0)
    assert learner.act(3) == 2
    assert learner.promise is None


def test_qac_draws_nothing_for_a_terminated_step():
    learner = agent(QAC, Softmax(Table(S, A)), random(Table(S, A)))
    state = learner.rng.bit_generator.state
    assert learner.target(Step(0, 1, 5.0, 1, True, False)) == 5.0
    assert learner.rng.bit_generator.state == state


# A2C


@pytest.mark.book("alg:10.2")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_a2c_at_v_pi(end):
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        critic = Table(S, 1)
        critic.theta[:] = v = policy_value(model, pi, GAMMA)
        learner = agent(A2C, Softmax(f), critic)
        eta, total = np.random.default_rng(0).dirichlet(np.ones(S)), 0.0
        if not end:
            eta = stationary_distribution(naive.chain(model, pi)[0])
        for s in range(S):
            theta, w = expected_changes(learner, model, pi, s)
            assert w == pytest.approx(0, abs=1e-12 * np.abs(v).max())
            total = total + eta[s] * theta
        assert total == exactly(gradient_of_metric(f, eta, action_value(model, v, GAMMA)))
        if not end:
            assert total == exactly(gradient_of_reward(f, model, GAMMA))  # Theorem 9.3


def expected_changes(learner, model, pi, s):
    """Of theta and w, over the actions of pi in s and their outcomes."""
    theta, w = 0.0, 0.0
    for a in range(A):
        for p, s_next, r, end in naive.outcomes(model, s, a):
            moved = change(learner, Step(s, a, r, s_next, end, False))
            theta, w = theta + pi[s, a] * p * moved[0], w + pi[s, a] * p * moved[1]
    return theta, w


@pytest.mark.book("alg:10.2")
@pytest.mark.parametrize("ending", [(False, False), (False, True), (True, False), (True, True)])
def test_one_step_of_a2c_by_hand(ending):
    learner = agent(
        A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), alpha_theta=0.3, alpha_w=0.2
    )
    score, v = learner.actor.score(0, 1).copy(), learner.critic.theta
    delta = 1.5 + (0 if ending[0] else GAMMA * v[2]) - v[0]
    theta, w = change(learner, Step(0, 1, 1.5, 2, *ending))
    assert theta == pytest.approx(0.3 * delta * score)
    assert w == pytest.approx(0.2 * delta * np.eye(S)[0])


def test_one_step_of_a2c_with_numbers_for_actions(rng):
    actor = Gaussian(random(mlp((2, 4, 2), extra=2)), std=0.7)
    learner = agent(A2C, actor, mlp((2, 4, 1)), alpha_theta=0.3, alpha_w=0.2)
    s, a, s_next = rng.normal(size=(3, 2))
    score, v, v_next = actor.score(s, a).copy(), learner.critic(s)[0], learner.critic(s_next)[0]
    slope_v = naive.slope(lambda: learner.critic(s)[0], learner.critic.theta)
    delta = 1.5 + GAMMA * v_next - v
    theta, w = change(learner, Step(s, a, 1.5, s_next, False, False))
    assert theta == pytest.approx(0.3 * delta * score)
    assert w == pytest.approx(0.2 * delta * slope_v, rel=1e-6, abs=1e-9)


def five(ending):
    """Five steps, with an episode's end after the third."""
    return [
        Step(0, 1, 1.0, 1, False, False),
        Step(1, 0, -2.0, 0, False, False),
        Step(0, 2, 0.5, 2, ending == "terminated", ending == "truncated"),
        Step(3, 1, 3.0, 2, False, False),
        Step(2, 1, -1.0, 1, False, False),
    ]


@pytest.mark.parametrize("ending", ["terminated", "truncated"])
def test_five_steps_of_a2c_over_the_end_of_an_episode_by_hand(ending):
    learner = agent(
        A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, alpha_theta=0.3, alpha_w=0.2
    )
    v, steps = learner.critic.theta.copy(), five(ending)
    seen = v[2] if ending == "truncated" else 0.0
    g = [
        1 + GAMMA * -2 + GAMMA**2 * 0.5 + GAMMA**3 * seen,
        -2 + GAMMA * 0.5 + GAMMA**2 * seen,
        0.5 + GAMMA * seen,
        3 + GAMMA * -1 + GAMMA**2 * v[1],
        -1 + GAMMA * v[1],
    ]
    by_hand = sum((g[k] - v[t.s]) * learner.actor.score(t.s, t.a) for k, t in enumerate(steps))
    theta, w = change(learner, *steps)
    assert theta == pytest.approx(0.3 * by_hand / 5)
    assert w == pytest.approx(
        0.2 * sum((g[k] - v[t.s]) * np.eye(S)[t.s] for k, t in enumerate(steps)) / 5
    )


def test_a2c_waits_for_its_n_steps():
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5)
    theta, w = change(learner, *five("terminated")[:4])
    assert not theta.any()
    assert not w.any()
    assert len(learner.path) == 4
    change(learner, five("terminated")[4])
    assert learner.path == []


def test_an_episode_that_was_left_is_cut_there():
    left, cut = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5) for _ in range(2)
    )
    steps = five(None)
    for t in steps[:3]:
        left.update(t)
    left.begin()  # the world was reset before an end
    moved = change(left, *steps[3:])
    by_hand = change(cut, *five("truncated"))
    for ours, theirs in zip(moved, by_hand, strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("lam", [0.0, 0.7])
def test_lambda_of_a2c(lam):
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, lam=lam)
    v, steps, advantage, by_hand = learner.critic.theta.copy(), five("truncated"), 0.0, 0.0
    for t in reversed(steps):
        delta = t.r + GAMMA * v[t.s_next] - v[t.s]
        advantage = delta + (0 if t.truncated else GAMMA * lam * advantage)
        by_hand = by_hand + advantage * learner.actor.score(t.s, t.a) / 5
    assert change(learner, *steps)[0] == pytest.approx(by_hand)


def test_the_entropy_of_the_policy_counts_where_it_is_given_a_weight():
    # v = 0 and r = 0: nothing else is left
    for f in preferences(0):
        learner = agent(A2C, Softmax(f), Table(S, 1), n=5, entropy=0.4)
        steps = [t._replace(r=0.0) for t in five("terminated")]

        def mean_entropy(f=f, steps=steps):
            pi = Softmax(f)([t.s for t in steps])
            return -(pi * np.log(pi)).sum(-1).mean()

        theta, w = change(learner, *steps)
        assert theta == pytest.approx(0.4 * naive.slope(mean_entropy, f.theta), rel=1e-6, abs=1e-9)
        assert not w.any()


def test_gradients_that_are_too_long_are_cut():
    plain, cut = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, max_norm=limit)
        for limit in (None, 0.01)
    )
    longer = change(plain, *five("terminated"))
    for long, short in zip(longer, change(cut, *five("terminated")), strict=True):
        assert np.linalg.norm(long) > 0.01
        assert short == pytest.approx(0.01 * long / np.linalg.norm(long))


def test_the_first_step_of_adam_is_as_long_in_every_parameter():
    learner = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5, adam=True,
                    alpha_theta=0.3, alpha_w=0.2)  # fmt: skip
    plain = agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5)
    for size, moved, along in zip((0.3, 0.2), change(learner, *five("terminated")),
                                  change(plain, *five("terminated")), strict=True):  # fmt: skip
        assert moved == pytest.approx(size * np.sign(along), abs=1e-5)


# Off-policy


def behaviours():
    rng = np.random.default_rng(3)
    yield rng.dirichlet(np.ones(A), size=S)
    yield np.full((S, A), 1 / A)


@pytest.mark.book("alg:10.3")
@pytest.mark.parametrize("end", [0.0, 0.3])
def test_off_policy_the_expected_changes_are_those_of_the_policy_itself(end):
    # Importance sampling: for every state, whatever the critic says and whoever acts
    for model, f in cases(end):
        pi = Softmax(f)(np.arange(S))
        on = agent(A2C, Softmax(f), random(Table(S, 1)))
        for behaviour in behaviours():
            off = agent(OffPolicyActorCritic, Softmax(f), random(Table(S, 1)), behaviour=behaviour)
            for s in range(S):
                ours = expected_changes(off, model, behaviour, s)
                for x, y in zip(ours, expected_changes(on, model, pi, s), strict=True):
                    assert x == exactly(y)


@pytest.mark.book("alg:10.3")
@pytest.mark.parametrize("ending", [(False, False), (False, True), (True, False)])
def test_with_itself_for_behaviour_it_is_a2c(ending):
    for f in preferences(0):
        pi = Softmax(f)(np.arange(S))
        off = agent(OffPolicyActorCritic, Softmax(f), mlp((2, 3, 1), phi=np.eye(S)[:, :2]),
                    behaviour=pi, alpha_theta=0.3, alpha_w=0.2)  # fmt: skip
        on = agent(A2C, Softmax(f), off.critic, alpha_theta=0.3, alpha_w=0.2)
        t = Step(0, 1, 1.5, 2, *ending)
        for ours, theirs in zip(change(off, t), change(on, t), strict=True):
            assert ours == exactly(theirs)


def test_the_behaviour_acts_and_the_actor_is_asked_without_exploring():
    behaviour = next(behaviours())
    learner = agent(
        OffPolicyActorCritic, Softmax(random(Table(S, A))), Table(S, 1), behaviour=behaviour
    )
    for s in range(S):
        counts = np.bincount([learner.act(s) for _ in range(2000)], minlength=A)
        assert chisquare(counts, 2000 * behaviour[s]).pvalue > 1e-3  # a fixed seed
        assert learner.act(s, explore=False) == learner.actor.f.table[s].argmax()
        for a in range(A):
            assert learner.ratio(s, a) == pytest.approx(learner.actor(s)[a] / behaviour[s, a])


def test_an_action_that_the_behaviour_never_takes_cannot_be_learned_from():
    behaviour = np.eye(A)[[0, 1, 2, 0]]
    learner = agent(OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1), behaviour=behaviour)
    learner.update(Step(1, 1, 0.0, 0, False, False))
    with pytest.raises(ValueError, match=r"behaviour must be able to take action 2 in state 1"):
        learner.update(Step(1, 2, 0.0, 0, False, False))


# Deterministic


def linear_quadratic(dimensions, noise=0.0):
    """A system, the gain of its best policy and another gain."""
    if dimensions == 1:
        world = LinearQuadratic([[1.1]], [[0.5]], [[1.0]], [[0.3]], noise=noise)
        return world, world.gain(GAMMA), np.array([[0.4]])
    B, R = np.array([[0.0, 0.5], [0.4, 0.1]]), np.array([[0.5, 0.1], [0.1, 0.3]])
    world = LinearQuadratic([[1.0, 0.2], [-0.1, 0.9]], B, [[1.0, 0.2], [0.2, 0.5]], R, noise=noise)
    return world, world.gain(GAMMA), np.array([[0.3, -0.2], [0.1, 0.4]])


def with_exact_critic(world, K, **options):
    """The actor a = -K s and the critic q_K."""
    m, n = K.shape
    actor, critic = Linear(lambda s: s, m, d=n), Quadratic(n + m)
    actor.w[:] = -K.T
    H = world.q_matrix(GAMMA, K)
    critic.theta[:-1] = -(2 * H - np.diag(np.diag(H)))[np.triu_indices(n + m)]
    critic.theta[-1] = -world.constant(GAMMA, K)
    assert np.allclose(critic.M, -H)
    return agent(DeterministicActorCritic, actor, critic, sigma=0.1, **options)


def outcomes(world, s, a):
    """r, and the corners s_next that have the mean and the covariance of what may follow."""
    world.reset(options={"state": s})
    quiet, world.noise, noise = world.noise, 0.0, world.noise
    mean, r, *_ = world.step(a)
    world.noise = quiet
    corners = [sign * np.sqrt(len(s)) * noise * e for e in np.eye(len(s)) for sign in (1, -1)]
    return r, [mean + corner for corner in corners]


@pytest.mark.book("alg:10.4")
@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_exact_critic_is_never_surprised(dimensions, rng):
    # for every s and a, not those of the actor alone
    world, best, other = linear_quadratic(dimensions)
    for K in (best, other):
        learner = with_exact_critic(world, K)
        for _ in range(20):
            s, a = rng.normal(size=(2, dimensions))
            world.reset(options={"state": s})
            s_next, r, *_ = world.step(a)
            t = Step(s, a, r, s_next, False, False)
            assert learner.target(t) == pytest.approx(learner.q(s, a), abs=1e-11)
            assert change(learner, t)[1] == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("dimensions", [1, 2])
def test_with_noise_the_exact_critic_is_not_surprised_on_average(dimensions, rng):
    # what is expected of a quadratic function is its mean over a few corners, exactly
    world, best, other = linear_quadratic(dimensions, noise=0.4)
    for K in (best, other):
        learner = with_exact_critic(world, K)
        for _ in range(20):
            s, a = rng.normal(size=(2, dimensions))
            r, corners = outcomes(world, s, a)
            moved = [change(learner, Step(s, a, r, c, False, False))[1] for c in corners]
            assert np.mean(moved, axis=0) == pytest.approx(0, abs=1e-10)
            assert np.abs(moved).max() > 1e-3


@pytest.mark.parametrize("dimensions", [1, 2])
def test_the_best_actor_stays_where_it_is(dimensions, rng):
    world, best, other = linear_quadratic(dimensions)
    for s in rng.normal(size=(20, dimensions)):
        t = Step(s, rng.normal(size=dimensions), 0.0, s, False, False)
        assert change(with_exact_critic(world, best), t)[0] == pytest.approx(0, abs=1e-12)
        assert np.abs(change(with_exact_critic(world, other), t)[0]).max() > 1e-6


@pytest.mark.book("alg:10.4")
@pytest.mark.parametrize("dimensions", [1, 2])
def test_another_actor_moves_along_the_slope_of_what_the_critic_says(dimensions, rng):
    world, _, other = linear_quadratic(dimensions)
    learner = with_exact_critic(world, other)
    s = rng.normal(size=(7, dimensions))
    a, r = rng.normal(size=(7, dimensions)), rng.normal(size=7)
    off = np.zeros(7, dtype=bool)
    expected = naive.slope(lambda: learner.q(s, learner.actor(s)).mean(), learner.actor.theta)
    theta, _ = change(learner, Step(s, a, r, s, off, off))  # its own action is what counts, not a
    assert theta == pytest.approx(expected, rel=1e-6, abs=1e-8)
    H = world.q_matrix(GAMMA, other)
    n = dimensions
    by_hand = np.mean([np.outer(x, -2 * (H[n:, :n] - H[n:, n:] @ other) @ x) for x in s], axis=0)
    assert theta.reshape(n, n) == pytest.approx(by_hand)


def networks(**options):
    return agent(
        DeterministicActorCritic, mlp((2, 4, 1), output="tanh"), mlp((3, 4, 1)), sigma=0.1,
        alpha_theta=0.3, alpha_w=0.2, **options,
    )  # fmt: skip


def random_steps(rng, n=6):
    ends = np.arange(n) % 3 == 0
    return Step(rng.normal(size=(n, 2)), rng.normal(size=(n, 1)), rng.normal(size=n),
                rng.normal(size=(n, 2)), ends, ~ends)  # fmt: skip


def test_networks_move_along_their_slopes(rng):
    learner, t = networks(), random_steps(rng)
    target = t.r + GAMMA * (1 - t.terminated) * learner.q(t.s_next, learner.actor(t.s_next))
    assert learner.target(t) == pytest.approx(target)

    def loss():
        return ((target - learner.q(t.s, t.a)) ** 2).mean() / 2  # the target is held

    expected = (
        0.3 * naive.slope(lambda: learner.q(t.s, learner.actor(t.s)).mean(), learner.actor.theta),
        -0.2 * naive.slope(loss, learner.critic.theta),
    )
    for moved, along in zip(change(learner, t), expected, strict=True):
        assert moved == pytest.approx(along, rel=1e-5, abs=1e-9)


def test_a_batch_moves_by_the_mean_of_its_steps(rng):
    learner, t = networks(), random_steps(rng)
    singles = [change(learner, Step(*fields)) for fields in zip(*t, strict=True)]
    for k, moved in enumerate(change(learner, t)):
        assert moved == pytest.approx(np.mean([single[k] for single in singles], axis=0))
    one = Step(*(x[:1] for x in t))
    for moved, single in zip(change(learner, one), singles[0], strict=True):
        assert np.array_equal(moved, single)


def test_where_the_episode_ends_the_reward_is_all(rng):
    learner, t = networks(), random_steps(rng)
    ended = t._replace(terminated=np.ones(6, dtype=bool), s_next=np.full((6, 2), 1e9))
    assert np.array_equal(learner.target(ended), t.r)
    single = Step(t.s[0], t.a[0], 2.0, t.s_next[0], False, True)
    q_next = learner.q(single.s_next, learner.actor(single.s_next))
    assert learner.target(single) == pytest.approx(
        2 + GAMMA * q_next
    )  # truncated: the future counts
    assert learner.target(single._replace(terminated=True)) == 2.0


def test_the_actor_with_noise_and_without(rng):
    learner = networks()
    s = rng.normal(size=2)
    noise = np.array([learner.act(s) - learner.actor(s) for _ in range(1000)])[:, 0]
    assert kstest(noise / 0.1, "norm").pvalue > 1e-3  # a fixed seed
    state = learner.rng.bit_generator.state
    assert np.array_equal(learner.act(s, explore=False), learner.actor(s))
    assert learner.rng.bit_generator.state == state


def test_what_it_did_does_not_move_with_the_network():
    learner = networks()
    a = learner.act(np.ones(2), explore=False)
    kept = a.copy()
    learner.actor.theta[:] = 0.0
    learner.actor(np.ones(2))
    assert np.array_equal(a, kept)


# Runs


def episodic():
    return naive.random_model(np.random.default_rng(2), end=0.2, states=S, actions=A, outcomes=4)


MAKE = {
    "qac": lambda rng: agent(
        QAC, Softmax(Table(S, A)), Table(S, A), alpha_theta=0.1, alpha_w=0.1, rng=rng
    ),
    "a2c": lambda rng: agent(
        A2C, Softmax(Table(S, A)), Table(S, 1), alpha_theta=0.1, alpha_w=0.1, rng=rng
    ),
    "a2c of five steps": lambda rng: agent(
        A2C, Softmax(Table(S, A)), Table(S, 1), n=5, lam=0.9, entropy=1e-3, adam=True,
        max_norm=10.0, alpha_theta=0.02, alpha_w=0.05, rng=rng,
    ),
    "off-policy": lambda rng: agent(
        OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1), behaviour=np.full((S, A), 1 / A),
        alpha_theta=0.1, alpha_w=0.05, rng=rng,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKE)
def test_a_run_learns_and_the_same_seed_is_the_same_run(name):
    model, ends = episodic(), []
    for _ in range(2):
        learner = MAKE[name](np.random.default_rng(1))
        train(learner, TimeLimit(TabularEnv(model), 50), steps=3000, seed=3)
        ends.append(learner.actor.theta.copy())
    assert np.array_equal(*ends)
    d = np.full(S, 1 / S)
    value = average_value(model, learner.actor(np.arange(S)), GAMMA, d)
    uniform = average_value(model, np.full((S, A), 1 / A), GAMMA, d)
    assert (value - uniform) / (naive.best_values(model, GAMMA).mean() - uniform) > 0.75


def test_a_deterministic_run_comes_near_the_least_costs():
    world, *_ = linear_quadratic(2, noise=0.1)
    learner = with_exact_critic(world, np.zeros((2, 2)), alpha_theta=0.02, alpha_w=0.05)
    learner.critic.theta[:] = 0.0
    learner.sigma = 0.5
    least = np.trace(world.value(GAMMA))
    assert np.trace(world.value(GAMMA, np.zeros((2, 2)))) > 4 * least
    train(learner, TimeLimit(world, 20), steps=6000, seed=0)
    assert np.trace(world.value(GAMMA, -learner.actor.w.T)) < 1.15 * least


@pytest.mark.parametrize("name", [*MAKE, "deterministic"])
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(name, tmp_path):
    def make():
        if name == "deterministic":
            return networks(rng=np.random.default_rng(1))
        return MAKE[name](np.random.default_rng(1))

    world = LinearQuadratic() if name == "deterministic" else TabularEnv(episodic())
    world = TimeLimit(world, 7)
    straight, first, second = make(), make(), make()
    train(straight, world, episodes=6, seed=1)
    train(first, world, episodes=3, seed=1)
    first.save(tmp_path / "agent.npz")
    second.load(tmp_path / "agent.npz")
    for learner in (first, second):
        for _ in learn(learner, interact(world, learner, episodes=3, first=3, seed=1)):
            pass
        assert np.array_equal(learner.actor.theta, straight.actor.theta)
        assert np.array_equal(learner.critic.theta, straight.critic.theta)


# Wrong arguments


def softmax():
    return Softmax(Table(S, A))


@pytest.mark.parametrize(
    ("method", "critic", "options", "named"),
    [
        (QAC, Table(S, A), {"gamma": 1.1}, "gamma"),
        (QAC, Table(S, A), {"alpha_theta": 0.0}, "alpha_theta"),
        (QAC, Table(S, A), {"alpha_w": -1.0}, "alpha_w"),
        (QAC, Table(S, A), {"rng": 0}, "rng"),
        (QAC, Table(S, 1), {}, "critic"),
        (QAC, np.zeros((S, A)), {}, "critic"),
        (A2C, Table(S, A), {}, "critic"),
        (A2C, Table(S, 1), {"n": 0}, "n"),
        (A2C, Table(S, 1), {"lam": 1.1}, "lam"),
        (A2C, Table(S, 1), {"entropy": -0.1}, "entropy"),
        (A2C, Table(S, 1), {"max_norm": -1.0}, "max_norm"),
        (OffPolicyActorCritic, Table(S, A), {"behaviour": np.full((S, A), 1 / A)}, "critic"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.ones((S, A))}, "behaviour"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.full((S, 2), 1 / 2)}, "behaviour"),
        (OffPolicyActorCritic, Table(S, 1), {"behaviour": np.full(A, 1 / A)}, "behaviour"),
        (DeterministicActorCritic, Table(S, 2), {"sigma": 0.1}, "critic"),
        (DeterministicActorCritic, Quadratic(4), {"sigma": -0.1}, "sigma"),
    ],
)
def test_a_wrong_argument_is_an_error(method, critic, options, named):
    actor = mlp((2, 2)) if method is DeterministicActorCritic else softmax()
    with pytest.raises(ValueError, match=rf"\b{named}\b"):
        agent(method, actor, critic, **options)


def test_worlds_that_fit():
    for name in MAKE:
        MAKE[name](np.random.default_rng(0)).check(TabularEnv(episodic()))
    networks().check(LinearQuadratic())


BOX = Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("learner", "observations", "actions"),
    [
        (lambda: agent(QAC, softmax(), Table(S, A)), Discrete(S), Discrete(2)),
        (lambda: agent(QAC, softmax(), Table(5, A)), Discrete(S), Discrete(A)),
        (lambda: agent(A2C, softmax(), Table(S, 1)), Discrete(5), Discrete(A)),
        (
            lambda: agent(
                OffPolicyActorCritic, softmax(), Table(S, 1), behaviour=np.full((5, A), 1 / A)
            ),
            Discrete(S), Discrete(A),
        ),
        (  # a table of behaviour has no row for numbers
            lambda: agent(
                OffPolicyActorCritic, Softmax(mlp((2, A))), mlp((2, 1)),
                behaviour=np.full((S, A), 1 / A),
            ),
            BOX, Discrete(A),
        ),
        (networks, Discrete(S), BOX),
        (networks, BOX, Discrete(A)),
        (networks, BOX, BOX),
        (  # the critic has no room for the action
            lambda: agent(DeterministicActorCritic, mlp((2, 1)), mlp((2, 1)), sigma=0.1),
            BOX, Box(-1, 1, (1,)),
        ),
    ],
)  # fmt: skip
def test_it_must_be_able_to_live_in_its_world(learner, observations, actions):
    world = SimpleNamespace(observation_space=observations, action_space=actions)
    with pytest.raises(ValueError, match=r"must|needs"):
        learner().check(world)


def test_steps_as_a_batch_are_the_same_steps():
    steps = five("terminated")
    learner, other = (
        agent(A2C, Softmax(random(Table(S, A))), random(Table(S, 1)), n=5) for _ in range(2)
    )
    other.learn(batch(steps))
    for t in steps:
        learner.update(t)
    assert np.array_equal(learner.actor.theta, other.actor.theta)


@pytest.mark.parametrize("name", ["qac", "a2c", "off-policy"])
def test_values_that_run_away_are_noticed(name):
    learner = {
        "qac": lambda: agent(QAC, Softmax(Table(S, A)), Table(S, A)),
        "a2c": lambda: agent(A2C, Softmax(Table(S, A)), Table(S, 1)),
        "off-policy": lambda: agent(
            OffPolicyActorCritic, Softmax(Table(S, A)), Table(S, 1),
            behaviour=np.full((S, A), 1 / A),
        ),
    }[name]()  # fmt: skip
    learner.critic.theta = np.inf
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"step size|alpha_w"):
        learner.update(Step(0, 1, 0.5, 2, True, False))


def test_step_sizes_of_a2c_are_live():
    learner = agent(A2C, Softmax(Table(S, A)), Table(S, 1))
    learner.alpha_theta, learner.alpha_w = 0.0, 0.5
    learner.update(Step(0, 1, 2.0, 2, True, False))
    assert not learner.actor.theta.any()
    assert learner.critic.theta.tolist() == [1.0, 0.0, 0.0, 0.0]
