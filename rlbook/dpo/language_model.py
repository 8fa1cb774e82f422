"""A language model is a policy: the state is the text so far, the action the next word.

    pi(y|x) = product over t of pi( y_t | the words before it, of x and y ),     y ends with END

The model is that of Bengio et al. [2003]: every word has a vector, the vectors of the last words
are the inputs of a network, and its outputs are the preferences of a softmax over the next word.
A text is an Answer, so RewardModel, RLHF and DPO work for texts as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rlbook.checks import check_count, check_rng, still_finite
from rlbook.dpo.preferences import Answer, log_probs, rows
from rlbook.dpo.word_window import WordWindow
from rlbook.functions.optimisers import Adam
from rlbook.functions.stochastic_policy import Softmax, StochasticPolicy, check_policy
from rlbook.policy import sample

END = "<end>"
"""The word that ends a text, number 0. It also fills the window before the first word."""


class LanguageModel:
    """A vocabulary, a policy over it, and the translation of texts to Answers. [Bengio et al. 2003]

        pi(y|x) = product over t of pi( y_t | the words before it, of x and y )

    words                           the vocabulary, without END
    rng                             a Generator: it draws the first parameters
    window, width, hidden, dtype    as in `WordWindow`

    A text is a str, its words separated by blanks. `policy` is Softmax(WordWindow(...)): to train
    the model is to train this policy. Raises ValueError for words with blanks, or given twice.
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
            raise ValueError(f"words must be a list of words, got the text {words!r}")
        self.words = (END, *words)
        self.number = {word: k for k, word in enumerate(self.words)}
        if len(self.number) < len(self.words) or any(len(w.split()) != 1 for w in self.words):
            raise ValueError(
                f"words must be different, without blanks and without {END}, got {self.words[1:]}"
            )
        self.window, n = check_count(window, "window"), len(self.words)
        f = WordWindow(n, window=window, width=width, hidden=hidden, rng=rng, dtype=dtype)
        self.policy = Softmax(f)

    def __repr__(self) -> str:
        said = f"{len(self.words)} words with {END}, window {self.window}"
        return f"LanguageModel({said}, {self.policy.f!r})"

    def answer(self, prompt: str, text: str, *, ended: bool = True) -> Answer:
        """A text after a prompt as an Answer: a is its words and END, s the window before each.

        ended    False: without END, for a text that was cut

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
        """Draw a text after each prompt, all at once: each step draws a word for each open text.

        most    a text is cut after this many words, END included

        exp of its log_probs is the probability of each Answer. One that is cut has no END: its
        probability is that of all texts that begin with it.
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
        """exp of the mean of -ln pi over all words. Of n equally likely words it is n.

        Raises ValueError for answers without a word.
        """
        n = len(_choices(answers)[1])
        return float(np.exp(-log_probs(self.policy, answers).sum() / n))

    def _numbers(self, text: str, name: str) -> list[int]:
        words = text.split()
        if unknown := [w for w in words if self.number.get(w, 0) == 0]:
            raise ValueError(f"{name} must have only words of the vocabulary, got {unknown}")
        return [self.number[w] for w in words]

    def _before(self, prompt: str) -> list[int]:
        """The last words of the prompt, filled up with END on the left: as many as the window."""
        return ([0] * self.window + self._numbers(prompt, "prompt"))[-self.window :]


class Imitation:
    """The first stage of RLHF: imitate given texts. Maximum likelihood, with Adam.

        theta <- theta + alpha mean over all words of grad ln pi(a|s)

    policy    a StochasticPolicy, for texts or for any other kind of Answer
    lr        the step size of Adam, in `adam.lr`

    After `update(answers)`, `last_loss` is the mean of -ln pi(a|s) before the step. Raises
    ValueError for another policy or lr and, from `update`, for anything but Answers with a word.
    """

    def __init__(self, policy: StochasticPolicy, *, lr: float) -> None:
        check_policy(policy, "policy")
        self.policy, self.adam = policy, Adam(policy.f, lr)
        self.last_loss = np.nan

    def __repr__(self) -> str:
        return f"Imitation({self.policy!r}, {self.adam!r}, last_loss {self.last_loss:.4g})"

    def update(self, experience: Sequence[Answer]) -> None:
        """One step of Adam."""
        s, a = _choices(experience)
        self.last_loss = -float(self.policy.log_prob(s, a).mean())
        still_finite(self.last_loss, "lr")
        self.policy.backward(s, a, np.full(len(a), -1 / len(a)))  # Adam descends: minus
        self.adam.step()


def _choices(answers: Sequence[Answer]) -> tuple[Any, Any]:
    """All s and a of the answers; ValueError if there are none."""
    s, a, _ = rows(answers)
    if not len(a):
        raise ValueError(f"answers must have at least one word, got {len(answers)} empty answers")
    return s, a
