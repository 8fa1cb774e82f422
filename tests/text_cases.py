"""What the tests of language models share."""

import numpy as np

from rlbook.dpo.language_model import LanguageModel


def rng(seed=0):
    return np.random.default_rng(seed)


def small(seed=0, words="a b c", window=3, width=2, hidden=(4,), dtype=np.float64):
    """A model of few words; its parameters are large, so that its choices differ."""
    model = LanguageModel(
        words.split(), window=window, width=width, hidden=hidden, rng=rng(seed), dtype=dtype
    )
    model.policy.theta *= 2
    return model
