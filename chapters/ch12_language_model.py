"""Chapter 12, language models: do preferences teach a model to write what a reader likes?"""

from collections import Counter
from copy import deepcopy
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rlbook.book import Estimate, Result, at_least, at_most, item, mean_of, silent
from rlbook.cli import run
from rlbook.dpo.film_reviews import MOST, PROMPTS, draw, log_prob, sentiment, vocabulary
from rlbook.dpo.kl_objective import best_of_n, kl_divergence
from rlbook.dpo.language_model import Imitation, LanguageModel
from rlbook.dpo.preferences import bradley_terry, log_probs, prefer
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.dpo.word_window import WordWindow

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
        self.log_Z = np.array(
            [
                (np.log(w.mean(1)) + top[:, 0] / b).mean()
                for w, b in zip(weights, self.betas, strict=True)
            ]
        )
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


def _imitate(rng, steps, progress):
    """A model that was trained on reviews of the grammar, every one of them new."""
    model = LanguageModel(vocabulary(), window=WINDOW, width=WIDTH, hidden=HIDDEN, rng=rng)
    agent = Imitation(model.policy, lr=0.02)
    for k in progress(range(steps), steps):
        agent.adam.lr = 0.02 * (1 - k / steps)
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
    """Train a reward model or DPO, with steps that become smaller and smaller."""
    lr, total = adam.lr, epochs * (len(pairs) // 64)
    for k, batch in enumerate(progress(_batches(pairs, epochs, rng), total)):
        adam.lr = lr * (1 - k / total)
        agent.update(batch)
    return agent


def _climb(model, reward, beta, lr, steps, rng, progress):
    """RLHF on a learned reward: the policy, and the mean learned and true reward of each batch."""
    tuned = deepcopy(model)
    agent = RLHF(tuned.policy, beta=beta, lr=lr, reference=model.policy, rng=rng)
    seen = []
    for k in progress(range(steps), steps):
        agent.adam.lr = lr * (1 - k / steps)
        texts = tuned.write([x for x in PROMPTS for _ in range(GROUP)], rng, most=LONGEST)
        r = reward(texts)
        parts = [slice(GROUP * i, GROUP * (i + 1)) for i in range(len(PROMPTS))]
        agent.update([Rollouts(x, texts[i], r[i]) for x, i in zip(PROMPTS, parts, strict=True)])
        seen.append((r.mean(), _praise(model, texts).mean()))
    return tuned.policy, np.array(seen)


def _measure(model, policy, beta, reward, frontier, n, rng):
    """What fresh texts of a policy say of it."""
    tuned = deepcopy(model)
    tuned.policy = policy
    texts = tuned.write([*PROMPTS] * (n // len(PROMPTS)), rng, most=LONGEST)
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


def _samples(model, policy, seed, n, longest=24):
    """The first texts of a policy for the first prompts."""
    tuned = deepcopy(model)
    tuned.policy = policy
    texts = tuned.write(PROMPTS[:n], np.random.default_rng([seed, 12]), most=LONGEST)
    words = [model.text(y).split() for y in texts]
    return "; ".join(
        f'"{x} {" ".join(w[:longest])}{" ..." if len(w) > longest else ""}"'
        for x, w in zip(PROMPTS, words, strict=False)
    )


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
    left, right = fig.subplots(1, 2, width_ratios=[1.5, 1])
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
            left.annotate(
                f"{p.beta:g}", (p.kl, p.reward), textcoords="offset points", xytext=place,
                color=color, fontsize=8,
            )  # fmt: skip
    ticks = [tick for tick in (0, 0.1, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24) if tick < end]
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    left.set(
        xlabel=r"KL to $\pi_{ref}$ (scale: its root)",
        ylabel="true reward",
        xlim=(0, end),
        ylim=(start - 0.4, 5.4),
    )
    left.legend(loc="lower right", fontsize=9)
    left.grid(True, color="0.92", lw=0.8)
    for k, name in enumerate(("learned reward", "true reward")):
        right.plot(np.arange(1, len(seen) + 1), seen[:, k], label=name, color=("C1", "C3")[k])
    right.axhline(0, color="0.8", lw=0.8, zorder=0)
    right.set(xlabel="step", ylabel="reward", title=rf"RLHF, $\beta$ = {RUNAWAY}")
    right.legend(loc="center right", fontsize=9)
    fig.set_size_inches(10.4, 4.6)


@item("dpo:language-model")
def reviews(fig, rng, quick=False, progress=silent):
    """Does DPO get as much reward for its KL as RLHF, where the best for each KL is known?"""
    scale, begin = QUICK if quick else Scale(), int(rng.integers(2**31))
    rng = np.random.default_rng([begin, 12])

    # Imitate: pi_ref, beside the grammar that it imitates
    model = _imitate(rng, scale.imitation, progress)
    fresh = [(x, draw(x, rng)) for x in PROMPTS for _ in range(scale.texts // 12)]
    exact = np.array([log_prob(*t) for t in fresh])
    answers = [model.answer(*t) for t in fresh]
    said = log_probs(model.policy, answers)
    lost = exact - said  # its mean is KL( grammar || pi_ref )
    lost_error = lost.std() / np.sqrt(len(lost))

    # Ask: which of two texts of pi_ref is the better one?
    pool = [model.write([x] * scale.pool, rng, most=LONGEST) for x in PROMPTS]
    true = np.array([_praise(model, texts) for texts in pool])
    frontier, half = Frontier(true), scale.pool // 2
    order = [(i, k) for k in range(half) for i in range(len(PROMPTS))]
    pairs = [
        prefer(PROMPTS[i], pool[i][k], pool[i][half + k], true[i, k], true[i, half + k], rng)
        for i, k in order[: scale.pairs]
    ]

    # Learn a reward, and see how often it agrees with the judge on the pairs that are left
    f = WordWindow(len(model.words), window=WINDOW, width=WIDTH, hidden=HIDDEN, rng=rng)
    reward = RewardModel(f, lr=0.01, weight_decay=0.01)
    _on_pairs(reward, reward.adam, pairs, scale.epochs, rng, progress)
    learned = np.array([reward(texts) for texts in pool])
    i, k = np.array(order[scale.pairs :]).T
    p = bradley_terry(true[i, k], true[i, half + k])  # the judge prefers the first
    agrees = np.where(learned[i, k] > learned[i, half + k], p, 1 - p)  # with the judge
    can_agree = np.maximum(p, 1 - p)

    # Climb: with a learned reward, without one, and by choosing among N
    def measured(policy, beta):
        return _measure(model, policy, beta, reward, frontier, scale.texts, rng)

    rlhf = []
    for beta in scale.rlhf:
        policy, _ = _climb(model, reward, beta, 3e-3, scale.steps, rng, progress)
        rlhf.append(measured(policy, beta))
    policy, seen = _climb(model, reward, RUNAWAY, SLOWLY, scale.runaway, rng, progress)
    runaway = measured(policy, RUNAWAY)
    dpo = []
    for beta in scale.dpo:
        agent = DPO(deepcopy(model.policy), beta=beta, lr=3e-3, reference=model.policy, rng=rng)
        _on_pairs(agent, agent.adam, pairs, 1, rng, progress)
        dpo.append(measured(agent.policy, beta))
    some = slice(0, 1500)  # of the texts, enough for this
    counts = 2 ** np.arange(1, 4 if quick else 7)
    best = [_best_of(n, true[:, some], learned[:, some], frontier) for n in counts]

    start, start_error = true.mean(), true.std() / np.sqrt(true.size)
    _draw(fig, frontier, dpo, rlhf, best, start, seen)
    every = [*dpo, *rlhf, *best]
    steps = [dpo] if quick else [dpo, rlhf]
    rises = np.concatenate([np.diff([p.kl for p in points]) for points in steps])
    rise_errors = [np.hypot(p.kl_error, q.kl_error) for x in steps for p, q in pairwise(x)]
    fall = seen[:, 1].max() - runaway.reward  # of the true reward, from its best on the way
    error = max(p.error for p in (*every, runaway))
    claims = {
        "texts of the grammar: ln pi_ref beyond that of their own pairs of words": (
            at_least(0),
            mean_of(said - _by_pairs_of_words(answers)),
        ),
        "KL(grammar || pi_ref) is not negative": (at_least(0), Estimate(lost.mean(), lost_error)),
        "the learned reward agrees with the judge: nearer to the most there is than to chance": (
            at_least(0),
            mean_of(agrees - (0.5 + can_agree) / 2),
        ),
        "above the frontier, in standard errors: DPO, RLHF, best of N, the runaway": (
            at_most(0),
            Estimate([p.above for p in (*every, runaway)], 1.0),
        ),
        "more reward than pi_ref: DPO, RLHF, best of N": (
            at_least(0),
            Estimate(
                [p.reward - start for p in every], [np.hypot(p.error, start_error) for p in every]
            ),
        ),
        f"growth of KL as beta falls: DPO{'' if quick else ', RLHF'}": (
            at_least(0),
            Estimate(rises, rise_errors),
        ),
        f"beta = {RUNAWAY}: learned reward beyond that of the best text of pi_ref": (
            at_least(0),
            Estimate(runaway.learned - learned.max(), 0.0),
        ),
        f"beta = {RUNAWAY}: fall of the true reward from its best": (
            at_least(0),
            Estimate(fall, 2 * error),
        ),
    }

    def listed(points):
        return " ".join(f"{p.beta:g} ({p.kl:.2f}, {p.reward:.2f}, {p.most:.2f})" for p in points)

    middle = dpo[len(dpo) // 2]
    return Result(
        {name: bound for name, (bound, _) in claims.items()},
        {name: found for name, (_, found) in claims.items()},
        note=f"At equal KL {_beside('DPO', dpo, rlhf, start)}; "
        f"{_beside('best of N', best, rlhf, start)}. RLHF at beta = {RUNAWAY} runs away to KL "
        f"{runaway.kl:.0f}: learned reward {runaway.learned:.1f}, true reward {runaway.reward:.2f}."
        "\nBy beta, or N: (KL, reward, the most for this KL), standard errors of a reward up to "
        f"{max(p.error for p in every):.2f}.\nDPO {listed(dpo)}\nRLHF {listed(rlhf)}\n"
        f"best of N {listed(best)}"
        f"\nSettings. Seed {begin}. A window of {WINDOW} words, vectors of {WIDTH}, {HIDDEN[0]} "
        f"tanh units, {len(model.words)} words; {scale.imitation} steps of imitation. "
        f"KL(grammar || pi_ref) = {lost.mean():.2f} +- {lost_error:.2f} where the grammar's "
        f"entropy is {-exact.mean():.1f}; perplexity {model.perplexity(answers):.2f}, the "
        f"grammar's {np.exp(-exact.sum() / sum(len(y.a) for y in answers)):.2f}. pi_ref's reward "
        f"{start:.2f}. {scale.pairs} preferences; the learned reward agrees with the judge in "
        f"{agrees.mean():.1%} of new pairs, the true one in {can_agree.mean():.1%}. The "
        f"frontier is from {scale.pool} texts to a prompt, of effective size "
        f"{frontier.size.min():.0f} or more at each beta down to {frontier.betas.min():.2g}."
        f"\nWritten by pi_ref: {_samples(model, model.policy, begin, 3)}"
        f"\nby DPO, {middle.beta:g}: {_samples(model, middle.policy, begin, 3)}"
        f"\nby RLHF, {rlhf[-1].beta:g}: {_samples(model, rlhf[-1].policy, begin, 3)}"
        f"\nby RLHF, {RUNAWAY}: {_samples(model, runaway.policy, begin, 2)}",
    )


if __name__ == "__main__":
    run(__file__)
