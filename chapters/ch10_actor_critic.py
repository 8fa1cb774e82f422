"""Chapter 10: how does a critic help an actor, and what may they learn from?"""

from statistics import NormalDist

import gymnasium
import numpy as np
from gymnasium.wrappers import TimeLimit

from rlbook import (
    GridWorld,
    gumbel_softmax,
    optimal,
    policy_value,
    straight_through,
    uniform,
)
from rlbook.actor_critic import A2C, QAC, DeterministicActorCritic, OffPolicyActorCritic
from rlbook.agent import Step, interact, learn
from rlbook.bellman import action_value
from rlbook.book import Estimate, Part, Result, at_least, at_most, item, listed, mean_of, share_of
from rlbook.cli import run
from rlbook.function_approximation.replay import Replay
from rlbook.functions import gradient_estimators as estimators
from rlbook.functions.networks import MLP
from rlbook.functions.parametric import Linear, Quadratic, Table
from rlbook.functions.stochastic_policy import Gaussian, Softmax
from rlbook.linear_quadratic.world import LinearQuadratic
from rlbook.plot import draw_curves, draw_evaluations, draw_grid, draw_runs, panels
from rlbook.policy import softmax
from rlbook.policy_gradient import gradient_of_metric
from rlbook.training.evaluation import Evaluation
from rlbook.training.loop import train

GAMMA = 0.9


@item("fig:10.2")
def importance_sampling(fig, rng):
    """Can samples of one distribution tell the mean of another? With weights."""
    x, p_0, p_1 = np.array([1, -1]), np.array([0.5, 0.5]), np.array([0.8, 0.2])
    n, k = 200, np.arange(1, 201)
    drawn, ax = rng.choice(2, size=n, p=p_1), fig.add_subplot()
    plain, weighted = x[drawn], x[drawn] * (p_0 / p_1)[drawn]
    ax.plot(k, plain, ".", color="0.6", ms=4)
    curves = {"mean": plain.cumsum() / k, "mean with importance weights": weighted.cumsum() / k}
    draw_curves(ax, k, curves)
    ax.set(xlabel="samples of $p_1$ (dots)", ylabel="mean so far", ylim=(-2.1, 2.1))
    # Exact standard errors of the two means, and what a p_1 gives that draws +1 for ever.
    error = np.sqrt((p_1 @ x**2 - (p_1 @ x) ** 2) / n)
    weighted_error = np.sqrt(p_1 @ (x * p_0 / p_1) ** 2 / n)
    always = (x * (p_0 / [1.0, np.inf]))[np.zeros(n, dtype=int)]
    return Result(
        Part("importance weights", [0.625, 2.5], p_0 / p_1, within=1e-12),
        Part("E of the plain mean", 0.6, p_1 @ x, within=1e-12),
        Part("E of the weighted mean", 0.0, p_1 @ (p_0 / p_1 * x), within=1e-12),
        Part("weighted mean where p_1(+1) = 1", 0.5, always.mean(), within=1e-12),
        Part("mean", 0.6, Estimate(plain.mean(), error)),
        Part("weighted mean", 0.0, Estimate(weighted.mean(), weighted_error)),
        note="200 samples of p_1(+1) = 0.8, p_1(-1) = 0.2; we want the mean of p_0 = (0.5, 0.5).",
    )


def _small_world():
    """The book's 3x3 grid of chapter 1, where an episode ends at the target."""
    return GridWorld(("...", "..#", "#.T"), terminate_at_target=True)


