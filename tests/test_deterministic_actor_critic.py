"""The deterministic actor-critic: the exact critic, the best actor, and slopes."""

import naive
import numpy as np
import pytest
from actor_critic_cases import GAMMA, change, linear_quadratic, networks, with_exact_critic
from scipy.stats import kstest

from rlbook.agent import Step


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
