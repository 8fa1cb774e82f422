"""Chapter 12, language models: do preferences teach a model to write what a reader likes?"""

from collections import Counter
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rlbook.book import Estimate, Part, Result, at_least, at_most, item, mean_of
from rlbook.cli import run
from rlbook.dpo.film_reviews import MOST, PROMPTS, draw, log_prob, sentiment, vocabulary
from rlbook.dpo.kl_objective import best_of_n, kl_divergence
from rlbook.dpo.language_model import Imitation, LanguageModel
from rlbook.dpo.preferences import bradley_terry, log_probs, prefer
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.word_window import WordWindow
from rlbook.plot import panels

WINDOW, WIDTH, HIDDEN, LONGEST = 10, 12, (64,), 40
GROUP = 16  # texts to a prompt in a step of RLHF
BETAS = np.geomspace(0.1, 200, 60)  # of the frontier
RUNAWAY = 0.01  # the beta at which hardly anything holds the policy back
SLOWLY = 5e-3  # its step size: with 1e-2 some runs settle on one text before they climb far


class Scale(NamedTuple):
    """How much of everything."""

    imitation: int = 600  # steps
    pool: int = 3000  # texts of pi_ref to a prompt
    pairs: int = 6000
    epochs: int = 3  # of the reward model
    dpo: tuple[float, ...] = (2.5, 1.2, 0.6, 0.3)
    rlhf: tuple[float, ...] = (4.0, 2.0, 1.3)
    steps: int = 70  # of RLHF
    runaway: int = 80
    texts: int = 1200  # for each policy


QUICK = Scale(250, 600, 1280, 4, (5.0, 0.6), (2.0,), 30, 60, 600)


class Point(NamedTuple):
    """A policy as fresh texts show it."""

    beta: float
    policy: Any
    kl: float
    reward: float
    error: float  # of the reward, a standard error
    kl_error: float
    learned: float
    most: float  # the frontier's reward at this KL
    above: float  # how far above it, in standard errors


class Frontier:
    """The most reward for each KL, from samples of pi_ref: weights exp(r / beta). [Rafailov, (4)]

    For every policy and every beta   E[ r ] <= beta KL + beta mean over x of ln Z(x),   with
    equality at the optimum; Z(x) = E_ref[ exp(r / beta) ] is a mean over samples.
    """

    def __init__(self, true):  # (X, M)
        top = true.max(1, keepdims=True)
        weights = [np.exp((true - top) / beta) for beta in BETAS]
        self.size = np.array([(w.sum(1) ** 2 / (w**2).sum(1)).min() for w in weights])
        keep = self.size >= 30  # samples that still count, in the prompt where they are fewest
        self.betas, self.size = BETAS[keep], self.size[keep]
        weights = [w for w, k in zip(weights, keep, strict=True) if k]
        pairs = zip(weights, self.betas, strict=True)
        self.log_Z = np.array([(np.log(w.mean(1)) + top[:, 0] / b).mean() for w, b in pairs])
        relative = np.array([w.var(1) / w.mean(1) ** 2 for w in weights])
        self.error = np.sqrt(relative.sum(1) / true.shape[1]) / len(true)  # of log_Z

    def most(self, kl):
        """The most reward that a policy with this KL can have; MOST is the most of all."""
        bounds = self.betas * (np.asarray(kl)[..., None] + self.log_Z)
        return np.minimum(bounds.min(-1), MOST)

    def above(self, r, log_ratio):
        """How far the texts of a policy lie above, in standard errors."""
        k = (self.betas * (log_ratio.mean() + self.log_Z)).argmin()  # the tangent at this KL
        beta, gap = self.betas[k], r - self.betas[k] * (log_ratio + self.log_Z[k])
        return gap.mean() / np.hypot(gap.std() / np.sqrt(len(gap)), beta * self.error[k])


def _praise(model, answers):
    return np.array([sentiment(model.text(y)) for y in answers])