def _mean_update(make, rng, behaviour=None):
    """The mean update of an actor-critic whose critic is exact: a sum over all that can happen.

    States are weighted alike, actions as the policy that acts takes them, and a' as pi does.
    Returns the mean changes of critic and actor over their step sizes, and what Theorem 9.1 says.
    """
    world = _small_world()
    model, S, A = world.model, world.model.n_states, world.model.n_actions
    actor = Softmax(Table(S, A))
    actor.theta = theta = rng.normal(size=S * A)
    agent = make(actor, S, gamma=GAMMA, alpha_theta=1.0, alpha_w=1.0, rng=rng)
    pi = actor(np.arange(S))
    v = policy_value(model, pi, GAMMA)
    q = action_value(model, v, GAMMA)
    agent.critic.theta = w = (v if agent.critic.n_out == 1 else q).ravel()
    acts = pi if behaviour is None else behaviour
    dw, dtheta = np.zeros(w.size), np.zeros(theta.size)
    for s, a, k, a_next in np.ndindex(S, A, model.p.shape[2], A):
        s_next, r, end = model.s_next[s, a, k], model.r[s, a, k], model.terminated[s, a, k]
        actor.draw = lambda state, rng, a_next=a_next: a_next
        agent.update(Step(s, a, r, int(s_next), bool(end), False))
        chance = acts[s, a] * model.p[s, a, k] * pi[s_next, a_next] / S
        dw += chance * (agent.critic.theta - w)
        dtheta += chance * (actor.theta - theta)
        agent.critic.theta, actor.theta = w, theta
    return dw, dtheta, gradient_of_metric(actor.f, np.full(S, 1 / S), q)


def _on_the_grid(fig, rng, quick, progress, make, behaviour=None):
    """The mean update at an exact critic; then the exact value of the actor while it learns."""
    dw, dtheta, gradient = _mean_update(make, np.random.default_rng(rng.integers(2**31)), behaviour)
    world, seeds, begin = _small_world(), 3 if quick else 5, int(rng.integers(2**31))
    steps, S, start = 10_000 if quick else 20_000, world.model.n_states, world.start
    optimum, every, states = start @ optimal(world.model, GAMMA, 1e-9).v, steps // 40, np.arange(S)

    def value(agent):
        return start @ policy_value(world.model, agent.actor(states), GAMMA)

    curves = []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 10])
        agent = make(Softmax(Table(S, 5)), S, gamma=GAMMA, alpha_theta=0.1, alpha_w=0.1, rng=own)
        first, env = value(agent), TimeLimit(world, 100)
        record = train(agent, env, steps=steps, seed=seed, every=every, measure=value)
        curves.append([first, *record.measured])
    left, right = panels(fig, 2, (8.8, 4.0))
    pi, said = agent.actor(states), agent.critic(states)  # the critic says v, or q
    draw_grid(left, world, pi=pi, v=said[:, 0] if said.shape[1] == 1 else (pi * said).sum(-1))
    draw_runs(right, np.arange(0, steps + 1, every) / 1000, curves)
    right.axhline(optimum, color="0.3", ls="--", lw=1)
    right.set(xlabel="thousand steps", ylabel="exact value of the actor (dashed: best)")
    near = share_of([y[-1] > 0.95 * optimum for y in curves])
    dw, dtheta, gradient = (x.reshape(S, -1) for x in (dw, dtheta, gradient))
    return Result(
        Part("mean update of an exact critic", np.zeros(dw.shape), dw, within=1e-10),
        Part("mean update of the actor: Theorem 9.1, eta uniform", gradient, dtheta, within=1e-10),
        Part("runs that end with nineteen twentieths of the best value", at_least(0.9), near),
        note="The mean updates are sums over everything that can happen, at a random policy. Then "
        f"learning: {seeds} seeds from {begin} on, {steps} steps on the 3x3 grid from everywhere, "
        "both step sizes 0.1. Values are exact, of the softmax policy itself, the mean of all "
        f"starts: at first {curves[0][0]:.2f}, at best {optimum:.3f}. Left: actor and critic.",
    )


@item("alg:10.1")
def qac(fig, rng, quick, progress):
    """How near does the simplest actor-critic, with Sarsa for a critic, come to the best policy?"""
    return _on_the_grid(fig, rng, quick, progress, lambda pi, S, **o: QAC(pi, Table(S, 5), **o))


@item("alg:10.2")
def a2c(fig, rng, quick, progress):
    """How near to the best policy does an actor come if it follows the TD error?"""
    return _on_the_grid(fig, rng, quick, progress, lambda pi, S, **o: A2C(pi, Table(S, 1), **o))


@item("alg:10.3")
def off_policy(fig, rng, quick, progress):
    """How near does an actor come if it only watches a uniform policy?"""

    def make(actor, S, **options):
        return OffPolicyActorCritic(actor, Table(S, 1), behaviour=uniform(S, 5), **options)

    return _on_the_grid(fig, rng, quick, progress, make, behaviour=uniform(9, 5))


