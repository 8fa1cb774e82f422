"""DDPG: its target and its gradients by hand, and where the truth stands still."""

import naive
import numpy as np
import pytest
from ddpg_cases import (
    BOUNDLESS,
    GAMMA,
    Still,
    agent,
    constant,
    exact,
    moved,
    nets,
    scale,
    scaled,
    steps,
    thetas,
    twins,
)
from scipy.stats import kstest

from rlbook.actor_critic import DeterministicActorCritic
from rlbook.agent import Step, batch
from rlbook.ddpg import TD3
from rlbook.functions.networks import MLP
from rlbook.functions.optimisers import SGD, Adam
from rlbook.functions.parametric import Linear, Quadratic
from rlbook.linear_quadratic.world import LinearQuadratic

ENDS = [(False, False), (False, True), (True, False), (True, True)]


def value(critic, s, a):
    """q(s, a) of one pair."""
    return float(critic(np.concatenate([s, a]))[0])


def by_hand(learner, t):
    """The target of one step, as the page has it."""
    if t.terminated:
        return t.r
    a = learner.target_actor(t.s_next)
    return t.r + GAMMA * min(value(critic, t.s_next, a) for critic in learner.target_critics)


# The target


@pytest.mark.parametrize("make", [agent, twins])
def test_the_target_step_by_step(make):
    learner, made = exact(make()), steps(24)
    target = learner.target(scaled(made))
    assert target.shape == (24,)
    assert target == pytest.approx([by_hand(learner, t) for t in made], rel=1e-12)


def test_the_future_counts_unless_the_step_terminated():
    learner, t = exact(agent()), steps(1)[0]
    target = learner.target(scaled([t._replace(terminated=x, truncated=y) for x, y in ENDS]))
    future = by_hand(learner, t._replace(terminated=False))
    assert abs(future - t.r) > 0.01
    assert target == pytest.approx([future, future, t.r, t.r], rel=1e-12)


def test_both_targets_are_in_the_target_and_nothing_else_is():
    learner, made = exact(twins()), scaled(steps(24))
    old = learner.target(made)
    going_on = ~made.terminated
    for net in (learner.actor, *learner.critics):
        net.theta += 0.1
        assert np.array_equal(learner.target(made), old)
    for net in (learner.target_actor, *learner.target_critics):
        before = net.theta.copy()
        net.theta += 0.1
        new = learner.target(made)
        assert (new != old)[going_on].any()
        assert np.array_equal(new[~going_on], old[~going_on])
        net.theta = before
    assert np.array_equal(learner.target(made), old)


def test_of_two_critics_the_smaller_counts_step_by_step():
    learner, made = exact(twins()), steps(60)
    alone = []
    for k in range(2):
        single = exact(agent())
        single.target_actor.theta = learner.target_actor.theta
        single.target_critics[0].theta = learner.target_critics[k].theta
        alone.append(single.target(scaled(made)))
    assert (alone[0] < alone[1]).any()
    assert (alone[0] > alone[1]).any()
    assert np.array_equal(learner.target(scaled(made)), np.minimum(*alone))


class Seen(MLP):
    """A critic that remembers what it was asked."""

    asked = None

    def __call__(self, x):
        self.asked = np.array(x)
        return super().__call__(x)


def spied(learner):
    rng = np.random.default_rng(3)
    learner.target_critics = tuple(
        Seen((5, 4, 1), rng=rng, dtype=np.float64) for _ in learner.critics
    )
    return learner


def test_smoothing_is_normal_noise_cut_at_two_and_a_half_deviations():
    mu = np.array([0.1, -0.3])
    learner, n = spied(constant(exact(twins(smoothing=0.2)), mu)), 20_000
    one = scaled(steps(1))
    learner.target(Step(*(np.repeat(x, n, axis=0) for x in one)))
    seen = learner.target_critics[0].asked
    assert np.array_equal(seen, learner.target_critics[1].asked)  # one action, two opinions
    noise = seen[:, 3:] - mu
    cut = np.isclose(np.abs(noise), 0.5, atol=1e-9)
    assert np.abs(noise).max() == pytest.approx(0.5)
    share = 0.012419  # P(|N| > 2.5)
    assert abs(cut.mean() - share) < 4.5 * np.sqrt(share / (2 * n))
    within = noise[~cut] / 0.2
    assert kstest(within, "truncnorm", args=(-2.5, 2.5)).pvalue > 1e-3
    assert abs(np.corrcoef(noise.T)[0, 1]) < 4.5 / np.sqrt(n)  # each component has its own