def _write(model, policy, prompts, rng):
    """Texts of a policy for these prompts."""
    tuned = deepcopy(model)
    tuned.policy = policy
    return tuned.write(prompts, rng, most=LONGEST)


def _slowing(adam, rounds, total, progress):
    """The rounds of a training, with steps that become smaller and smaller."""
    lr = adam.lr
    for k, this in enumerate(progress(rounds, total)):
        adam.lr = lr * (1 - k / total)
        yield this


def _imitate(rng, steps, progress):
    """A model that was trained on reviews of the grammar, every one of them new."""
    model = LanguageModel(vocabulary(), window=WINDOW, width=WIDTH, hidden=HIDDEN, rng=rng)
    agent = Imitation(model.policy, lr=0.02)
    for _ in _slowing(agent.adam, range(steps), steps, progress):
        agent.update([model.answer(x, draw(x, rng)) for x in PROMPTS * 5])
    return model


def _by_pairs_of_words(answers):
    """ln p of each text where p(word | the word before) is how often that is so in these texts.

    No model that sees one word only can say them better.
    """
    texts = [[-1, *y.a.tolist()] for y in answers]
    pairs = Counter(pair for text in texts for pair in pairwise(text))
    before = Counter(word for text in texts for word in text[:-1])
    ln_p = {pair: np.log(n / before[pair[0]]) for pair, n in pairs.items()}
    return np.array([sum(ln_p[pair] for pair in pairwise(text)) for text in texts])


def _batches(pairs, epochs, rng, size=64):
    for _ in range(epochs):
        order = rng.permutation(len(pairs))
        for k in range(0, len(pairs) - size + 1, size):
            yield [pairs[i] for i in order[k : k + size]]