@item("eq:10.5")
def baselines(fig, rng, quick):
    """Which baseline makes a policy gradient least noisy, and by how much?"""
    world, n = GridWorld(), 20_000 if quick else 200_000
    pi = softmax(rng.normal(0, 1, (25, 5)))
    v = policy_value(world.model, pi, GAMMA)
    q = action_value(world.model, v, GAMMA)
    b_star = estimators.optimal_baseline(pi, q)
    choices = {"none": np.zeros(25), "v_pi": v, "b*": b_star}
    variances = {name: estimators.score_variance(pi, q, b) for name, b in choices.items()}
    s = 6  # one state, sampled
    a = rng.choice(5, size=n, p=pi[s])
    score, exact_mean = np.eye(5)[a] - pi[s], pi[s] * (q[s] - v[s])
    sampled = {name: score * (q[s, a] - b[s])[:, None] for name, b in choices.items()}
    around = b_star + np.linspace(-3, 3, 201)[:, None]
    pis, qs = (np.broadcast_to(x, (201, 25, 5)) for x in (pi, q))
    least = estimators.score_variance(pis, qs, around).argmin(0)
    left, right = panels(fig, 2, (10.2, 4.0), width_ratios=(1.5, 1))
    labels = ("no baseline", r"$v_\pi$", "$b^*$")
    for y, label, style in zip(variances.values(), labels, ("o-", "s-", "^--"), strict=True):
        left.plot(range(1, 26), y, style, ms=4, lw=1, label=label)
    left.set(xlabel="state", ylabel="variance of one sample", yscale="log")
    left.legend(loc="center left")
    draw_grid(right, world, pi=pi, v=b_star, names=True)
    no_worse = [(variances["b*"] <= variances[x] + 1e-12).all() for x in ("none", "v_pi")]
    parts = []
    for name, x in sampled.items():
        square = mean_of(((x - exact_mean) ** 2).sum(1))
        parts.append(Part(f"mean gradient in s7, baseline {name}", exact_mean, mean_of(x)))
        parts.append(Part(f"variance in s7, baseline {name}", variances[name][s], square))
    over_states = listed({name: y.mean() for name, y in variances.items()}, ".3f")
    in_s7 = listed({name: y[s] for name, y in variances.items()}, ".3f")
    return Result(
        Part("b* is the least of 201 baselines around it", [True] * 25, least == 100),
        Part("b* is no worse than none, than v_pi", [True, True], no_worse),
        *parts,
        note=f"A random softmax policy on the book's grid, exact action values; {n} samples in s7. "
        "Variance of one sample of the gradient, all components, the mean of all states: "
        f"{over_states}; in s7: {in_s7}. Right: the policy and b*.",
    )


def _scalar_world():
    """s' = s + a + noise, r = -(s^2 + a^2): the world, and the best gain K of a = -K s."""
    world = LinearQuadratic([[1.0]], [[1.0]], [[1.0]], [[1.0]], noise=0.1)
    return world, world.gain(GAMMA)[0, 0]


