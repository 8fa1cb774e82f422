"""Film reviews and the model that learns to write them: chances that sum to one, slow twins."""

import copy
import itertools

import naive
import numpy as np
import pytest
from gymnasium.spaces import Discrete, MultiDiscrete

from rlbook.dpo import film_reviews
from rlbook.dpo.film_reviews import PROMPTS, draw, expand, inside, log_prob, rules, sentiment
from rlbook.dpo.language_model import END, Imitation, LanguageModel
from rlbook.dpo.losses import dpo_loss
from rlbook.dpo.preferences import Preference, log_probs, rows
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.word_window import WordWindow
from rlbook.functions.parametric import Table
from rlbook.functions.stochastic_policy import Softmax


def rng(seed=0):
    return np.random.default_rng(seed)


def small(seed=0, words="a b c", window=3, width=2, hidden=(4,), dtype=np.float64):
    """A model of few words; its parameters are large, so that its choices differ."""
    model = LanguageModel(
        words.split(), window=window, width=width, hidden=hidden, rng=rng(seed), dtype=dtype
    )
    model.policy.theta *= 2
    return model


# The grammar

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


# The network


@pytest.mark.parametrize("shape", [(3,), (1, 3), (8, 3), (2, 4, 3)])
def test_gradients(shape):
    f = WordWindow(4, window=3, width=2, hidden=(5,), rng=rng(), dtype=np.float64)
    x = rng(1).integers(4, size=shape)  # fewer words than places: some come several times
    c = rng(2).normal(size=f(x).shape)
    f.grad[:] = 7.0  # what was there before is no part of it
    f(x)
    dx = f.backward(c)
    grad = f.grad.copy()
    np.testing.assert_allclose(
        grad, naive.slope(lambda: float((c * f(x)).sum()), f.theta), atol=1e-8
    )
    assert np.abs(f.extra_grad).max() > 0
    assert dx.shape == (*shape[:-1], 6)
    f(x)
    f.grad[:] = 7.0
    assert np.array_equal(f.backward(c, weights=False), dx)
    assert (f.grad == 7.0).all()


def test_the_network_by_hand():
    f = WordWindow(3, window=2, width=2, hidden=(2,), rng=rng(), dtype=np.float64)
    (W, b), (W_2, b_2) = f.layers
    s = [2, 0]
    expected = np.tanh(np.concatenate([f.C[2], f.C[0]]) @ W + b) @ W_2 + b_2
    np.testing.assert_allclose(f(s), expected, atol=1e-14)
    assert f.theta.size == 4 * 2 + 2 + 2 * 3 + 3 + 3 * 2
    assert f.n_out == 3
    other = copy.deepcopy(f)
    other.theta[:] = 0
    assert (other.C == 0).all()
    assert (f.C != 0).any()
    assert WordWindow(3, n_out=1, rng=rng())(np.zeros((4, 5), int)).shape == (4, 1)


def test_bad_networks():
    for name in ("window", "width"):
        with pytest.raises(ValueError, match=f"{name} must be a whole number"):
            WordWindow(3, rng=rng(), **{name: 0})
    with pytest.raises(ValueError, match="n_words must be"):
        WordWindow(0, rng=rng())
    f = WordWindow(3, window=2, rng=rng())
    with pytest.raises(ValueError, match=r"x must be \(..., 2\) words, got \(1, 5\)"):
        f(np.zeros((1, 5), int))
    f.check(MultiDiscrete([3, 3]), "observation_space")
    for space in (MultiDiscrete([3, 4]), Discrete(3)):
        with pytest.raises(ValueError, match=r"observation_space must be MultiDiscrete\(\[3, 3\]"):
            f.check(space, "observation_space")


# Texts and Answers


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


# Imitation, DPO and RLHF on texts, beside slow versions


def slow_log_prob(model, prompt, text):
    line, total = [0] * 3 + [model.number[w] for w in prompt.split()], 0.0
    for word in [*text.split(), END]:
        h = model.policy.f(np.array(line[-3:]))
        total += h[model.number[word]] - np.log(np.exp(h).sum())
        line.append(model.number[word])
    return total


def first_step(policy, before, lr=1e-3):
    """The gradient's signs: the first step of Adam is lr against each."""
    return -(policy.theta - before) / lr


TEXTS = [("a", "b c"), ("b", "a"), ("a", "c c b a"), ("c a", "")]


def test_imitation():
    model = small(seed=7)
    before = model.policy.theta.copy()
    agent = Imitation(model.policy, lr=1e-3)
    answers = [model.answer(*t) for t in TEXTS]
    n = sum(len(y.a) for y in answers)

    def loss():
        return -sum(slow_log_prob(model, *t) for t in TEXTS) / n

    expected, at = naive.slope(loss, model.policy.theta), loss()
    agent.update(answers)
    assert agent.last_loss == pytest.approx(at)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)
    clear = np.abs(expected) > 1e-4
    assert np.allclose(first_step(model.policy, before)[clear], np.sign(expected[clear]), atol=1e-3)
    for _ in range(600):
        agent.update(answers)
    assert agent.last_loss < at / 2
    with pytest.raises(ValueError, match="policy must be a StochasticPolicy"):
        Imitation(model.policy.f, lr=0.1)