def _on_pairs(agent, adam, pairs, epochs, rng, progress):
    """Train a reward model or DPO."""
    batches, total = _batches(pairs, epochs, rng), epochs * (len(pairs) // 64)
    for batch in _slowing(adam, batches, total, progress):
        agent.update(batch)
    return agent


def _climb(model, reward, beta, lr, steps, rng, progress):
    """RLHF on a learned reward: the policy, and the mean learned and true reward of each batch."""
    tuned = deepcopy(model)
    agent = RLHF(tuned.policy, beta=beta, lr=lr, reference=model.policy, rng=rng)
    seen = []
    for _ in _slowing(agent.adam, range(steps), steps, progress):
        texts = tuned.write([x for x in PROMPTS for _ in range(GROUP)], rng, most=LONGEST)
        r = reward(texts)
        parts = [slice(GROUP * i, GROUP * (i + 1)) for i in range(len(PROMPTS))]
        agent.update([Rollouts(x, texts[i], r[i]) for x, i in zip(PROMPTS, parts, strict=True)])
        seen.append((r.mean(), _praise(model, texts).mean()))
    return tuned.policy, np.array(seen)


def _measure(model, policy, beta, reward, frontier, n, rng):
    """What fresh texts of a policy say of it."""
    texts = _write(model, policy, [*PROMPTS] * (n // len(PROMPTS)), rng)
    log_ratio = log_probs(policy, texts) - log_probs(model.policy, texts)
    r, kl, root = _praise(model, texts), log_ratio.mean(), np.sqrt(len(texts))
    return Point(
        beta, policy, kl, r.mean(), r.std() / root, log_ratio.std() / root, reward(texts).mean(),
        frontier.most(kl), frontier.above(r, log_ratio),
    )  # fmt: skip


def _best_of(n, true, learned, frontier):
    """Of n texts the one of most learned reward: exact for the samples (X, M) as they are."""
    ref = np.full(true.shape, 1 / true.shape[1])
    pi = best_of_n(ref, learned, n)
    kl, r = kl_divergence(pi, ref).mean(), (pi * true).sum(1)
    error = np.sqrt((pi**2 * (true - r[:, None]) ** 2).sum()) / len(true)
    most = frontier.most(kl)
    above = (r.mean() - most) / error
    return Point(n, None, kl, r.mean(), error, 0.0, (pi * learned).sum(1).mean(), most, above)


def _samples(model, policy, seed, n=3, longest=24):
    """The first texts of a policy for the first prompts."""
    texts = _write(model, policy, PROMPTS[:n], np.random.default_rng([seed, 12]))
    words = [[x, *model.text(y).split()] for x, y in zip(PROMPTS, texts, strict=False)]
    shown = (" ".join(w[: longest + 1]) + " ..." * (len(w) > longest + 1) for w in words)
    return "; ".join(f'"{text}"' for text in shown)


def _beside(name, points, rlhf, start):
    """In words: do these points lie above RLHF at equal KL?

    Straight lines join those of RLHF over the root of KL, where such curves are nearly straight.
    """
    order = sorted(rlhf, key=lambda p: p.kl)
    x, y = np.sqrt([0.0, *(p.kl for p in order)]), [start, *(p.reward for p in order)]
    points = [p for p in points if 0 < p.kl <= order[-1].kl]
    if not points:
        return f"{name} and RLHF do not meet"
    more = np.array([p.reward - np.interp(np.sqrt(p.kl), x, y) for p in points])
    z = more / [np.hypot(p.error, max(q.error for q in rlhf)) for p in points]
    said = ", ".join(f"{d:+.2f} at KL {p.kl:.2f}" for d, p in zip(more, points, strict=True))
    word = "dominates" if (z > 2).all() else "does not dominate"
    return (
        f"{name} {word} RLHF: {(z > 2).sum()} of {len(z)} points lie above, {(z < -2).sum()} "
        f"below by more than two standard errors ({said})"
    )


def _draw(fig, frontier, dpo, rlhf, best, start, seen):
    """Left: reward against KL. Right: what runs away."""
    left, right = panels(fig, 2, (10.4, 4.6), width_ratios=[1.5, 1])
    end = 1.1 * max(p.kl for p in (*dpo, *rlhf, *best))
    left.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0)), np.square))
    x = np.linspace(0, 1, 200) ** 2 * end
    left.plot(x, frontier.most(x), color="0.3", label="the most there is")
    left.plot(0, start, "s", color="0.3", label=r"$\pi_{ref}$", zorder=4, clip_on=False)
    for points, name, mark, color, place in (
        (dpo, r"DPO, by $\beta$", "o", "C0", (5, -11)),
        (rlhf, r"RLHF, by $\beta$", "^", "C1", (-7, 7)),
        (best, "best of N, learned reward", "x", "C2", (-10, 6)),
    ):
        xs, ys = [p.kl for p in points], [p.reward for p in points]
        left.plot(xs, ys, mark, color=color, label=name, zorder=5)
        left.plot([0, *xs], [start, *ys], color=color, lw=0.8, alpha=0.5)
        for p in points if mark != "x" else ():
            where = {"textcoords": "offset points", "xytext": place}
            left.annotate(f"{p.beta:g}", (p.kl, p.reward), color=color, fontsize=8, **where)
    ticks = [tick for tick in (0, 0.1, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24) if tick < end]
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    left.set(xlabel=r"KL to $\pi_{ref}$ (scale: its root)", ylabel="true reward")
    left.set(xlim=(0, end), ylim=(start - 0.4, 5.4))
    left.legend(loc="lower right", fontsize=9)
    left.grid(True, color="0.92", lw=0.8)
    for y, name, color in zip(seen.T, ("learned reward", "true reward"), ("C1", "C3"), strict=True):
        right.plot(np.arange(1, len(seen) + 1), y, label=name, color=color)
    right.axhline(0, color="0.8", lw=0.8, zorder=0)
    right.set(xlabel="step", ylabel="reward", title=rf"RLHF, $\beta$ = {RUNAWAY}")
    right.legend(loc="center right", fontsize=9)