def test_smoothed_actions_stay_within_the_bounds():
    learner = spied(constant(exact(twins(smoothing=0.2)), np.array([0.95, -0.95])))
    learner.target(Step(*(np.repeat(x, 500, axis=0) for x in scaled(steps(1)))))
    a = learner.target_critics[0].asked[:, 3:]
    assert a[:, 0].max() == 1
    assert a[:, 1].min() == -1
    assert (np.abs(a) <= 1).all()
    assert len(np.unique(a[:, 0])) > 100


def test_a_target_that_is_not_smoothed_is_not_random():
    learner = exact(agent())
    before = learner.rng.bit_generator.state
    learner.target(scaled(steps(5)))
    assert learner.rng.bit_generator.state == before


# The critic


def stated_loss(critic, made, y, l2):
    """The mean of (q - y)^2 / 2 and l2 |w|^2 / 2, pair by pair."""
    errors = [value(critic, t.s, scale(t.a)) - target for t, target in zip(made, y, strict=True)]
    return np.mean(np.square(errors)) / 2 + l2 * (critic.theta @ critic.theta) / 2


@pytest.mark.parametrize("l2", [0.0, 0.3])
@pytest.mark.parametrize("make", [agent, twins])
def test_the_critics_gradient_is_that_of_its_loss(make, l2):
    made = steps(12, scale=2.0)
    learner = exact(make(l2=l2))
    y = [by_hand(learner, t) for t in made]
    slopes, before = [], []
    for critic in learner.critics:
        slopes.append(naive.slope(lambda f=critic: stated_loss(f, made, y, l2), critic.theta))
        before.append(critic.theta.copy())
    learner.learn(scaled(made))
    for critic, slope, old in zip(learner.critics, slopes, before, strict=True):
        np.testing.assert_allclose(old - critic.theta, slope, rtol=1e-6, atol=1e-8)


def test_l2_alone_makes_weights_smaller():
    learner = exact(agent(l2=0.25))
    learner.critics[0].theta[:] = learner.target_critics[0].theta
    learner.target_actor.theta[:] = learner.actor.theta
    t = scaled(steps(6))
    exactly = t._replace(r=learner.critics[0](np.hstack([t.s, t.a]))[:, 0],
                         terminated=np.ones(6, bool))  # fmt: skip
    old = learner.critics[0].theta.copy()
    learner.learn(exactly)
    assert learner.last_loss == pytest.approx(0, abs=1e-25)
    np.testing.assert_allclose(learner.critics[0].theta, 0.75 * old, rtol=1e-12)


def test_a_batch_is_the_mean_of_its_steps():
    # (B, 1) - (B,) would be a table (B, B), and its mean another number
    made = steps(12, scale=2.0)
    both, total, losses, gradients = exact(agent(), critic=Still), 0.0, [], []
    for t in made:
        single = exact(agent(), critic=Still)
        before = single.actor.theta.copy()
        single.learn(scaled([t]))
        gradients.append(single.critics[0].grad.copy())
        losses.append(single.last_loss)
        total = total + (single.actor.theta - before)
    before = both.actor.theta.copy()
    errors = [value(both.critics[0], t.s, scale(t.a)) - by_hand(both, t) for t in made]
    both.learn(scaled(made))
    np.testing.assert_allclose(both.critics[0].grad, np.mean(gradients, axis=0), rtol=1e-10,
                               atol=1e-13)  # fmt: skip
    np.testing.assert_allclose(both.actor.theta - before, total / 12, rtol=1e-10, atol=1e-13)
    assert both.last_loss == pytest.approx(np.mean(losses))
    assert both.last_loss == pytest.approx(np.mean(np.square(errors)) / 2)


