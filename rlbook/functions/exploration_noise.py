"""How a deterministic policy explores: noise is added to what it does.

A rule says what noise follows noise: x' = rule(x, rng). The agent holds x, and sets it to zero when
an episode begins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rlbook.checks import FloatArray, check_number


@dataclass(frozen=True)
class GaussianNoise:
    """New noise in each step, independent in each component.

        x' ~ N(0, sigma^2)

    sigma    at least 0, on the scale where actions lie in [-1, 1]; 0: no noise

    Raises ValueError for another sigma.
    """

    sigma: float = 0.1

    def __post_init__(self) -> None:
        check_number(self.sigma, "sigma", 0)

    def __call__(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """The noise after x; what x was does not matter."""
        return self.sigma * rng.standard_normal(x.shape)


@dataclass(frozen=True)
class OrnsteinUhlenbeckNoise:
    """Noise that keeps its direction for a while. [Lillicrap et al. 2016, section 7]

        x' = x - theta x dt + sigma sqrt(dt) N(0, 1)

    theta    how fast it returns to zero, > 0
    sigma    at least 0
    dt       > 0, with theta dt at most 1

    It forgets within about 1 / (theta dt) steps. In the long run its standard deviation is
    sigma sqrt(dt) / sqrt(1 - (1 - theta dt)^2): 0.38 as it stands. For a small dt that is
    sigma / sqrt(2 theta), whatever dt is. Raises ValueError for other
    numbers.
    """

    theta: float = 0.15
    sigma: float = 0.2
    dt: float = 1.0

    def __post_init__(self) -> None:
        check_number(self.theta, "theta", 0, above=True)
        check_number(self.sigma, "sigma", 0)
        check_number(self.dt, "dt", 0, 1 / self.theta, above=True)

    def __call__(self, x: FloatArray, rng: np.random.Generator) -> FloatArray:
        """The noise after x."""
        drift = -self.theta * x * self.dt
        return x + drift + self.sigma * math.sqrt(self.dt) * rng.standard_normal(x.shape)