@item("alg:10.4")
def deterministic(fig, rng, quick, progress):
    """Does a deterministic actor find the best gain of a linear-quadratic problem?"""
    (world, K), n = _scalar_world(), 3000 if quick else 5000
    H, seeds, begin = world.q_matrix(GAMMA), 3 if quick else 5, int(rng.integers(2**31))
    gains, forms = [], []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 10])
        agent = DeterministicActorCritic(
            Linear(lambda s: s, 1, d=1), Quadratic(2),
            sigma=1.0, gamma=GAMMA, alpha_theta=0.01, alpha_w=0.02, rng=own,
        )  # fmt: skip
        replay = Replay(20_000)
        for t in interact(TimeLimit(world, 3), agent, steps=20_000, seed=seed):  # mu = 0: noise
            replay.add(t)
        gain = []
        for k in range(1, n + 1):
            agent.update(replay.sample(64, own))
            if k > n // 2:  # then smaller and smaller steps
                agent.alpha_theta, agent.alpha_w = (x * 2 * (1 - k / (n + 1)) for x in (0.01, 0.02))
            if k % 50 == 0:
                gain.append(-agent.actor.w[0, 0])
        gains.append(gain)
        forms.append(agent.critic.M[np.triu_indices(2)])
    ax = draw_runs(fig.add_subplot(), np.arange(50, n + 1, 50), gains)
    ax.axhline(K, color="0.3", ls="--", lw=1)
    ax.set(xlabel="update", ylabel="gain $K$ of $a = -K s$ (dashed: Riccati)")
    ratios = np.array(gains)[:, -1] / K
    off = np.abs(np.array(forms) + H[np.triu_indices(2)]).max(1) / np.abs(H).max()
    good = (np.abs(ratios - 1) < 0.02) & (off < 0.05)
    near = "runs whose gain is within 2 %, and whose critic's form within 5 %"
    return Result(
        Part(near, at_least(0.9), share_of(good)),
        note=f"s' = s + a + noise of deviation 0.1, r = -(s^2 + a^2), gamma = {GAMMA}: K = "
        f"{K:.4f}. {seeds} seeds from {begin} on; linear actor and quadratic critic learn from "
        "20,000 steps of pure noise in batches of 64, off-policy. Learned gains divided by the "
        f"exact one: {listed(ratios, '.4f')}. The 5 % are of the largest entry of the critic's "
        "form. It has three: of s s, s a and a a.",
    )


@item("ac:gaussian")
def gaussian_actor(fig, rng, quick, progress):
    """Does a Gaussian actor find the same gain, on-policy and without a gradient of the critic?"""
    (world, K), begin = _scalar_world(), int(rng.integers(2**31))
    seeds, steps = (3, 16_000) if quick else (4, 24_000)
    gains, sigmas = [], []
    for seed in range(begin, begin + seeds):
        own = np.random.default_rng([seed, 10])
        actor = Gaussian(Linear(lambda s: s, 1, d=1, extra=1), std=0.7)
        agent = A2C(
            actor, Quadratic(1), n=50, lam=0.9, gamma=GAMMA, alpha_theta=0.03, alpha_w=0.1,
            adam=True, rng=own,
        )  # fmt: skip
        gain = []
        stream = learn(agent, interact(TimeLimit(world, 5), agent, steps=steps, seed=seed))
        for k, _ in enumerate(progress(stream, steps), start=1):
            if k % 400 == 0:
                gain.append(-actor.f.w[0, 0])
                agent.alpha_theta, agent.alpha_w = (x * (1 - k / (steps + 1)) for x in (0.03, 0.1))
        gains.append(gain)
        sigmas.append(actor.sigma[0])
    ax = draw_runs(fig.add_subplot(), np.arange(400, steps + 1, 400) / 1000, gains)
    ax.axhline(K, color="0.3", ls="--", lw=1)
    ax.set(xlabel="thousand steps", ylabel="gain of the mean action (dashed: Riccati)")
    ratios = np.array(gains)[:, -1] / K
    near = "runs whose gain is within 10 % of the Riccati gain"
    return Result(
        Part(near, at_least(0.9), share_of(np.abs(ratios - 1) < 0.1)),
        note=f"A2C with Box actions: n = 50, lam = 0.9, Adam; {seeds} seeds from {begin} on, "
        f"{steps} steps in episodes of 5. The mean action of the best Gaussian policy has the "
        f"Riccati gain, whatever its deviation: here {listed(ratios, '.3f')} times that. "
        f"Deviations go from 0.7 to {listed(sigmas, '.2f')}.",
    )