def test_two_critics_begin_differently_and_look_at_one_target():
    learner = twins()
    one, two = learner.critics
    assert not np.array_equal(one.theta, two.theta)
    learner, made = exact(learner), scaled(steps(8))
    for critic in learner.critics[1:] + learner.target_critics[1:]:
        critic.theta[:] = learner.critics[0].theta
    learner.learn(made)
    assert np.array_equal(*(critic.theta for critic in learner.critics))


# The actor


@pytest.mark.parametrize("make", [agent, twins])
def test_the_actor_climbs_the_mean_of_q_by_the_first_critic(make):
    made, learner = steps(12), exact(make())
    before = learner.actor.theta.copy()
    learner.learn(scaled(made))
    after = learner.actor.theta.copy()
    learner.actor.theta = before

    def objective():  # the critic as it is after its own step
        return np.mean([value(learner.critics[0], t.s, learner.actor(t.s)) for t in made])

    slope = naive.slope(objective, learner.actor.theta)
    np.testing.assert_allclose(after - before, slope, rtol=1e-6, atol=1e-9)
    small = objective()
    learner.actor.theta += 0.01 * slope
    assert objective() > small


@pytest.mark.parametrize("make", [agent, twins])
def test_the_actors_step_leaves_the_critics_alone(make):
    made = scaled(steps(12))
    one = {"critic": (Quadratic(5),)} if make is agent else {}
    learner, other = exact(make()), exact(twins(delay=1000, **one))
    learner.learn(made)
    other.learn(made)  # no step of the actor here
    for found, expected in zip(learner.critics, other.critics, strict=True):
        assert np.array_equal(found.theta, expected.theta)
        assert np.array_equal(found.grad, expected.grad)
    assert not np.array_equal(learner.actor.theta, other.actor.theta)


def test_without_replay_and_targets_it_is_algorithm_10_4():
    made = scaled(steps(12))
    for moving in ("critic", "actor"):  # there both step from w as it was
        learner = exact(agent(actions=BOUNDLESS, actor=Linear(lambda s: s, 2, d=3), tau=1.0),
                        **{"actor" if moving == "critic" else "critic": Still})  # fmt: skip
        learner.target_actor.blend(learner.actor, 1)
        learner.target_critics[0].blend(learner.critics[0], 1)
        twin = exact(agent())
        book = DeterministicActorCritic(
            twin.actor, twin.critics[0], sigma=0.1, gamma=GAMMA, alpha_theta=1.0, alpha_w=1.0,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        book.update(made)
        learner.update(made)
        found, expected = (learner.actor, book.actor) if moving == "actor" else (
            learner.critics[0], book.critic)  # fmt: skip
        np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-12, atol=1e-14)


# The targets


@pytest.mark.parametrize("make", [agent, twins])
def test_all_begin_alike_and_share_nothing(make):
    learner = make()
    pairs = [(learner.actor, learner.target_actor),
             *zip(learner.critics, learner.target_critics, strict=True)]  # fmt: skip
    assert len(pairs) == 2 + (make is twins)
    for net, target in pairs:
        assert np.array_equal(net.theta, target.theta)
        assert not np.shares_memory(net.theta, target.theta)


@pytest.mark.parametrize("make", [agent, twins])
@pytest.mark.parametrize("tau", [0.005, 0.1, 1.0])
def test_targets_follow_after_the_step(tau, make):
    learner, made = exact(make(tau=tau)), scaled(steps(4))
    for _ in range(3):
        targets = [learner.target_actor, *learner.target_critics]
        before = [net.theta.copy() for net in targets]
        learner.learn(made)
        now = [net.theta for net in (learner.actor, *learner.critics)]
        for target, old, new in zip(targets, before, now, strict=True):
            np.testing.assert_allclose(target.theta, (1 - tau) * old + tau * new, rtol=1e-12)


