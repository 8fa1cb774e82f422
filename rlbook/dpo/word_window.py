"""A network that sees the last words of a text, each word as a vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlbook.checks import FloatArray, check_count
from rlbook.functions.networks import MLP


class WordWindow(MLP):
    """A network whose inputs are the vectors of a few words. [Bengio et al. 2003, section 2]

        f(s) = W_2 tanh( [C(s_1), ..., C(s_window)] W_1 + b_1 ) + b_2

    n_words    the number of words, V
    window     how many words the network sees
    width      the length of a word's vector C
    hidden     the number of units of each hidden layer
    n_out      the number of outputs; None: one for each word
    rng        a Generator: it draws the first parameters, those of C from the standard normal
               distribution
    dtype      of all parameters and all arithmetic

    Inputs are the numbers of words, s (..., window). C (V, width) is learned with the rest: theta
    holds it after the weights. Raises ValueError for sizes that are not positive whole numbers.
    """

    def __init__(
        self,
        n_words: int,
        *,
        window: int = 5,
        width: int = 32,
        hidden: Sequence[int] = (128,),
        n_out: int | None = None,
        rng: np.random.Generator,
        dtype: Any = np.float32,
    ) -> None:
        self.n_words = check_count(n_words, "n_words")
        self.window, self.width = check_count(window, "window"), check_count(width, "width")
        sizes = (window * width, *hidden, n_words if n_out is None else n_out)
        super().__init__(sizes, rng=rng, hidden="tanh", extra=n_words * width, dtype=dtype)
        self.kind = f"WordWindow, {n_words} words of {width}, {window} at a time"
        self.C[:] = rng.standard_normal(self.C.shape)

    def _bind(self) -> None:
        super()._bind()
        self.C = self.extra.reshape(self.n_words, self.width)
        self._C_slope = self.extra_grad.reshape(self.n_words, self.width)

    def __call__(self, x: Any) -> FloatArray:
        """The outputs (..., n_out) for words x (..., window); ValueError for another shape."""
        self._words = np.asarray(x)
        if self._words.shape[-1:] != (self.window,):
            raise ValueError(f"x must be (..., {self.window}) words, got {self._words.shape}")
        vectors = self.C[self._words]
        return super().__call__(vectors.reshape(*vectors.shape[:-2], self.sizes[0]))

    def backward(self, dy: FloatArray, weights: bool = True) -> FloatArray:
        """The slopes, as for MLP. That of a word's vector is a sum over the places of the word.

        Returns dL/dx (..., window * width), the slopes in the vectors.
        """
        dx = super().backward(dy, weights)
        if weights:
            places, by_vector = self._words.ravel(), dx.reshape(-1, self.width)
            for k in range(self.width):  # faster than np.add.at on whole vectors
                self._C_slope[:, k] = np.bincount(places, by_vector[:, k], minlength=self.n_words)
        return dx

    def check(self, space: Any, name: str) -> None:
        """ValueError unless space is MultiDiscrete, a word at each place of the window."""
        wanted = [self.n_words] * self.window
        if type(space).__name__ != "MultiDiscrete" or space.nvec.tolist() != wanted:
            raise ValueError(f"{name} must be MultiDiscrete({wanted}), got {space}")