@item("ac:estimators")
def two_estimators(fig, rng, quick):
    """Score function or reparameterisation: the same gradient, but how noisy is each?"""
    n, mu, sigma = 40_000 if quick else 400_000, 1.0, 0.5
    J = mu**2 + sigma**2  # of f(a) = a^2
    z = rng.standard_normal(n)
    normal = {
        "score": estimators.gaussian_score(lambda a: a * a, mu, sigma, z),
        "score, baseline J": estimators.gaussian_score(lambda a: a * a, mu, sigma, z, J),
        "reparameterised": estimators.gaussian_reparameterised(lambda a: 2 * a, mu, sigma, z),
    }
    exact_normal = np.array([2 * mu, 2 * sigma**2])
    q, h = np.array([1.0, 0.0, -0.5, 2.0]), np.array([0.5, 0.0, 0.3, -0.5])
    g, pi, taus = rng.gumbel(size=(n, 4)), softmax(h), (2.0, 1.0, 0.5, 0.2, 0.1)
    discrete = {
        "score": estimators.discrete_score(q, h, g),
        "score, baseline J": estimators.discrete_score(q, h, g, pi @ q),
    }
    exact_discrete = pi * (q - pi @ q)
    soft = {tau: estimators.discrete_reparameterised(q, h, g, tau) for tau in taus}
    bias = {tau: np.linalg.norm(x.mean(0) - exact_discrete) for tau, x in soft.items()}
    of_normal, of_discrete, noise = (
        {name: x.var(0).sum() for name, x in kind.items()} for kind in (normal, discrete, soft)
    )
    _draw_noise(fig, of_normal, of_discrete, noise, bias)
    of_soft = {f"{tau:g}:": f"{noise[tau]:.2f}, {bias[tau]:.3f}" for tau in soft}
    return Result(
        *(Part(name, exact_normal, mean_of(x)) for name, x in normal.items()),
        *(Part(f"four actions, {k}", exact_discrete, mean_of(x)) for k, x in discrete.items()),
        *_what_falls(normal, exact_normal, soft, exact_discrete),
        note=f"{n} samples. Variances of one sample, normal: {listed(of_normal, '.2f')}; four "
        f"actions: {listed(of_discrete, '.2f')}; Gumbel-softmax (tau: variance, bias) "
        f"{listed(of_soft)}.",
    )


def _what_falls(normal, exact_normal, soft, exact_discrete):
    """Variances and biases that are held to be smaller than others, sample by sample."""

    def square(rows, exact):
        return ((rows - exact) ** 2).sum(1)

    score, taus = square(normal["score"], exact_normal), list(soft)
    for name in ("reparameterised", "score, baseline J"):
        less = mean_of(square(normal[name], exact_normal) - score)
        yield Part(f"the variance of {name}, less that of the score", at_most(0), less)
    variance = [square(soft[tau], soft[tau].mean(0)) for tau in taus]
    name = "how much Gumbel-softmax's variance falls where tau falls, from 2 to 0.1"
    yield Part(name, at_most(0), mean_of(-np.diff(variance, axis=0).T))
    # The sum of the bias's components, each with the sign that it begins with.
    side = np.sign(soft[taus[0]].mean(0) - exact_discrete)
    bias = [(soft[tau] * side).sum(1) for tau in taus[:4]]
    name = "how much its bias grows where tau falls, from 2 to 0.2"
    yield Part(name, at_most(0), mean_of(np.diff(bias, axis=0).T))


def _draw_noise(fig, normal, discrete, noise, bias):
    """Left: variances of a normal action. Right: of four actions, over the temperature."""
    left, right = panels(fig, 2, (9.4, 4.0))
    left.bar(range(3), list(normal.values()), color="C0", width=0.6)
    left.set_xticks(range(3), [x.replace(", ", ",\n") for x in normal])
    left.set(ylabel="variance of one sample", title="$f(a) = a^2$, normal $a$")
    curves = {"Gumbel-softmax: variance": noise, "Gumbel-softmax: bias": bias}
    draw_curves(right, list(noise), {name: list(y.values()) for name, y in curves.items()})
    for (name, variance), style in zip(discrete.items(), ("--", ":"), strict=True):
        right.axhline(variance, color="0.3", ls=style, lw=1.2, label=f"{name}: variance")
    right.legend(fontsize=8)
    right.set(xlabel=r"temperature $\tau$", xscale="log", yscale="log", title="four actions")


