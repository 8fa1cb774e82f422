"""Film reviews out of a small grammar: a language of which everything is known.

    a thriller :    the spy is not very clever . i loved the chase . bring a friend .

A review is drawn by replacing: Review becomes one of its productions, and so does every name in it,
until only words are left. So the chance of a text is known too, by summing over the ways in which
it may have come about, and what a language model has learned can be held against the truth. What
the reviews praise and blame is counted by `sentiment`.

Texts are words with blanks between them; stops are words. Who and What become those of the genre
that the prompt asks for; all else does not depend on it.
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
"""Who and what there is to see in a film of each genre."""

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
"""Of each name its productions, with their weights; "|" stands between some of equal chance.

A name begins with a capital letter, a word does not.
"""

PROMPTS = tuple(f"a {genre} :" for genre in GENRES)
"""What a review is asked for with: x."""

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
"""What a word says of the film."""

TURNS, DOUBLES = ("not", "never"), ("very",)

MOST = 5.0
"""However much a text praises or blames: five stars, no more."""


def sentiment(text: str) -> float:
    """How much a text praises, from -MOST to MOST: the sum of its words' SENTIMENT, cut there.

    "not" and "never" turn the next of these words round, "very" doubles it: "not very clever" is
    -2; a stop ends what they say. A word of praise or blame that was used before is empty talk: it
    counts -1, whatever it says. Any words will do, in any order.
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
    """Of each name its productions as lists of words and names, with chances of sum 1."""
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
    """Every word of prompts and reviews, in the order of the alphabet."""
    bodies = [body for choices in GRAMMAR.values() for _, body in choices]
    seen = [text for pair in GENRES.values() for text in pair]
    found = {word for text in (*bodies, *PROMPTS, *seen) for word in text.split()}
    return tuple(sorted(found - {*GRAMMAR, "Who", "What", "|"}))


def draw(prompt: str, rng: np.random.Generator) -> str:
    """A review for one of the PROMPTS; ValueError for another prompt."""
    return " ".join(expand(_rules_for(prompt), "Review", check_rng(rng).random))


def expand(grammar: Rules, symbol: str, uniform: Callable[[], float]) -> list[str]:
    """The words that a name becomes, each production with its chance; of a word, itself."""
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
    """ln of the chance that `draw(prompt, rng)` gives this review; -inf for what it never gives."""
    words = review.split()
    p = inside(_rules_for(prompt), "Review", words)
    return float(np.log(p)) if p > 0 else -np.inf


def inside(grammar: Rules, symbol: str, words: Sequence[str]) -> float:
    """The chance that a name becomes exactly these words: the sum over all ways. [Baker 1979]

    ends(X, i)[j] is the chance that X becomes words[i:j]. A production X -> Y Z adds up what Y can
    be and what Z can be after it. No name may begin with itself: it would never end.
    """

    @cache
    def ends(symbol: str, i: int) -> dict[int, float]:
        if symbol not in grammar:
            return {i + 1: 1.0} if i < len(words) and words[i] == symbol else {}
        total: dict[int, float] = {}
        for p, body in grammar[symbol]:
            at = {i: p}
            for part in body:
                after: dict[int, float] = {}
                for j, q in at.items():
                    for k, r in ends(part, j).items():
                        after[k] = after.get(k, 0.0) + q * r
                at = after
            for k, q in at.items():
                total[k] = total.get(k, 0.0) + q
        return total

    return ends(symbol, 0).get(len(words), 0.0)
