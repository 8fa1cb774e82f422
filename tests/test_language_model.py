"""Texts as Answers, and the probabilities of all texts."""

import itertools

import numpy as np
import pytest
from text_cases import rng, small

from rlbook.dpo.language_model import END, Imitation, LanguageModel
from rlbook.dpo.preferences import log_probs


def test_an_answer_by_hand():
    model = small()
    y = model.answer("c a", "b a")
    assert y.a.tolist() == [2, 1, 0]
    assert y.s.tolist() == [[0, 3, 1], [3, 1, 2], [1, 2, 1]]
    assert model.answer("a b c a", "b").s.tolist() == [[2, 3, 1], [3, 1, 2]]
    assert model.answer("c a", "b a", ended=False).a.tolist() == [2, 1]
    assert model.text(y) == "b a"
    assert model.text(model.answer("a", "")) == ""
    by_hand = sum(
        np.log(model.policy(np.array(s))[a])
        for s, a in [([0, 3, 1], 2), ([3, 1, 2], 1), ([1, 2, 1], 0)]
    )
    assert log_probs(model.policy, [y])[0] == pytest.approx(by_hand)
    assert model.perplexity([y, y]) == pytest.approx(np.exp(-by_hand / 3))
    cut = model.answer("c a", "", ended=False)  # no word, not even END
    assert log_probs(model.policy, [cut, y]) == pytest.approx([0, by_hand])
    assert model.perplexity([cut, y]) == pytest.approx(np.exp(-by_hand / 3))
    before = model.policy.theta.copy()
    for use in (model.perplexity, Imitation(model.policy, lr=0.1).update):
        with pytest.raises(ValueError, match="answers must have at least one word, got 2 empty"):
            use([cut, cut])
        with pytest.raises(ValueError, match="answers must be Answers"):
            use([])
    assert np.array_equal(model.policy.theta, before)


def test_chances_of_all_texts_cut_ones_too():
    model, most, n = small(seed=3), 4, 40_000
    texts = [
        model.answer("b", " ".join(words), ended=ended)
        for k in range(most + 1)
        for words in itertools.product("abc", repeat=k)
        for ended in (True, False)
        if (ended and k < most) or (not ended and k == most)
    ]
    p = np.exp(log_probs(model.policy, texts))
    assert p.sum() == pytest.approx(1)
    written = model.write(["b"] * n, rng(4), most=most)
    found = {tuple(y.a): 0 for y in texts}
    for y in written:
        found[tuple(y.a)] += 1
    z = (np.array(list(found.values())) / n - p) / np.sqrt(p * (1 - p) / n)
    assert np.abs(z[p * n > 20]).max() < 4.5
    assert (p * n > 20).sum() > 30


def test_what_was_written_is_an_answer():
    model, prompts = small(seed=5), ["a", "b c", "c c c a", ""] * 10
    for prompt, y in zip(prompts, model.write(prompts, rng(6), most=5), strict=True):
        again = model.answer(prompt, model.text(y), ended=y.a[-1] == 0)
        assert np.array_equal(y.a, again.a)
        assert np.array_equal(y.s, again.s)
        assert len(y.a) <= 5
        assert 0 not in y.a[:-1]
    one, two = (model.write(prompts, rng(6), most=5) for _ in range(2))
    assert all(np.array_equal(y.a, z.a) for y, z in zip(one, two, strict=True))
    assert model.write([], rng()) == []


def test_bad_texts():
    model = small()
    with pytest.raises(ValueError, match=r"text must have only words .* got \['zebra'\]"):
        model.answer("a", "b zebra")
    with pytest.raises(ValueError, match="prompt must have only words"):
        model.write(["zebra"], rng())
    with pytest.raises(ValueError, match="text must have only words"):
        model.answer("a", END)
    with pytest.raises(ValueError, match="most must be"):
        model.write(["a"], rng(), most=0)
    with pytest.raises(ValueError, match="rng must be a Generator"):
        model.write(["a"], 0)
    for words in (["a", "a"], ["a b"], [""], [END]):
        with pytest.raises(ValueError, match="words must be different"):
            LanguageModel(words, rng=rng())


def test_a_text_is_no_list_of_words():
    with pytest.raises(ValueError, match="words must be a list of words"):
        LanguageModel("red green", rng=np.random.default_rng(0))
