"""The grammar of film reviews: its probabilities sum to one."""

import itertools

import numpy as np
import pytest
from text_cases import rng

from rlbook.dpo import film_reviews
from rlbook.dpo.film_reviews import PROMPTS, draw, expand, inside, log_prob, rules, sentiment

SMALL = {  # "b" comes about in two ways, and "the" goes on as often as a coin says
    "Review": [(3, "Start Rest"), (1, "Start Rest Rest")],
    "Start": [(1, "b | the Start")],
    "Rest": [(1, "Tail"), (2, "b"), (1, "c | b")],
    "Tail": [(1.0, "b b"), (1.0, "d")],
}


def test_rules_are_chances():
    parsed = rules(SMALL)
    assert parsed["Rest"] == [(0.25, ["Tail"]), (0.5, ["b"]), (0.125, ["c"]), (0.125, ["b"])]
    for choices in parsed.values():
        assert sum(p for p, _ in choices) == pytest.approx(1)
    for choices in film_reviews.GRAMMAR.values():
        assert sum(p for p, _ in choices) == pytest.approx(1)  # as they are written


def test_inside_by_hand():
    parsed = rules(SMALL)
    assert inside(parsed, "Tail", ["d"]) == 0.5
    assert inside(parsed, "Rest", ["b"]) == 0.625
    assert inside(parsed, "Rest", ["b", "b"]) == 0.125
    # b b b: Start Rest with Tail, or Start Rest Rest with two times b
    assert inside(parsed, "Review", ["b", "b", "b"]) == pytest.approx(
        0.5 * (0.75 * 0.125 + 0.25 * 0.625**2)
    )
    assert inside(parsed, "Review", ["b"]) == 0.0
    assert inside(parsed, "Review", []) == 0.0


def test_the_chances_of_all_texts_sum_to_one():
    parsed, total = rules(SMALL), 0.0
    for n in range(1, 8):
        for words in itertools.product(["b", "c", "d"], repeat=n):
            for the in range(8 - n):
                total += inside(parsed, "Review", ["the"] * the + list(words))
    # left out: more than 7 words. Start has k words with chance 2^-k, the rest at most 4.
    rest = dict.fromkeys(range(1, 5), 0.0)
    for n in rest:
        for words in itertools.product(["b", "c", "d"], repeat=n):
            rest[n] += 2 * inside(parsed, "Review", ["b", *words])
    assert sum(rest.values()) == pytest.approx(1)
    assert total == pytest.approx(sum(p * (1 - 2.0 ** (n - 7)) for n, p in rest.items()))


def test_draws_are_as_frequent_as_their_chances():
    parsed, uniform, n = rules(SMALL), rng(1).random, 20_000
    texts = [" ".join(expand(parsed, "Review", uniform)) for _ in range(n)]
    for text in ("b b", "b d", "the b b b", "b b b", "b c"):
        p = inside(parsed, "Review", text.split())
        assert abs(texts.count(text) / n - p) < 4.5 * np.sqrt(p * (1 - p) / n), text


def test_reviews():
    generator = rng(2)
    for prompt in PROMPTS:
        reviews = [draw(prompt, generator) for _ in range(60)]
        assert all(np.isfinite(log_prob(prompt, y)) for y in reviews)
        assert set(" ".join([prompt, *reviews]).split()) <= set(film_reviews.vocabulary())
        assert np.mean([8 <= len(y.split()) <= 30 for y in reviews]) > 0.8
        other = PROMPTS[PROMPTS.index(prompt) - 1]
        assert np.mean([log_prob(other, y) == -np.inf for y in reviews]) > 0.95
    assert log_prob("a western :", "the the") == log_prob("a western :", "") == -np.inf


def test_the_entropy_of_the_grammar():
    """No review comes about in two ways: its entropy is that of the choices, name by name."""
    parsed = film_reviews._rules_for("a comedy :")
    H = dict.fromkeys(parsed, 0.0)
    for _ in range(200):  # Scenes may go on: a fixed point
        H = {
            name: sum(p * (-np.log(p) + sum(H.get(x, 0.0) for x in body)) for p, body in choices)
            for name, choices in parsed.items()
        }
    generator = rng(3)
    ln_p = np.array([log_prob("a comedy :", draw("a comedy :", generator)) for _ in range(1000)])
    assert abs(-ln_p.mean() - H["Review"]) < 4.5 * ln_p.std() / np.sqrt(1000)


def test_log_prob_by_hand():
    p = 0.7 * 0.1 / 3 / 6 * 0.1  # Scenes, Who Did me, which of three, what he did, Closing
    assert log_prob("a western :", "the horse moved me . bring a friend .") == pytest.approx(
        np.log(p)
    )


def test_bad_prompts():
    for prompt in ("a tragedy :", "western", ""):
        with pytest.raises(ValueError, match=r"prompt must be one of \('a thriller :'"):
            draw(prompt, rng())
        with pytest.raises(ValueError, match="prompt must be one of"):
            log_prob(prompt, "bring a friend .")
    with pytest.raises(ValueError, match="rng must be a Generator"):
        draw("a western :", 0)


def test_vocabulary():
    words = film_reviews.vocabulary()
    assert len(set(words)) == len(words) == 112
    assert not {"|", "Who", "What", "Review"} & set(words)
    assert set(film_reviews.SENTIMENT) | {"not", "never", "very", "."} <= set(words)


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("", 0),
        ("the horse is clever .", 1),
        ("the horse is very clever .", 2),
        ("the horse is not clever .", -1),
        ("the horse is not very clever .", -2),
        ("very not clever", -2),
        ("very very clever", 2),
        ("i would see it again .", 1),
        ("i would never see it again .", -1),
        ("i do not notice it . it is clever .", 1),
        ("not not dull", -1),
        ("clever clever", 0),
        ("dull and not dull", -2),
        ("not clever but superb", 1),
        ("wonderful superb perfect", 5),
        ("very wonderful very superb", 5),
        ("hated hopeless terrible", -5),
        ("clever " * 30, -5),
        ("no such words", 0),
    ],
)
def test_sentiment_by_hand(text, score):
    assert sentiment(text) == score