@item("ac:gumbel-max")
def gumbel_max(fig, rng, quick):
    """Is the action with the largest preference plus Gumbel noise a draw from the softmax?"""
    h, n = np.array([2.0, 1.0, 0.5, 0.0, -1.0]), 20_000 if quick else 100_000
    pi, log_sum = softmax(h), np.log(np.exp(h).sum())
    sums = h + rng.gumbel(size=(n, 5))
    drawn, largest = sums.argmax(1), sums.max(1)
    by_gumbel = _largest(h, lambda z: np.exp(-z - np.exp(-z)), lambda z: np.exp(-np.exp(-z)))
    normal = NormalDist(0, np.pi / np.sqrt(6))  # the deviation of Gumbel noise
    by_normal = _largest(h, *(np.vectorize(of) for of in (normal.pdf, normal.cdf)))
    left, right = panels(fig, 2, (9.4, 3.8))
    bars = {"softmax": pi, "Gumbel noise: share": np.bincount(drawn, minlength=5) / n}
    for k, (name, y) in enumerate((bars | {"normal noise, exactly": by_normal}).items()):
        left.bar(np.arange(1, 6) + 0.27 * (k - 1), y, 0.25, label=name)
    left.set(xlabel="action", ylabel="probability")
    left.legend()
    right.hist(largest, 80, density=True, color="0.85", label=f"{n} samples")
    z = np.linspace(-2.2, 7, 200)
    draw_curves(right, z + log_sum, {r"Gumbel, moved by $\ln \sum e^h$": np.exp(-z - np.exp(-z))})
    right.set(xlabel=r"$\max_a\, (h_a + G_a)$", ylabel="density")
    off = largest - log_sum - np.euler_gamma
    return Result(
        Part("P(a has the largest sum), by integration", pi, by_gumbel, within=1e-10),
        Part("normal noise has other probabilities", True, np.abs(by_normal - pi).max() > 0.01),
        *(Part(f"share of action {a + 1}", pi[a], share_of(drawn == a)) for a in range(5)),
        Part("mean of the largest sum", log_sum + np.euler_gamma, mean_of(largest)),
        Part("mean of how far it is off, action by action", np.zeros(5),
             mean_of(np.eye(5)[drawn] * off[:, None])),
        note=f"h = ({listed(h, 'g')}), {n} samples. The largest sum is a Gumbel number moved by "
        "ln sum exp(h), whichever action has it. Normal noise of the same deviation gives "
        f"{listed(by_normal, '.3f')} in place of {listed(pi, '.3f')}.",
    )  # fmt: skip


def _largest(h, density, distribution):
    """P( h_a + noise is the largest ): the integral of f(x - h_a) prod_{b != a} F(x - h_b)."""
    x, dx = np.linspace(-10, 50, 2401, retstep=True)
    f, F = density(x[:, None] - h), distribution(x[:, None] - h)
    return np.array([dx * f[:, a] @ np.delete(F, a, 1).prod(1) for a in range(len(h))])