def test_dpo_on_texts():
    model = small(seed=8)
    ref = copy.deepcopy(model)
    model.policy.theta += 0.3 * rng(9).normal(size=model.policy.theta.size)
    agent = DPO(model.policy, beta=0.7, lr=1e-3, reference=ref.policy, rng=rng())
    pairs = [("a", "b c", "c"), ("b", "a", "a a b"), ("c a", "", "b")]

    def loss():
        total = 0.0
        for x, y, z in pairs:
            h = slow_log_prob(model, x, y) - slow_log_prob(ref, x, y)
            h -= slow_log_prob(model, x, z) - slow_log_prob(ref, x, z)
            total += np.log(1 + np.exp(-0.7 * h)) / len(pairs)
        return total

    expected, at = naive.slope(loss, model.policy.theta), loss()
    agent.update([Preference(x, model.answer(x, y), model.answer(x, z)) for x, y, z in pairs])
    assert agent.last_loss == pytest.approx(at)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)
    assert dpo_loss([0.0], [0.0], [0.0], [0.0], beta=1)[0] == pytest.approx(np.log(2))


def test_rlhf_on_texts():
    model = small(seed=10)
    ref = copy.deepcopy(model)
    model.policy.theta += 0.3 * rng(11).normal(size=model.policy.theta.size)
    agent = RLHF(model.policy, beta=0.3, lr=1e-3, reference=ref.policy, rng=rng())
    groups = [("a", ["b c", "c", ""], [1.0, 3.0, -1.0]), ("b a", ["a", "a b"], [0.5, 0.0])]
    advantages = []
    for x, texts, r in groups:
        R = [
            r[i] - 0.3 * (slow_log_prob(model, x, y) - slow_log_prob(ref, x, y))
            for i, y in enumerate(texts)
        ]
        advantages += [R[i] - np.mean(R[:i] + R[i + 1 :]) for i in range(len(R))]
    flat = [(x, y) for x, texts, _ in groups for y in texts]

    def surrogate():
        return -sum(
            A * slow_log_prob(model, *t) for A, t in zip(advantages, flat, strict=True)
        ) / len(flat)

    expected = naive.slope(surrogate, model.policy.theta)
    rollouts = [Rollouts(x, [model.answer(x, y) for y in texts], r) for x, texts, r in groups]
    np.testing.assert_allclose(agent.advantages(rollouts), advantages, atol=1e-10)
    agent.update(rollouts)
    np.testing.assert_allclose(model.policy.f.grad, expected, atol=1e-8)


def test_reward_model_on_texts():
    model = small()
    f = WordWindow(4, window=3, width=2, hidden=(4,), rng=rng(12), dtype=np.float64)
    reward = RewardModel(f, lr=0.02)
    good = [model.answer("a", y) for y in ("b", "b a", "c b")]
    bad = [model.answer("a", y) for y in ("c", "c a", "a a c")]
    s, a, _ = rows([good[1]])
    assert reward(good)[1] == pytest.approx(sum(f(s)[t, a[t]] for t in range(3)))
    for _ in range(300):
        reward.update([Preference("a", y, z) for y in good for z in bad])
    assert reward(good).min() > reward(bad).max()


def test_copies_and_checkpoints(tmp_path):
    model, ref = small(seed=13), small(seed=13)
    agent = DPO(model.policy, beta=0.5, lr=0.01, reference=ref.policy, rng=rng(1))
    batch = [Preference("a", model.answer("a", "b c"), model.answer("a", "c"))]
    agent.update(batch)
    twin = copy.deepcopy(agent)
    agent.save(tmp_path / "dpo.npz")
    agent.update(batch)
    twin.update(batch)
    assert np.array_equal(agent.policy.theta, twin.policy.theta)
    assert twin.policy.f.C.base is not agent.policy.f.C.base
    other = DPO(small(seed=14).policy, beta=0.5, lr=0.01, rng=rng(2))
    other.load(tmp_path / "dpo.npz")
    assert np.array_equal(other.reference.theta, ref.policy.theta)
    other.update(batch)
    assert np.array_equal(other.policy.theta, agent.policy.theta)
    s = batch[0].chosen.s
    assert np.array_equal(other.policy.f(s), agent.policy.f(s))  # the views follow theta
    # layers of one size, but other windows: they do not mean the same
    another = DPO(small(window=2, width=3).policy, beta=0.5, lr=0.01, rng=rng(3))
    with pytest.raises(ValueError, match=r"policy\.f"):
        another.load(tmp_path / "dpo.npz")
    same_sizes = Softmax(Table(2, 4))
    with pytest.raises(ValueError, match=r"policy\.f"):
        DPO(same_sizes, beta=0.5, lr=0.01, rng=rng(3)).load(tmp_path / "dpo.npz")


def test_the_model_learns_the_language():
    generator = rng(15)
    model = LanguageModel(film_reviews.vocabulary(), window=10, width=12, hidden=(64,), rng=rng(16))
    agent = Imitation(model.policy, lr=0.02)
    fresh = [(x, draw(x, generator)) for x in PROMPTS for _ in range(30)]
    answers = [model.answer(*t) for t in fresh]
    first = model.perplexity(answers)
    for _ in range(100):
        agent.update([model.answer(x, draw(x, generator)) for x in PROMPTS * 4])
    exact = np.array([log_prob(*t) for t in fresh])
    lost = exact - log_probs(model.policy, answers)
    assert first > 90
    assert model.perplexity(answers) < 6
    assert -3 * lost.std() / np.sqrt(len(lost)) < lost.mean() < 10  # 4 to 5, and below 0 never


def test_a_text_is_no_list_of_words():
    with pytest.raises(ValueError, match="words must be a list of words"):
        LanguageModel("red green", rng=np.random.default_rng(0))
