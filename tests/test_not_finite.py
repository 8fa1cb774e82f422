"""Rewards and log-probabilities of answers that are NaN or infinite: what was it, and where?"""

from copy import deepcopy

import numpy as np
import pytest

from rlbook.dpo.kl_objective import objective
from rlbook.dpo.losses import LOSSES, dpo_gradient, dpo_loss
from rlbook.dpo.preferences import Answer, Preference, bradley_terry, prefer
from rlbook.dpo.reward_model import RewardModel
from rlbook.dpo.rlhf import RLHF, Rollouts
from rlbook.dpo.sequences import DPO
from rlbook.functions.parametric import Linear, Table
from rlbook.functions.stochastic_policy import Softmax

BAD = [np.nan, np.inf, -np.inf]
NAMES = ["chosen", "rejected", "ref_chosen", "ref_rejected"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("name", NAMES)
def test_a_log_probability_is_named_with_its_place(name, loss, bad):
    log_p = {other: np.full(4, -1.0) for other in NAMES}
    log_p[name][2] = bad
    for function in (dpo_loss, dpo_gradient):
        with pytest.raises(ValueError, match=rf"^{name} must be finite, got {bad} at \(2,\)$"):
            function(*log_p.values(), beta=0.1, loss=loss)


@pytest.mark.parametrize("bad", BAD)
def test_rewards_of_answers(bad, rng):
    with pytest.raises(ValueError, match=rf"^r must be finite, got {bad}$"):
        bradley_terry(bad, 1.0)
    with pytest.raises(ValueError, match=rf"^r_other must be finite, got {bad} at \(1, 0\)$"):
        bradley_terry(1.0, [[0.0], [bad]])
    with pytest.raises(ValueError, match="r_other must be a finite number, got"):
        prefer(0, 0, 1, 1.0, bad, rng)
    with pytest.raises(ValueError, match=rf"^reward must be finite, got {bad} at \(0, 1\)$"):
        objective([[0.5, 0.5]], [[0.5, 0.5]], [[1.0, bad]], 0.1)
    assert bradley_terry(1e300, -1e300) == 1.0  # far apart is no error


def answer(s, a):
    return Answer(np.array(s), np.array(a))


def pairs():
    return [Preference(0, answer([0, 1], [0, 1]), answer([0], [2]))] * 3


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", ["s", "a"])
def test_what_is_seen_in_an_answer(field, bad, rng):
    policy = Softmax(Linear(lambda s: s, 3, d=2))
    good = Answer(np.ones((2, 2)), np.array([0.0, 1.0]))
    wrong = {"s": good.s, "a": good.a} | {field: getattr(good, field).copy()}
    wrong[field].flat[-1] = bad
    given = [Preference(0, good, Answer(**wrong))]
    with pytest.raises(ValueError, match=rf"^{field} must be finite, got {bad} in answer 1$"):
        DPO(policy, beta=0.1, lr=0.1, rng=rng).update(given)
    with pytest.raises(ValueError, match=rf"^{field} must be finite, got {bad} in answer 1$"):
        RewardModel(Linear(lambda s: s, 3, d=2), lr=0.1).update(given)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_a_policy_that_gives_an_answer_no_chance(bad, rng):
    """The step size is not blamed for what was so from the beginning."""
    good, wrong = Softmax(Table(2, 3)), Softmax(Table(2, 3))
    wrong.f.table[0, 2] = bad
    rollouts = [Rollouts(0, [pairs()[0].chosen, pairs()[0].rejected], [1.0, 0.0])]
    where = {"reference": ".*", "policy": ".* if it was finite before, lr must be smaller"}
    for kind, given in ((DPO, pairs()), (RLHF, rollouts)):
        for policy, reference, who in ((good, wrong, "reference"), (wrong, good, "policy")):
            agent = kind(deepcopy(policy), beta=0.1, lr=0.1, reference=reference, rng=rng)
            before = agent.policy.theta.copy()
            message = rf"^the log-probabilities of the {who} must be finite, got {where[who]}"
            with pytest.raises(ValueError, match=message):
                agent.update(given)
            assert np.array_equal(agent.policy.theta, before, equal_nan=True)
