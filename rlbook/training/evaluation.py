"""How good is it by now? A measure for `train`, which keeps the best parameters it has seen.

    watch = Evaluation(gymnasium.make("CartPole-v1"), agent.net, episodes=10, seed=1)
    train(agent, env, steps=60_000, seed=0, every=1000, measure=watch)
    watch.restore()

A deep agent dips after its best evaluation: `restore` takes it back there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rlbook.agent import Agent
from rlbook.checks import check_count, check_number
from rlbook.functions.parametric import Parametric
from rlbook.spaces import Env
from rlbook.training.loop import score


def rmse(x: npt.ArrayLike, exact: npt.ArrayLike) -> float:
    """The root mean squared error of estimates x beside exact numbers, both of one shape."""
    return float(np.sqrt(np.mean((np.asarray(x) - exact) ** 2)))


class Evaluation:
    """Calling it scores an agent that does not explore, and remembers.

        watch(agent) = the mean of score(env, agent, episodes=episodes, seed=seed)

    env         an environment of its own: not the one in which the agent learns
    f           the function that decides how the agent acts: agent.net of DQN, agent.actor of
                DDPG, agent.actor.f of A2C, agent.policy.f of Reinforce
    episodes    how many, always the same ones
    seed        a whole number: the seeds of the episodes come from it

    `means` holds the mean return of each call; `best` is the largest of them. Raises ValueError for
    an f that is no such function, and numbers that are not whole.
    """

    def __init__(self, env: Env, f: Parametric, *, episodes: int = 10, seed: int = 0) -> None:
        if not isinstance(f, Parametric):
            raise ValueError(
                f"f must be a function, such as agent.net or agent.actor, got {type(f).__name__}"
            )
        self.env, self.f = env, f
        self.episodes, self.seed = check_count(episodes, "episodes"), check_count(seed, "seed", 0)
        self.means: list[float] = []
        self.best = -np.inf
        self._theta = f.theta.copy()

    def __repr__(self) -> str:
        said = f", best {self.best:.4g}, last {self.means[-1]:.4g}" if self.means else ""
        return f"Evaluation({self.episodes} episodes a call, {len(self.means)} calls{said})"

    def __call__(self, agent: Agent) -> float:
        """The mean return of the agent, not exploring."""
        returns = score(self.env, agent, episodes=self.episodes, seed=self.seed)
        mean = float(returns.mean())
        self.means.append(mean)
        if mean > self.best:
            self.best = mean
            self._theta[:] = self.f.theta
        return mean

    def restore(self) -> None:
        """Give the agent the parameters of its best evaluation."""
        self.f.theta[:] = self._theta

    def reached(self, threshold: float, in_a_row: int = 2) -> int | None:
        """The number of the first call, from 1, that ends so many in a row at the threshold.

        One good evaluation may be luck. None where it never happened.
        """
        threshold, in_a_row = (
            check_number(threshold, "threshold"),
            check_count(in_a_row, "in_a_row"),
        )
        run = 0
        for k, mean in enumerate(self.means, start=1):
            run = run + 1 if mean >= threshold else 0
            if run == in_a_row:
                return k
        return None
