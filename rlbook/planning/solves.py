"""When are the values of a policy solved for, by a linear system, and not swept any longer?"""

from __future__ import annotations

from rlbook.checks import IntArray


class Solves:
    """When the values of a policy, of S states with K outcomes, are to be solved for.

    Sweeps that end before they are close are paid for; when they have cost as much as a solution,
    one is due. If a policy is solved for again, sweeps have led away from what was found, and from
    then on every policy is solved for: each is better than those before, but for rounding, so that
    one that is solved for again then is the end.
    """

    def __init__(self, S: int, K: int) -> None:
        self.sweep, self.price = S * K + 2500, S**3 // 50 + 20_000  # in a common unit, about
        self.paid, self.always = 0.0, False
        self.known: set[bytes] = set()

    def wait(self, sweeps: float) -> None:
        """So many slow sweeps more; infinity is enough for a solution."""
        self.paid += sweeps * self.sweep

    def are_due(self) -> bool:
        """Whether a solution costs no more than was paid."""
        return self.always or self.paid >= self.price

    def were_all(self, best: IntArray) -> bool:
        """Whether there is nothing to find any more, now that this policy was solved for."""
        self.paid = 0.0
        again, done = best.tobytes() in self.known, self.always
        if again and not done:
            self.always = True
            self.known.clear()
        self.known.add(best.tobytes())
        return again and done