def _ask(model, scale, rng):
    """Texts of pi_ref, their true rewards, preferences between pairs of them, and other pairs."""
    pool = [model.write([x] * scale.pool, rng, most=LONGEST) for x in PROMPTS]
    true, half = np.array([_praise(model, texts) for texts in pool]), scale.pool // 2
    order = [(i, k, half + k) for k in range(half) for i in range(len(PROMPTS))]
    preferences = [
        prefer(PROMPTS[i], pool[i][j], pool[i][k], true[i, j], true[i, k], rng)
        for i, j, k in order[: scale.pairs]
    ]
    return pool, true, preferences, np.array(order[scale.pairs :]).T


def _agreement(true, learned, pairs):
    """How often a learned reward agrees with the judge on these pairs, and how often one can."""
    i, j, k = pairs
    p = bradley_terry(true[i, j], true[i, k])  # the judge prefers the first
    return np.where(learned[i, j] > learned[i, k], p, 1 - p), np.maximum(p, 1 - p)


@item("dpo:language-model")
def reviews(fig, rng, quick, progress):
    """Does DPO get as much reward for its KL as RLHF, where the best for each KL is known?"""
    scale, begin = QUICK if quick else Scale(), int(rng.integers(2**31))
    rng = np.random.default_rng([begin, 12])

    # Imitate: pi_ref, beside the grammar that it imitates
    model = _imitate(rng, scale.imitation, progress)
    fresh = [(x, draw(x, rng)) for x in PROMPTS for _ in range(scale.texts // 12)]
    answers, exact = [model.answer(*t) for t in fresh], np.array([log_prob(*t) for t in fresh])
    said = log_probs(model.policy, answers)

    # Ask which of two texts is better; learn a reward from the answers
    pool, true, preferences, others = _ask(model, scale, rng)
    frontier = Frontier(true)
    f = WordWindow(len(model.words), window=WINDOW, width=WIDTH, hidden=HIDDEN, rng=rng)
    reward = RewardModel(f, lr=0.01, weight_decay=0.01)
    _on_pairs(reward, reward.adam, preferences, scale.epochs, rng, progress)
    learned = np.array([reward(texts) for texts in pool])
    agrees, can_agree = _agreement(true, learned, others)

    # Climb: with a learned reward, without one, and by choosing among N
    def measured(policy, beta):
        return _measure(model, policy, beta, reward, frontier, scale.texts, rng)

    rlhf, dpo = [], []
    for beta in scale.rlhf:
        policy, _ = _climb(model, reward, beta, 3e-3, scale.steps, rng, progress)
        rlhf.append(measured(policy, beta))
    policy, seen = _climb(model, reward, RUNAWAY, SLOWLY, scale.runaway, rng, progress)
    runaway = measured(policy, RUNAWAY)
    for beta in scale.dpo:
        agent = DPO(deepcopy(model.policy), beta=beta, lr=3e-3, reference=model.policy, rng=rng)
        _on_pairs(agent, agent.adam, preferences, 1, rng, progress)
        dpo.append(measured(agent.policy, beta))
    some = slice(0, 1500)  # of the texts, enough for this
    counts = 2 ** np.arange(1, 4 if quick else 7)
    best = [_best_of(n, true[:, some], learned[:, some], frontier) for n in counts]

    _draw(fig, frontier, dpo, rlhf, best, true.mean(), seen)
    lost, middle = exact - said, dpo[len(dpo) // 2]  # the mean of lost is KL( grammar || pi_ref )
    lost = Estimate(lost.mean(), lost.std() / np.sqrt(len(lost)))
    beyond, nearer = said - _by_pairs_of_words(answers), agrees - (0.5 + can_agree) / 2
    words = "texts of the grammar: ln pi_ref beyond that of their own pairs of words"
    judge = "the learned reward agrees with the judge: nearer to the most there is than to chance"
    return Result(
        Part(words, at_least(0), mean_of(beyond)),
        Part("KL(grammar || pi_ref) is not negative", at_least(0), lost),
        Part(judge, at_least(0), mean_of(nearer)),
        *_claims(dpo, rlhf, best, runaway, true, seen, learned.max()),
        note=_compared(dpo, rlhf, best, runaway, true.mean())
        + f"\nSeed {begin}; {scale.imitation} steps of imitation: KL(grammar || pi_ref) = "
        f"{lost.value:.2f} +- {lost.error:.2f}, the grammar's entropy {-exact.mean():.1f}. "
        f"{scale.pairs} preferences; the learned reward agrees with the judge in "
        f"{agrees.mean():.1%} of new pairs, the true one in {can_agree.mean():.1%}. The frontier: "
        f"{scale.pool} texts a prompt, of effective size {frontier.size.min():.0f} or more."
        f"\nWritten by pi_ref: {_samples(model, model.policy, begin)}"
        f"\nby DPO, {middle.beta:g}: {_samples(model, middle.policy, begin)}"
        f"\nby RLHF, {rlhf[-1].beta:g}: {_samples(model, rlhf[-1].policy, begin)}"
        f"\nby RLHF, {RUNAWAY}: {_samples(model, runaway.policy, begin, 2)}",
    )


def _claims(dpo, rlhf, best, runaway, true, seen, most_learned):
    """What the points show: nothing above the frontier, and what happens as beta falls."""
    every, start_error = [*dpo, *rlhf, *best], true.std() / np.sqrt(true.size)
    name = "above the frontier, in standard errors: DPO, RLHF, best of N, the runaway"
    yield Part(name, at_most(0), Estimate([p.above for p in (*every, runaway)], 1.0))
    more = [p.reward - true.mean() for p in every]
    more = Estimate(more, [np.hypot(p.error, start_error) for p in every])
    yield Part("more reward than pi_ref: DPO, RLHF, best of N", at_least(0), more)
    steps = [*pairwise(dpo), *pairwise(rlhf)]
    errors = [np.hypot(p.kl_error, q.kl_error) for p, q in steps]
    name = "growth of KL as beta falls: DPO" + ", RLHF" * (len(rlhf) > 1)
    yield Part(name, at_least(0), Estimate([q.kl - p.kl for p, q in steps], errors))
    name = f"beta = {RUNAWAY}: learned reward beyond that of the best text of pi_ref"
    yield Part(name, at_least(0), Estimate(runaway.learned - most_learned, 0.0))
    fall = seen[:, 1].max() - runaway.reward  # of the true reward, from its best on the way
    fall = Estimate(fall, 2 * max(p.error for p in (*every, runaway)))
    yield Part(f"beta = {RUNAWAY}: fall of the true reward from its best", at_least(0), fall)


def _compared(dpo, rlhf, best, runaway, start):
    """The points in words."""

    def points(some):
        return " ".join(f"{p.beta:g} ({p.kl:.2f}, {p.reward:.2f}, {p.most:.2f})" for p in some)

    return (
        f"pi_ref's reward {start:.2f}. At equal KL {_beside('DPO', dpo, rlhf, start)}; "
        f"{_beside('best of N', best, rlhf, start)}. RLHF at beta = {RUNAWAY} runs away to KL "
        f"{runaway.kl:.0f}: learned reward {runaway.learned:.1f}, true reward {runaway.reward:.2f}."
        "\nBy beta, or N: (KL, reward, the most for this KL), standard errors of a reward up to "
        f"{max(p.error for p in (*dpo, *rlhf, *best)):.2f}.\nDPO {points(dpo)}\n"
        f"RLHF {points(rlhf)}\nbest of N {points(best)}"
    )


if __name__ == "__main__":
    run(__file__)
