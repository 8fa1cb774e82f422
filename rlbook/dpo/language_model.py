"""A language model is a policy that writes: the state is what stands there, the action a word.

    pi(y|x) = product over t of pi( y_t | the words before it, of x and y ),     y ends with END

The model is that of Bengio et al. [2003]: every word has a vector, the vectors of the last words
are the inputs of a network, and its outputs are the preferences of a softmax over the next word.
So a text is an Answer, and what is written for policies and Answers (RewardModel, RLHF, DPO) holds
for texts as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rlbook.checks import FloatArray, check_count, check_rng, still_finite
from rlbook.dpo.preferences import Answer, log_probs, rows
from rlbook.functions.networks import MLP
from rlbook.functions.optimisers import Adam
from rlbook.functions.stochastic_policy import Softmax, StochasticPolicy, check_policy
from rlbook.policy import sample

END = "<end>"
"""The word, number 0, that ends a text; it also stands before its beginning."""


class WordWindow(MLP):
    """A network whose inputs are the vectors of some words. [Bengio et al. 2003, section 2]

        f(s) = W_2 tanh( [C(s_1), ..., C(s_window)] W_1 + b_1 ) + b_2

    n_words    how many words there are, V
    window     how many words the network sees
    width      the length of a word's vector C
    hidden     units of each hidden layer
    n_out      outputs; None: one for each word
    rng        a Generator: it draws the first parameters, those of C from the standard normal
               distribution
    dtype      of all parameters and all arithmetic

    Inputs are the numbers of words, s (..., window). C (V, width) is learned with the rest: theta
    holds it after the weights. Raises ValueError for sizes that are no whole numbers above zero.
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
        """As that of MLP; a word's vector gets the sum over all places where the word stood.

        dL/dx (..., window * width) is with respect to the vectors.
        """
        dx = super().backward(dy, weights)
        if weights:
            places, by_vector = self._words.reshape(-1), dx.reshape(-1, self.width)
            for k in range(self.width):  # faster than np.add.at on whole vectors
                self._C_slope[:, k] = np.bincount(places, by_vector[:, k], minlength=self.n_words)
        return dx

    def check(self, space: Any, name: str) -> None:
        """ValueError unless space is MultiDiscrete, a word at each place of the window."""
        wanted = [self.n_words] * self.window
        if type(space).__name__ != "MultiDiscrete" or space.nvec.tolist() != wanted:
            raise ValueError(f"{name} must be MultiDiscrete({wanted}), got {space}")


