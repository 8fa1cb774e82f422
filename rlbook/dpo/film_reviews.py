"""Film reviews out of a small grammar: a language of which everything is known.

    a thriller :    the spy is not very clever . i loved the chase . bring a friend .

A review is drawn by replacement: Review is replaced by one of its productions, and so is every name
in it, until only words are left. So the probability of a text is known too: it is a sum over the
ways to produce it. A language model can be compared with this truth. `sentiment` measures how much
a review praises the film.

Texts are words with blanks between them; a full stop is a word. Who and What depend on the genre in
the prompt; nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from rlbook.checks import check_rng

GENRES = {
    "thriller": ("spy | banker | detective", "chase | bomb | alibi"),
    "comedy": ("butler | uncle | neighbour", "wedding | dinner | joke"),
    "western": ("sheriff | outlaw | horse", "duel | saloon | sunset"),
    "musical": ("soprano | dancer | pianist", "chorus | tango | melody"),
    "cartoon": ("penguin | dragon | robot", "teapot | castle | moon"),
    "romance": ("poet | rival | gardener", "letter | kiss | farewell"),
}
"""The persons (Who) and things (What) in films of each genre."""

GRAMMAR: dict[str, list[tuple[float, str]]] = {
    "Review": [(1.0, "Scenes Closing .")],
    "Scenes": [(0.7, "Scene ."), (0.3, "Scene . Scenes")],
    "Scene": [
        (0.24, "the Thing is Opinion"),
        (0.10, "the Who and the What are Opinion"),
        (0.10, "the What is Opinion but the Who is Opinion"),
        (0.14, "i Felt the Quality Thing"),
        (0.10, "i did not Feel the Thing"),
        (0.10, "the Who Did me"),
        (0.06, "the What never Did me"),
        (0.10, "there is a Quality Who in it"),
        (0.06, "nobody told me about the What"),
    ],
    "Thing": [(0.5, "Who"), (0.5, "What")],
    "Opinion": [
        (0.56, "Quality"),
        (0.20, "very Mild"),
        (0.13, "not Quality"),
        (0.05, "not very Mild"),
        (0.06, "Quality and Quality"),
    ],
    "Closing": [
        (0.20, "what a Quality Time"),
        (0.10, "it is a Quality film"),
        (0.10, "i recommend it"),
        (0.10, "i do not recommend it"),
        (0.10, "bring a friend"),
        (0.10, "bring a pillow"),
        (0.10, "i would see it again"),
        (0.10, "i would never see it again"),
        (0.10, "the rest is Opinion"),
    ],
    "Time": [(1.0, "evening | surprise")],
    "Quality": [(0.6, "Mild"), (0.4, "Strong")],
    "Mild": [(0.4, "Good"), (0.4, "Poor"), (0.2, "strange")],
    "Good": [(1.0, "clever | charming | warm | funny | bright | lively")],
    "Poor": [(1.0, "dull | slow | silly | flat | tired | clumsy")],
    "Strong": [
        (0.5, "wonderful | brilliant | superb | perfect"),
        (0.5, "dreadful | terrible | hopeless | painful"),
    ],
    "Felt": [(1.0, "enjoyed | admired | loved | disliked | hated | noticed")],
    "Feel": [(1.0, "enjoy | admire | notice | believe")],
    "Did": [(1.0, "charmed | moved | delighted | bored | annoyed | puzzled")],
}
"""The productions of each name, with their weights; "|" separates some of equal probability.

