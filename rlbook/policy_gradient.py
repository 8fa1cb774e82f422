"""Which way should a policy change? The metrics, their gradients, REINFORCE. [Zhao chapter 9]

    grad J = sum_s eta(s) sum_a grad pi(a|s, theta) q_pi(s, a)                 Theorem 9.1
           = E[ grad ln pi(A|S, theta) q_pi(S, A) ],    S ~ eta, A ~ pi(.|S)

The metrics differ in eta alone. Every gradient of a model is exact here, as the sum above;
REINFORCE samples the expectation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent, Step, batch
from rlbook.bellman import action_value, policy_value, stationary_distribution
from rlbook.checkpoint import Saved
from rlbook.checks import (
    FloatArray,
    check_array,
    check_count,
    check_d,
    check_gamma,
    check_number,
    check_rng,
    check_v,
)
from rlbook.experience.steps import kept, step_by_step
from rlbook.function_approximation.replay import Trajectory
from rlbook.functions.optimisers import SGD, Adam
from rlbook.functions.parametric import Parametric, check_critic, fit, values
from rlbook.functions.stochastic_policy import StochasticPolicy, check_policy
from rlbook.model import MDP
from rlbook.policy import softmax
from rlbook.spaces import Action, Env, State


def average_value(
    model: MDP, pi: npt.ArrayLike, gamma: float, d: npt.ArrayLike | None = None
) -> float:
    """The metric v-bar, a number: sum_s d(s) v_pi(s). [Zhao 9.2; (9.1)]

    model is an MDP; pi (S, A); gamma from 0 to 1. d (S,) does not depend on pi (the book's
    v-bar^0); None: the stationary distribution d_pi. Raises ValueError as `policy_value` and
    `stationary_distribution`.
    """
    v = policy_value(model, pi, gamma)
    d = stationary_distribution(model.under(pi)[0]) if d is None else check_d(d, len(v))
    return float(d @ v)


def average_reward(model: MDP, pi: npt.ArrayLike) -> float:
    """The metric r-bar, a number: sum_s d_pi(s) r_pi(s), the mean reward of a step.

    [Zhao 9.2; (9.2), (9.4), (9.5), (9.6), (9.13)]

    Lemma 9.1: r-bar = (1 - gamma) v-bar. model is an MDP; pi (S, A). Raises ValueError for a pi
    that is no policy, and where d_pi is not unique.
    """
    P, r = model.under(pi)
    return float(stationary_distribution(P) @ r)


def poisson_value(model: MDP, pi: npt.ArrayLike) -> FloatArray:
    """What a state is worth where nothing is discounted. Returns v (S,).

    [Zhao Theorem 9.4; (9.22), (9.23), (9.24), (9.25), (9.26), (9.27)]

        v = r_pi - r-bar 1 + P_pi v            the Poisson equation
        v = (I - P_pi + 1 d_pi^T)^-1 r_pi      one of its solutions; v + c 1 are all

    model is an MDP; pi (S, A). Raises ValueError for a pi that is no policy, and where d_pi is not
    unique.
    """
    P, r = model.under(pi)
    return _poisson(P, r, stationary_distribution(P))


def _poisson(P: FloatArray, r: FloatArray, d: FloatArray) -> FloatArray:
    return np.linalg.solve(np.eye(len(r)) - P + d, r)  # every row of 1 d^T is d


def discounted_visits(model: MDP, pi: npt.ArrayLike, gamma: float, d: npt.ArrayLike) -> FloatArray:
    """How much time, discounted, is spent in each state from d on. Returns rho (S,).

    [Zhao Theorem 9.2; (9.14), (9.17), (9.18), (9.19), (10.13)]

        rho_pi(s) = sum_s' d(s') [(I - gamma P_pi)^-1](s', s)        of sum 1 / (1 - gamma)

    model is an MDP; pi (S, A); d (S,) a distribution. gamma from 0 to 1, and 1 only where every
    episode ends. Raises ValueError otherwise, and for a d that is no distribution.
    """
    if check_gamma(gamma) == 1:
        policy_value(model, pi, gamma)  # ValueError where an episode need not end
    P, _ = model.under(pi)
    return np.linalg.solve(np.eye(len(P)) - gamma * P.T, check_d(d, len(P)))


def gradient_of_metric(f: Parametric, eta: npt.ArrayLike, q: npt.ArrayLike) -> FloatArray:
    """The gradient of a metric, exactly, for the softmax policy of f.

    [Zhao Theorem 9.1; (9.8), (9.9), (9.10), (10.3)]

        grad J = sum_s eta(s) sum_a grad pi(a|s, theta) q(s, a)

    f      preferences for the states 0 to S-1: a Table, a Linear or an MLP with a phi
    eta    (S,), how much each state counts
    q      (S, A), the action values

    Returns a vector like f.theta, (n,). With grad pi = pi (e_a - pi) in the preferences, the sum
    over a is pi (q - sum_b pi q). Raises ValueError for other shapes.
    """
    q = check_array(q, "q")
    if q.ndim != 2 or q.shape[1] != f.n_out:
        raise ValueError(f"q must have shape (states, {f.n_out}) for this f, got {q.shape}")
    eta = check_v(eta, len(q), "eta")
    try:
        pi = softmax(f(np.arange(len(q))))
    except IndexError:
        raise ValueError(f"q must have a row for each state of f, got {q.shape}") from None
    v = (pi * q).sum(-1, keepdims=True)
    f.backward(eta[:, None] * pi * (q - v))  # Theorem 9.1
    return f.grad.copy()


def gradient_of_value(f: Parametric, model: MDP, gamma: float, d: npt.ArrayLike) -> FloatArray:
    """The gradient of v-bar^0, where d does not depend on pi. Exact. [Zhao Theorem 9.2; (10.12)]

        v-bar^0 = sum_s d(s) v_pi(s)        eta is rho_pi

    f        preferences for the states 0 to S-1, as in `gradient_of_metric`: pi is their softmax
    model    an MDP
    gamma    from 0 to 1
    d        (S,), a distribution

    Returns a vector like f.theta, (n,). Raises ValueError as `gradient_of_metric` and
    `discounted_visits`.
    """
    pi = softmax(f(np.arange(model.n_states)))
    q = action_value(model, policy_value(model, pi, gamma), gamma)
    return gradient_of_metric(f, discounted_visits(model, pi, gamma, d), q)


def gradient_of_reward(f: Parametric, model: MDP, gamma: float | None = None) -> FloatArray:
    """The gradient of r-bar, for the softmax policy of f. [Zhao Theorems 9.3 and 9.5; (9.28)]

    f        preferences for the states 0 to S-1, as in `gradient_of_metric`
    model    an MDP
    gamma    None: exact, eta is d_pi and q is of the undiscounted case (Theorem 9.5). A number
             below 1: the approximation of Theorem 9.3, d_pi and the discounted q; the nearer gamma
             is to 1, the better

    Returns a vector like f.theta, (n,). Raises ValueError where d_pi is not unique, and for another
    gamma.
    """
    pi = softmax(f(np.arange(model.n_states)))
    P, r = model.under(pi)
    d = stationary_distribution(P)
    if gamma is None:
        q: FloatArray = model.R + model.P @ _poisson(P, r, d)  # r-bar 1 would change nothing
    else:
        q = action_value(model, policy_value(model, pi, gamma), gamma)
    return gradient_of_metric(f, d, q)


def advantages(
    t: Step, v: FloatArray, v_next: FloatArray, gamma: float, lam: float = 1.0
) -> FloatArray:
    """How much better than expected each step of a path was. Returns (T,).

        delta_t = r_{t+1} + gamma v(s_{t+1}) - v(s_t)
        A_t = delta_t + gamma lam A_{t+1}                          A after an episode's end is 0

    t         a path as one batch, in order: one episode, a part of one, or several in a row
    v         (T,), the values of its s
    v_next    (T,), of its s_next; it counts where an episode was truncated, or the path breaks off,
              and not where it terminated
    gamma     from 0 to 1
    lam       1: the rewards that are left, then v of the last state, minus v(s_t): with v = 0 the
              return. 0: the TD error. Between: the generalised advantage estimate [Schulman et al.
              2016]
    """
    delta = t.r + gamma * (1 - t.terminated) * v_next - v
    goes_on = ~(np.asarray(t.terminated, bool) | np.asarray(t.truncated, bool))
    A, backwards = 0.0, []
    for d, on in zip(delta[::-1].tolist(), goes_on[::-1].tolist(), strict=True):
        A = d + gamma * lam * (A if on else 0.0)
        backwards.append(A)
    return np.array(backwards[::-1])


class Reinforce(Saved, Agent):
    """REINFORCE: Monte Carlo policy gradient. [Zhao Algorithm 9.1; (9.31), (9.32), (9.33)]

        theta <- theta + alpha grad ln pi(a_t|s_t, theta) q_t        for every t in turn

    q_t is the return from step t on. As in the book, no factor gamma^t stands before it.

    policy      a Softmax or a Gaussian
    gamma       from 0 to 1
    alpha       the step size, > 0
    baseline    None; or a function b with one output: q_t - b(s_t), b as it was before the episode,
                takes the place of q_t. b learns the returns, and where an episode was truncated
                b(s_T) stands for what was not seen. Without b, a truncated episode has ended
    alpha_w     the step size of the baseline
    batch       None: theta moves at every t, as above. A number: one step of Adam for so many
                episodes, along the mean over all their steps
    entropy     the weight of the policy's entropy in what is maximised, for batch
    rng         a Generator: what the agent draws from

    It learns at the ends of episodes. Raises ValueError for a number out of range, and for one of
    baseline and alpha_w without the other.
    """

    holds = ("policy", "baseline", "gamma", "batch", "n_episodes")
    saved = ("policy", "baseline", "policy_step", "baseline_step", "rng", "path", "n_episodes")

    def __init__(
        self,
        policy: StochasticPolicy,
        *,
        gamma: float,
        alpha: float,
        baseline: Parametric | None = None,
        alpha_w: float | None = None,
        batch: int | None = None,
        entropy: float = 0.0,
        rng: np.random.Generator,
    ) -> None:
        check_policy(policy, "policy")
        self.policy, self.gamma, self.rng = policy, check_gamma(gamma), check_rng(rng)
        if (baseline is None) != (alpha_w is None):
            raise ValueError(
                f"baseline and alpha_w must be given together, got alpha_w = {alpha_w}"
            )
        self.baseline = None if baseline is None else check_critic(baseline, "baseline")
        self.batch = None if batch is None else check_count(batch, "batch")
        self.entropy = check_number(entropy, "entropy", 0)
        optimiser = SGD if batch is None else Adam
        self.policy_step = optimiser(policy.f, check_number(alpha, "alpha", 0, above=True))
        self.baseline_step = None
        if baseline is not None and alpha_w is not None:
            self.baseline_step = optimiser(
                baseline, check_number(alpha_w, "alpha_w", 0, above=True)
            )
        self.path = Trajectory()
        self.n_episodes = 0

    def act(self, s: State, *, explore: bool = True) -> Action:
        """Draws from pi(.|s); the likeliest action without exploring."""
        return self.policy.draw(s, self.rng) if explore else self.policy.mode(s)

    def begin(self) -> None:
        """An episode begins: forget one that was left before its end."""
        while self.path and not (self.path[-1].terminated or self.path[-1].truncated):
            self.path.pop()

    @step_by_step
    def update(self, experience: Step) -> None:
        """Remember the step; at the end of an episode, or of a batch of them, learn."""
        self.path.append(kept(experience))
        if experience.terminated or experience.truncated:
            self.n_episodes += 1
            if self.batch is None or self.n_episodes % self.batch == 0:
                self._learn(batch(self.path))
                self.path.clear()

    def _learn(self, t: Step) -> None:
        v, v_next = values(self.baseline, t.s), values(self.baseline, t.s_next)
        advantage = advantages(t, v, v_next, self.gamma)  # q_t - b(s_t)
        if self.batch is None:
            for k in range(len(advantage)):
                self._move(Step(*(x[k : k + 1] for x in t)), advantage[k : k + 1], v[k : k + 1])
        else:
            self._move(t, advantage, v)

    def _move(self, t: Step, advantage: FloatArray, v: FloatArray) -> None:
        """theta <- theta + alpha grad ln pi(a_t|s_t, theta) (q_t - b(s_t)), the mean of a batch."""
        n = len(advantage)
        self.policy.backward(t.s, t.a, -advantage / n, -self.entropy / n)  # steps descend: minus
        self.policy_step.step()  # Algorithm 9.1
        if self.baseline is not None:
            fit(self.baseline, self.baseline_step, t.s, advantage + v)

    def check(self, env: Env) -> None:
        """ValueError unless env has the observations and actions of the policy."""
        self.policy.check(env)
        if self.baseline is not None:
            self.baseline.check(env.observation_space, "observation_space")