def test_tau_of_one_is_no_target_network():
    learner, made = exact(agent(tau=1.0)), steps(8)
    learner.learn(scaled(made))
    assert np.array_equal(learner.actor.theta, learner.target_actor.theta)
    assert np.array_equal(learner.critics[0].theta, learner.target_critics[0].theta)
    y = [t.r if t.terminated else t.r + GAMMA * value(learner.critics[0], t.s_next,
                                                      learner.actor(t.s_next))
         for t in made]  # fmt: skip
    assert learner.target(scaled(made)) == pytest.approx(y)


@pytest.mark.parametrize("delay", [1, 2, 3])
def test_actor_and_targets_wait_for_every_delay_th_update(delay):
    learner, made = exact(twins(delay=delay)), scaled(steps(4))
    for n in range(1, 8):
        before = thetas(learner)
        learner.learn(made)
        now = n % delay == 0
        assert moved(learner, before) == [now, True, True, now, now, now]
        assert learner.n_updates == n


# Adam


@pytest.mark.parametrize("make", [agent, twins])
def test_every_network_has_an_adam_of_its_own(make):
    learner = make(alpha_theta=2e-3, alpha_w=3e-3)
    optimisers = [learner.actor_step, *learner.critic_steps]
    assert [x.net for x in optimisers] == [learner.actor, *learner.critics]
    assert [x.lr for x in optimisers] == [2e-3, 3e-3, 3e-3][: 2 + (make is twins)]
    assert all(type(x) is Adam and (x.beta1, x.beta2, x.epsilon, x.weight_decay)
               == (0.9, 0.999, 1e-8, 0) for x in optimisers)  # fmt: skip
    learner.learn(scaled(steps(8)))
    assert [x.t for x in optimisers] == [1] * (2 + (make is twins))
    moments = [x.m for x in optimisers]
    assert not any(np.shares_memory(a, b) for a in moments for b in moments if a is not b)


def test_adam_is_corrected_for_its_first_steps():
    rng = np.random.default_rng(1)
    actor = MLP((3, 6, 2), rng=rng, hidden="tanh", output="tanh", dtype=np.float64)
    critic = MLP((5, 7, 1), rng=rng, hidden="tanh", dtype=np.float64)
    learner = agent(actor=actor, critic=critic, alpha_theta=2e-3, alpha_w=3e-3, l2=0.01)
    assert learner.actor is actor
    assert learner.critics == (critic,)
    moments = {actor: [0.0, 0.0], critic: [0.0, 0.0]}
    for t in range(1, 6):
        before = {net: net.theta.copy() for net in moments}
        learner.learn(scaled(steps(8, seed=t)))
        for (net, pair), lr in zip(moments.items(), (2e-3, 3e-3), strict=True):
            pair[0] = 0.9 * pair[0] + 0.1 * net.grad
            pair[1] = 0.999 * pair[1] + 0.001 * net.grad**2
            m, v = pair[0] / (1 - 0.9**t), pair[1] / (1 - 0.999**t)
            expected = before[net] - lr * m / (np.sqrt(v) + 1e-8)
            np.testing.assert_allclose(net.theta, expected, rtol=1e-12, atol=1e-15)
            if t == 1:  # the first step has the size lr, whatever the gradient is
                large = np.abs(net.grad) > 1e-4
                step = np.abs(net.theta - before[net])[large]
                np.testing.assert_allclose(step, lr, rtol=2e-4)


# Where the truth stands still


def exact_experience(env, K, gain, seed=0):
    """Pairs around a = -K s; each with next states whose mean and covariance are the world's.

    2n points at sqrt(n) sigma along each axis: the mean of a quadratic over them is exact.
    """
    rng, n = np.random.default_rng(seed), len(env.A)
    made = []
    points = np.sqrt(n) * env.noise * np.vstack([np.eye(n), -np.eye(n)])
    for _ in range(15):
        s = rng.normal(size=n)
        a = -K @ s + gain * rng.normal(size=len(K))
        r = -(s @ env.Q @ s + a @ env.R @ a)
        made += [Step(s, a, r, env.A @ s + env.B @ a + e, False, False) for e in points]
    return made, len(points)


def linear_quadratic(env, K, **options):
    """The agent with actor a = -K s and a quadratic critic."""
    n, m = len(env.A), len(K)
    actor = Linear(lambda s: s, m, d=n)
    actor.w[:] = -K.T
    given = {"actor": actor, "critic": Quadratic(n + m)} | options
    return agent(env.observation_space, env.action_space, **given)