class LanguageModel:
    """Words, a policy over them, and the way from texts to Answers and back. [Bengio et al. 2003]

        pi(y|x) = product over t of pi( y_t | the words before it, of x and y )

    words                           the vocabulary, without END
    rng                             a Generator: it draws the first parameters
    window, width, hidden, dtype    as in `WordWindow`

    A text is a str, its words between blanks. `policy` is Softmax(WordWindow(...)); whoever trains
    it trains the model. Raises ValueError for words that are none, or that come twice.
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        window: int = 5,
        width: int = 32,
        hidden: Sequence[int] = (128,),
        rng: np.random.Generator,
        dtype: Any = np.float32,
    ) -> None:
        if isinstance(words, str):
            raise ValueError(f"words must be several, such as a list of them, got {words!r}")
        self.words = (END, *words)
        self.number = {word: k for k, word in enumerate(self.words)}
        if len(self.number) < len(self.words) or any(len(w.split()) != 1 for w in self.words):
            raise ValueError(f"words must be different, without blanks or {END}, got {words!r}")
        self.window, n = check_count(window, "window"), len(self.words)
        f = WordWindow(n, window=window, width=width, hidden=hidden, rng=rng, dtype=dtype)
        self.policy = Softmax(f)

    def answer(self, prompt: str, text: str, *, ended: bool = True) -> Answer:
        """A text after a prompt as an Answer: its words and END are a, what stood before each, s.

        ended    False: without END, as a text that was cut

        Raises ValueError for a word that is not in the vocabulary.
        """
        a = self._numbers(text, "text") + ([0] if ended else [])
        line = np.array(self._before(prompt) + a)
        s = line[np.arange(len(a))[:, None] + np.arange(self.window)]  # s[t] stands before a[t]
        return Answer(s, line[self.window :])

    def text(self, answer: Answer) -> str:
        """The words of an Answer, without prompt and END."""
        return " ".join(self.words[k] for k in answer.a if k != 0)

    def write(
        self, prompts: Sequence[str], rng: np.random.Generator, *, most: int = 40
    ) -> list[Answer]:
        """Draw a text after each prompt, all at once: in every step a word for each open one.

        most    a text that has so many words, END among them or not, is cut

        The chance of each Answer is exp of its log_probs: one that is cut has no END, and its
        chance is that of all texts that begin so.
        """
        check_rng(rng)
        lines = np.zeros((len(prompts), self.window + check_count(most, "most")), dtype=np.intp)
        before = {prompt: self._before(prompt) for prompt in set(prompts)}
        lines[:, : self.window] = np.reshape([before[x] for x in prompts], (-1, self.window))
        lengths = np.full(len(prompts), most)
        open_ = np.arange(len(prompts))
        for t in range(most):
            word = sample(self.policy(lines[open_, t : t + self.window]), rng)
            lines[open_, self.window + t] = word
            lengths[open_[word == 0]] = t + 1
            open_ = open_[word != 0]
            if not len(open_):
                break
        s = np.lib.stride_tricks.sliding_window_view(lines, self.window, axis=1)
        a = lines[:, self.window :]
        return [Answer(s[k, :T], a[k, :T]) for k, T in enumerate(lengths)]

    def perplexity(self, answers: Sequence[Answer]) -> float:
        """exp of the mean of -ln pi over all words: among how many words the model hesitates.

        Raises ValueError for answers without a word.
        """
        n = len(_choices(answers)[1])
        return float(np.exp(-log_probs(self.policy, answers).sum() / n))

    def _numbers(self, text: str, name: str) -> list[int]:
        words = text.split()
        if unknown := [w for w in words if self.number.get(w, 0) == 0]:
            raise ValueError(f"{name} must have words of the vocabulary alone, got {unknown}")
        return [self.number[w] for w in words]

    def _before(self, prompt: str) -> list[int]:
        """The last words of the prompt, as many as the window has; END before the first."""
        return ([0] * self.window + self._numbers(prompt, "prompt"))[-self.window :]


class Imitation:
    """The first stage of RLHF: write as those texts are written. Maximum likelihood, with Adam.

        theta <- theta + alpha mean over all words of grad ln pi(a|s)

    policy    a StochasticPolicy, of texts or of anything else that Answers are made of
    lr        the step size of Adam, in `adam.lr`

    After `update(answers)`, `last_loss` is the mean of -ln pi(a|s) before the step. Raises
    ValueError for another policy or lr and, from `update`, what are no Answers or have no word.
    """

    def __init__(self, policy: StochasticPolicy, *, lr: float) -> None:
        check_policy(policy, "policy")
        self.policy, self.adam = policy, Adam(policy.f, lr)
        self.last_loss = np.nan

    def update(self, experience: Sequence[Answer]) -> None:
        """One step of Adam."""
        s, a = _choices(experience)
        self.last_loss = -float(self.policy.log_prob(s, a).mean())
        still_finite(self.last_loss, "lr")
        self.policy.backward(s, a, np.full(len(a), -1 / len(a)))  # steps descend: minus
        self.adam.step()


def _choices(answers: Sequence[Answer]) -> tuple[Any, Any]:
    """All s and a of the answers; ValueError where there is none to take a mean over."""
    s, a, _ = rows(answers)
    if not len(a):
        raise ValueError(f"answers must have a word among them, got {len(answers)} empty ones")
    return s, a
