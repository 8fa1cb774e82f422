"""Tables of outcomes as users have them: in any form, read right or refused by one clear error."""

from collections import defaultdict

import gymnasium
import numpy as np
import pytest
from user_cases import SURE, Listed, vars_of

from rlbook import MDP, optimal


def dicts(P):
    return {s: dict(enumerate(row)) for s, row in enumerate(P)}


def shapes():
    """The table SURE in every form in which coursework writes it."""
    yield SURE
    yield tuple(tuple(row) for row in SURE)
    yield dicts(SURE)
    yield dict(enumerate(SURE))
    yield [dict(enumerate(row)) for row in SURE]
    yield {s: {a: SURE[s][a] for a in (1, 0)} for s in (1, 0)}  # keys in another order
    yield {np.int64(s): {np.int32(a): SURE[s][a] for a in (0, 1)} for s in (0, 1)}
    yield np.array(SURE)  # (S, A, K, 4)
    yield [[[list(o) for o in outcomes] for outcomes in row] for row in SURE]
    grown = defaultdict(lambda: defaultdict(list))
    for s, a in ((1, 1), (0, 0), (1, 0), (0, 1)):
        grown[s][a].extend(SURE[s][a])
    yield grown


@pytest.mark.parametrize("P", shapes())
def test_a_table_in_any_form_is_the_same_model(P):
    for model in (MDP.from_table(P), MDP.from_env(Listed(P))):
        assert model.p.tolist() == [[[1.0], [1.0]], [[1.0], [1.0]]]
        assert model.s_next.tolist() == [[[0], [1]], [[0], [1]]]
        assert model.r.tolist() == [[[0.0], [1.0]], [[2.0], [3.0]]]
        assert model.terminated.tolist() == [[[False], [False]], [[False], [True]]]


def test_pairs_with_several_and_with_different_numbers_of_outcomes():
    P = [
        [[(0.25, 1, 1.0, False), (0.75, 0, 2.0, True)], [(1, 1, 0, 0)]],
        [[(0.5, 0, 0.0, False), (0.25, 1, 0.0, False), (0.25, 1, 5.0, True)], [(1, 0, 4, 1)]],
    ]
    model = MDP.from_table(P)
    for s, a in np.ndindex(2, 2):
        n = len(P[s][a])
        given = list(zip(*(x[s, a, :n] for x in vars_of(model)), strict=True))
        assert given == P[s][a]
        assert (model.p[s, a, n:] == 0).all()


def test_states_with_other_numbers_of_actions_are_refused_and_never_cut():
    two = {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 1.0, False)]}
    three = {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 0.5, False)], 2: [(1.0, 1, 5.0, False)]}
    more = {0: two, 1: three}
    less = {0: more[1], 1: more[0]}
    for P in (more, less, [list(more[0].values()), list(more[1].values())]):
        for read in (MDP.from_table, lambda P: MDP.from_env(Listed(P))):
            with pytest.raises(ValueError, match=r"P must list .*actions 0 to 2, got 2 actions in"):
                read(P)
    more[0][2] = [(1.0, 0, -1.0, False)]  # as the error says
    assert optimal(MDP.from_table(more), 0.9).v == pytest.approx([46, 50], abs=1e-5)


@pytest.mark.parametrize(
    ("P", "got"),
    [
        ({0: SURE[0], 2: SURE[1]}, r"states 0 to 1, got the keys \[0, 2\]"),
        ({1: SURE[0], 2: SURE[1]}, r"states 0 to 1, got the keys \[1, 2\]"),
        ({0: SURE[0], 1: SURE[1], "end": 0}, r"states 0 to 2, got the keys \[0, 1, 'end'\]"),
        ({0: SURE[0], -1: SURE[1]}, r"states 0 to 1, got the keys \[0, -1\]"),
        ({(0, 0): SURE[0], (0, 1): SURE[1]}, r"states 0 to 1, got the keys \[\(0, 0\), \(0, 1\)\]"),
        ({"0": SURE[0], "1": SURE[1]}, r"states 0 to 1, got the keys \['0', '1'\]"),
        ([SURE[0], {1: [], 2: []}], r"actions 0 to 1, got the keys \[1, 2\] in state 1"),
        ([SURE[0], {"up": []}], r"actions 0 to 0, got the keys \['up'\] in state 1"),
        ([SURE[0], 5], r"actions 0 to any number, got 5 in state 1"),
        ([SURE[0], []], r"actions 0 to any number, got \[\] in state 1"),
        ([], r"states 0 to any number, got \[\]"),
        ({}, r"states 0 to any number, got {}"),
        (5, r"states 0 to any number, got 5"),
        ([SURE[0], [SURE[1][0], []]], r"got \[\] in state 1, action 1"),
        ([[[(1.0, 0, 0.0)]]], r"got \[\(1.0, 0, 0.0\)\] in state 0, action 0$"),
        ([[[(1.0, 0, 0.0, False, {})]]], r"got \[\(1.0, 0, 0.0, False, {}\)\] in state 0"),
        ([[[(1.0, 0, "much", False)]]], r"got \[\(1.0, 0, 'much', False\)\] in state 0"),
        ([[[(1.0, 0, 10**400, False)]]], r"got \[\(1.0, 0, 1000000.*\.\.\. in state 0, action 0"),
        ([[(1.0, 0, 0.0, False)]], r"got \(1.0, 0, 0.0, False\) .*: put even one outcome into a"),
        (np.full((2, 2, 2), 0.5), r"in state 0, action 0: .* is for MDP.from_matrices"),
    ],
)
def test_a_table_that_is_none(P, got):
    for name, read in (("P", MDP.from_table), ("env.P", lambda P: MDP.from_env(Listed(P)))):
        with pytest.raises(ValueError, match=rf"^{name} must list outcomes .* {got}"):
            read(P)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ((0.9, 0, 0.0, False), r"^P\[0, 0\] must sum to 1, got 0.9"),
        ((0, 1.0, 0.0, False), r"got 0.0; an outcome is \(p, s_next, r, terminated\)$"),
        ((-1.0, 0, 0.0, False), r"^P must be finite and not negative, got -1.0 at \(0, 0, 0\)"),
        ((1.0, 7, 0.0, False), r"s_next must be states 0 to 0, got 7"),
        ((1.0, 0, np.nan, False), r"r must be finite, got nan"),
        ((1.0, 0, 0.0, None), r"terminated must be true or false, got nan"),
    ],
)
def test_outcomes_that_are_none(outcome, message):
    with pytest.raises(ValueError, match=message):
        MDP.from_table([[[outcome]]])


def test_a_table_is_held_against_the_spaces_of_its_world():
    discrete = gymnasium.spaces.Discrete
    fits = {"observation_space": discrete(2), "action_space": discrete(2)}
    assert MDP.from_env(Listed(SURE, **fits)).n_actions == 2
    for wrong in ({"observation_space": discrete(3)}, {"action_space": discrete(3)},
                  {"observation_space": discrete(2, start=1)}):  # fmt: skip
        with pytest.raises(ValueError, match=r"^env.P must fit its \w+_space, Discrete.* got 2 of"):
            MDP.from_env(Listed(SURE, **fits | wrong))


def test_a_table_is_no_world():
    for P in (SURE, dicts(SURE)):
        with pytest.raises(ValueError, match=r"env must have a table .*: use MDP.from_table\(P\)$"):
            MDP.from_env(P)