def put(critic, H, c):
    """The critic is -(s, a)^T H (s, a) - c."""
    i, j = np.triu_indices(len(H))
    critic.theta[:-1] = -np.where(i == j, 1, 2) * H[i, j]
    critic.theta[-1] = -c


WORLDS = [
    LinearQuadratic(),
    LinearQuadratic(noise=0.0),
    LinearQuadratic([[0.9, 0.3], [-0.2, 0.8]], [[1.0, 0.0], [0.2, 0.5]], np.eye(2), np.eye(2),
                    noise=0.5),
]  # fmt: skip


@pytest.mark.parametrize("env", WORLDS)
def test_at_the_riccati_gain_nothing_moves(env):
    K = env.gain(GAMMA)
    learner = linear_quadratic(env, K)
    learner.actor_step = SGD(learner.actor, 1.0)
    learner.critic_steps = (SGD(learner.critics[0], 1.0),)
    for critic in (*learner.critics, *learner.target_critics):
        put(critic, env.q_matrix(GAMMA), env.constant(GAMMA))
    made, each = exact_experience(env, K, gain=1.0)
    t = batch(made)
    error = learner.critics[0](np.hstack([t.s, t.a]))[:, 0] - learner.target(t)
    assert error.reshape(-1, each).mean(1) == pytest.approx(0, abs=1e-11)
    if env.noise:
        assert np.abs(error).max() > 1e-3  # only the mean is zero
    before = thetas(learner)
    learner.update(t)
    for old, net in zip(before, nets(learner), strict=True):
        np.testing.assert_allclose(net.theta, old, atol=1e-10)


@pytest.mark.parametrize("env", WORLDS)
def test_beside_the_riccati_gain_the_actor_climbs_and_the_critic_stands_still(env):
    K = 0.9 * env.gain(GAMMA)
    learner = linear_quadratic(env, K)
    learner.critic_steps = (SGD(learner.critics[0], 1.0),)
    learner.actor_step = SGD(learner.actor, 1e-3)
    for critic in (*learner.critics, *learner.target_critics):
        put(critic, env.q_matrix(GAMMA, K), env.constant(GAMMA, K))  # q of this very actor
    made, _ = exact_experience(env, K, gain=1.0)
    old = learner.critics[0].theta.copy()
    learner.update(batch(made))
    np.testing.assert_allclose(learner.critics[0].theta, old, atol=1e-10)
    better = -learner.actor.w.T
    assert np.trace(env.value(GAMMA, better)) < np.trace(env.value(GAMMA, K))
    # the mean over s of grad mu grad_a q, from the matrix of q
    H, n, s = env.q_matrix(GAMMA, K), len(env.A), np.array([t.s for t in made])
    slope = -2 * (H[n:, :n] @ s.T - H[n:, n:] @ K @ s.T) @ s / len(s)
    np.testing.assert_allclose((K - better) / 1e-3, slope, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("options", [
    {}, {"kind": TD3, "critic": (Quadratic(2), Quadratic(2)), "smoothing": 0.0}
])  # fmt: skip
def test_full_batches_of_exact_experience_lead_to_the_riccati_gain(options):
    env = LinearQuadratic([[0.9]], [[0.5]], [[1.0]], [[0.5]], noise=0.0)
    K = env.gain(GAMMA)
    learner = linear_quadratic(env, 0 * K, tau=0.5, **options)
    learner.critic_steps = tuple(SGD(critic, 0.3) for critic in learner.critics)
    learner.actor_step = SGD(learner.actor, 0.2)
    made = batch(exact_experience(env, 0 * K, gain=1.0)[0])
    for _ in range(1500):
        learner.update(made)
    assert -learner.actor.w == pytest.approx(K, rel=1e-6)
    H = env.q_matrix(GAMMA)
    for critic in learner.critics:
        np.testing.assert_allclose(-critic.M, H, rtol=1e-5)
        assert critic.theta[-1] == pytest.approx(0, abs=1e-5)