A name begins with a capital letter, a word does not.
"""

PROMPTS = tuple(f"a {genre} :" for genre in GENRES)
"""The prompts x that ask for a review, one for each genre."""

SENTIMENT = {
    word: score
    for score, words in {
        2: "wonderful brilliant superb perfect loved delighted",
        1: "clever charming warm funny bright lively enjoyed enjoy admired admire charmed moved "
        "recommend friend again",
        -1: "dull slow silly flat tired clumsy disliked bored annoyed pillow",
        -2: "dreadful terrible hopeless painful hated",
    }.items()
    for word in words.split()
}
"""The points of praise (above 0) or blame (below 0) of a word."""

TURNS, DOUBLES = ("not", "never"), ("very",)

MOST = 5.0
"""The largest sentiment of a text: five stars."""


def sentiment(text: str) -> float:
    """How much a text praises: the sum of its words' SENTIMENT, clipped to [-MOST, MOST].

    "not" and "never" reverse the sign of the next such word, "very" doubles it: "not very clever"
    is -2. A full stop ends their effect. A word that was used before counts -1, whatever it means.
    Any text has a sentiment, also one that the grammar does not produce.
    """
    total, factor, used = 0, 1, set()
    for word in text.split():
        if word in TURNS:
            factor = -factor
        elif word in DOUBLES:
            factor = 2 if factor > 0 else -2  # very very clever is very clever
        elif word == ".":
            factor = 1
        elif word in SENTIMENT:
            total += -1 if word in used else factor * SENTIMENT[word]
            used.add(word)
            factor = 1
    return max(-MOST, min(MOST, float(total)))


Rules = Mapping[str, Sequence[tuple[float, Sequence[str]]]]


def rules(grammar: Mapping[str, Sequence[tuple[float, str]]]) -> Rules:
    """The productions of each name as lists of words and names, with probabilities of sum 1."""
    parts = {name: [(w, body.split("|")) for w, body in rows] for name, rows in grammar.items()}
    total = {name: sum(w for w, _ in rows) for name, rows in parts.items()}
    return {
        name: [(w / total[name] / len(bodies), x.split()) for w, bodies in rows for x in bodies]
        for name, rows in parts.items()
    }


@cache
def _rules_for(prompt: str) -> Rules:
    if prompt not in PROMPTS:
        raise ValueError(f"prompt must be one of {PROMPTS}, got {prompt!r}")
    who, what = GENRES[prompt.split()[1]]
    return rules(GRAMMAR | {"Who": [(1.0, who)], "What": [(1.0, what)]})


def vocabulary() -> tuple[str, ...]:
    """Every word of prompts and reviews, in alphabetical order."""
    bodies = [body for productions in GRAMMAR.values() for _, body in productions]
    films = [text for pair in GENRES.values() for text in pair]
    found = {word for text in (*bodies, *PROMPTS, *films) for word in text.split()}
    return tuple(sorted(found - {*GRAMMAR, "Who", "What", "|"}))


def draw(prompt: str, rng: np.random.Generator) -> str:
    """Draw a review for one of the PROMPTS; ValueError for another prompt."""
    return " ".join(expand(_rules_for(prompt), "Review", check_rng(rng).random))


def expand(grammar: Rules, symbol: str, uniform: Callable[[], float]) -> list[str]:
    """The words that a name is replaced by, at random; a word stays. uniform draws from [0, 1)."""
    if symbol not in grammar:
        return [symbol]
    u, body = uniform(), grammar[symbol][-1][1]
    for p, candidate in grammar[symbol]:
        u -= p
        if u < 0:
            body = candidate
            break
    return [word for part in body for word in expand(grammar, part, uniform)]


def log_prob(prompt: str, review: str) -> float:
    """ln of the probability that `draw(prompt, rng)` gives this review; -inf if it never does."""
    words = review.split()
    p = inside(_rules_for(prompt), "Review", words)
    return float(np.log(p)) if p > 0 else -np.inf


def inside(grammar: Rules, symbol: str, words: Sequence[str]) -> float:
    """The probability that a name becomes exactly these words, in any way. [Baker 1979]

    ends(X, i)[j] is the probability that X becomes words[i:j]. For a production X -> Y Z it is the
    sum over k of ends(Y, i)[k] ends(Z, k)[j]. No production may begin with its own name: the
    recursion would not end.
    """

    @cache
    def ends(symbol: str, i: int) -> dict[int, float]:
        if symbol not in grammar:
            return {i + 1: 1.0} if i < len(words) and words[i] == symbol else {}
        total: dict[int, float] = {}
        for p, body in grammar[symbol]:
            reached = {i: p}  # where the parts so far may end, and with which probability
            for part in body:
                after: dict[int, float] = {}
                for j, q in reached.items():
                    for k, r in ends(part, j).items():
                        after[k] = after.get(k, 0.0) + q * r
                reached = after
            for k, q in reached.items():
                total[k] = total.get(k, 0.0) + q
        return total

    return ends(symbol, 0).get(len(words), 0.0)