@item("ac:straight-through")
def straight(fig, rng):
    """If the slope goes straight through a hard draw, how far off is it, and how noisy?"""
    h, q = np.array([0.5, 0.0]), np.array([1.0, 0.0])
    pi, taus = softmax(h), np.geomspace(0.1, 5, 30)
    exact = pi * (q - pi @ q)  # of E[f] in h; f = y_1^k has the values q at both actions

    def gumbel(k, tau, g):  # the chain rule, f of the soft draw
        y = gumbel_softmax(h, g, tau)[:, :1]
        return k * y ** (k - 1) * estimators.discrete_reparameterised(q, h, g, tau)

    def through(k, tau, g):  # f of the hard draw
        return straight_through(lambda y: k * y ** (k - 1) * q, h, g, tau)

    kinds = {"Gumbel-softmax": gumbel, "straight-through": through}
    found = {
        name: np.array(
            [[_over_the_noise(rows, k, tau, h) for tau in (1e-5, *taus)] for k in (1, 2, 3)]
        )
        for name, rows in kinds.items()
    }
    mean = {name: x[..., :2] for name, x in found.items()}
    variance = {name: x[..., 2] for name, x in found.items()}
    bias = {name: np.linalg.norm(x - exact, axis=-1) for name, x in mean.items()}
    left, right = panels(fig, 2, (9.4, 4.0), sharex=True)
    for ax, kind in ((left, variance), (right, bias)):
        draw_curves(ax, taus, {f"{name}, $f = y_1^3$": x[2, 1:] for name, x in kind.items()})
        ax.set(xscale="log", xlabel=r"temperature $\tau$")
    left.axhline(estimators.score_variance(pi, q), color="0.3", ls="--", lw=1.2)
    left.set(ylabel="variance (dashed: score function)")
    right.set(ylabel="bias: distance of the mean from the gradient", ylim=(0, None))
    linear = [x["Gumbel-softmax"][0] - x["straight-through"][0] for x in (mean, variance)]
    limits = {name: x[:, 0] for name, x in mean.items()}
    return Result(
        Part("f = y_1: the means apart", np.zeros(linear[0].shape), linear[0], within=1e-12),
        Part("f = y_1: the variances apart", np.zeros(31), linear[1], within=1e-9),
        Part("Gumbel-softmax, tau near 0; f = y_1, y_1^2, y_1^3", [exact] * 3,
             limits["Gumbel-softmax"], within=1e-4),
        Part("straight-through, tau near 0", [exact, exact, 1.5 * exact],
             limits["straight-through"], within=1e-4),
        *(Part(f"{name}: the variance falls as tau grows, f = y_1^k", [True] * 3,
               (np.diff(x[:, 1:]) < 0).all(1)) for name, x in variance.items()),
        note=f"Two actions, h = ({listed(h, 'g')}); f is 1 at the first and 0 at the second, for "
        "each power. All numbers are integrals over the noise. Near tau = 0 straight-through takes "
        "the mean of the slopes at both actions for the difference of f: (1 + 1) / 2, (2 + 0) / 2, "
        "(3 + 0) / 2. The last is half too much.",
    )  # fmt: skip


def _over_the_noise(rows, k, tau, h):
    """The exact mean of rows(k, tau, g) (N, 2), and its variance: integrals over l = g_1 - g_2.

    l is logistic. The rows are zero beyond |u| = 40, u = (h_1 - h_2 + l) / tau, and the hard draw
    changes at u = 0.
    """
    x, weight = np.polynomial.legendre.leggauss(200)
    u, weight = np.concatenate([20 * x - 20, 20 * x + 20]), 20 * tau * np.tile(weight, 2)
    noise = tau * u - (h[0] - h[1])
    weight *= 0.25 / np.cosh(noise / 2) ** 2
    found = rows(k, tau, np.stack([noise, np.zeros(400)], 1))
    mean = weight @ found
    return [*mean, weight @ (found**2).sum(1) - (mean**2).sum()]


@item("ac:cartpole")
def a2c_on_cartpole(fig, rng, quick, progress):
    """Does A2C balance the pole?"""
    steps, every, seeds = (8_000, 4_000, 5) if quick else (100_000, 5_000, 4)
    begin, curves = int(rng.integers(2**31)), []
    for seed in progress(range(begin, begin + seeds), seeds):
        own = np.random.default_rng([seed, 10])
        actor, critic = (MLP((4, 64, 64, n), last=0.01, rng=own) for n in (2, 1))
        agent = A2C(
            Softmax(actor), critic, n=128, lam=0.95, gamma=0.99, alpha_theta=2e-3, alpha_w=5e-3,
            adam=True, max_norm=0.5, rng=own,
        )  # fmt: skip
        watch = Evaluation(gymnasium.make("CartPole-v1"), actor, seed=seed)
        stream = interact(gymnasium.make("CartPole-v1"), agent, steps=steps, seed=seed)
        for k, _ in enumerate(learn(agent, stream), start=1):
            if k % every == 0 and watch(agent) >= 475:
                break
        curves.append(watch.means)
    draw_evaluations(fig, every, curves)
    least = 60 if quick else 475
    good = share_of([max(y) >= least for y in curves])
    return Result(
        Part(f"runs with an evaluation at {least} or more", at_least(0.8 if quick else 0.9), good),
        note=f"{seeds} seeds from {begin} on, up to {steps} steps, 64x64 relu networks, n = 128, "
        "lam = 0.95, Adam, gamma = 0.99. Returns are 500 at most. The best evaluations: "
        f"{listed(map(max, curves), '.0f')}.",
    )


if __name__ == "__main__":
    run(__file__)
