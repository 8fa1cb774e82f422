"""What a student's function is given that is no number and no array: chance, worlds, functions.

The same is made on both sides, from plain values; so this is sent by name. given_worlds,
given_grid and given_functions say what can be made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Given(NamedTuple):
    """To be made where the function is called: MAKERS[kind](**values)."""

    kind: str
    values: dict[str, Any]

    def in_words(self) -> str:
        """For a case that is shown; a map takes several lines."""
        words = WORDS[self.kind]
        return words(**self.values) if callable(words) else words.format(**self.values)


def rng(seed: int) -> Given:
    """A numpy Generator."""
    return Given("rng", {"seed": seed})


MAKERS: dict[str, Any] = {"rng": np.random.default_rng}
"""What is made, by name. What has a `log` is asked for it after the call."""

WORDS: dict[str, Any] = {"rng": "a numpy Generator"}
"""How it is told, by name: a text with the values in braces, or a function of them."""
