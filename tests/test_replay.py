"""The ring of steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from rlbook.agent import Step
from rlbook.function_approximation.replay import Replay


def step(k, **other):
    """The k-th step: every field says which it is."""
    s = np.array([k, -k, 0.5], dtype=np.float32)
    return Step(s, k % 3, float(k), s + 1, k % 5 == 0, k % 7 == 0)._replace(**other)


def filled(capacity, n):
    replay = Replay(capacity)
    for k in range(n):
        replay.add(step(k))
    return replay


def same(batch, steps):
    for field, rows in zip(batch, zip(*steps, strict=True), strict=True):
        assert np.array_equal(field, np.array(rows))


@pytest.mark.parametrize("n", [1, 4, 5, 6, 9, 10, 11, 23])
def test_the_newest_steps_are_kept_the_oldest_first(n):
    replay = filled(5, n)
    assert len(replay) == min(n, 5)
    assert replay.added == n
    same(replay.all(), [step(k) for k in range(max(0, n - 5), n)])


@given(st.integers(1, 8), st.integers(1, 30))
def test_a_ring_is_a_list_that_forgets_its_head(capacity, n):
    replay, kept = Replay(capacity), []
    for k in range(n):
        replay.add(step(k))
        kept = [*kept, step(k)][-capacity:]
        same(replay.all(), kept)


def test_a_new_step_takes_the_place_of_the_oldest():
    replay = filled(3, 3)
    replay.add(step(3))
    assert replay.fields.r.tolist() == [3.0, 1.0, 2.0]


def test_a_sample_is_a_step_with_an_axis_more(rng):
    replay = filled(5, 8)
    for n in (1, 3, 64):  # more than there are: with replacement
        t = replay.sample(n, rng)
        assert isinstance(t, Step)
        assert [np.shape(x) for x in t] == [(n, 3), (n,), (n,), (n, 3), (n,), (n,)]
        for k, r in enumerate(t.r):
            same(Step(*(x[k : k + 1] for x in t)), [step(int(r))])  # all fields of one step
        assert set(t.r) <= {3.0, 4.0, 5.0, 6.0, 7.0}


def test_types_are_those_of_the_first_step(rng):
    t = filled(5, 8).sample(4, rng)
    assert [x.dtype for x in t] == [np.float32, np.int64, np.float64, np.float32, bool, bool]
    tabular = Replay(4)
    tabular.add(Step(3, 1, 1.0, 2, False, False))
    assert tabular.sample(2, rng).s.dtype.kind == "i"
    actions = Replay(4)
    actions.add(step(1, a=np.ones((2, 2), np.float16)))
    assert actions.sample(3, rng).a.shape == (3, 2, 2)
    assert actions.sample(3, rng).a.dtype == np.float16


@pytest.mark.parametrize(("capacity", "n"), [(20, 20), (20, 33), (50, 20)])
def test_a_sample_is_uniform_over_what_is_remembered(capacity, n):
    rng = np.random.default_rng(0)
    replay = filled(capacity, n)
    drawn = np.concatenate([replay.sample(100, rng).r for _ in range(200)]).astype(int)
    counts = np.bincount(drawn - (n - 20), minlength=20)
    assert len(counts) == 20
    assert chisquare(counts).pvalue > 0.001  # a fixed seed: the level at which it was once tested


def test_draws_are_independent():
    rng, replay = np.random.default_rng(0), filled(4, 4)
    pairs = np.array([replay.sample(2, rng).r for _ in range(8000)]).astype(int)
    counts = np.bincount(4 * pairs[:, 0] + pairs[:, 1], minlength=16)  # twice the same among them
    assert chisquare(counts).pvalue > 0.001


def test_the_same_generator_draws_the_same():
    samples = [filled(9, 30).sample(7, np.random.default_rng(4)) for _ in range(2)]
    same(samples[0], list(zip(*samples[1], strict=True)))


def test_a_sample_is_a_copy(rng):
    replay = filled(5, 5)
    for t in (replay.sample(5, rng), replay.all()):
        for x in t:
            x[...] = 0
    same(replay.all(), [step(k) for k in range(5)])


def test_what_was_remembered_does_not_change_with_the_array_it_came_in():
    replay, s = Replay(3), np.zeros(2)
    for k in range(2):
        s[:] = k
        replay.add(Step(s, 0, 0.0, s, False, False))
    assert replay.all().s.tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    "other",
    [
        {"s": np.zeros(1, np.float32)},
        {"s": 0.0},
        {"s_next": np.zeros((1, 3))},
        {"a": np.zeros(2)},
        {"a": np.zeros(1)},
        {"r": np.zeros(1)},
        {"terminated": np.array([True, False])},
    ],
)
@pytest.mark.parametrize("n", [1, 7])
def test_a_step_of_another_shape_is_refused_and_changes_nothing(other, n):
    replay = filled(5, n)
    before = replay.all()
    with pytest.raises(ValueError, match="a step like the first has shape"):
        replay.add(step(n, **other))
    assert replay.added == n
    same(replay.all(), list(zip(*before, strict=True)))


def test_a_number_that_the_type_of_the_first_cannot_hold_is_refused():
    replay = Replay(5)
    replay.add(Step(3, 1, 1, 2, False, False))  # a whole reward
    with pytest.raises(ValueError, match="first"):
        replay.add(Step(3, 1, 0.5, 2, False, False))


def test_a_wider_type_widens_what_is_there_and_a_narrower_one_does_not():
    replay = filled(5, 2)
    fine = np.array([0.1, 0.2, 0.3])
    replay.add(step(2, s=fine, a=np.int8(1)))
    assert [x.dtype for x in replay.all()[:2]] == [np.float64, np.int64]
    same(replay.all(), [step(0), step(1), step(2, s=fine, a=1)])
    replay.add(step(3, s=fine.astype(np.float16)))
    assert replay.all().s.dtype == np.float64
    assert np.array_equal(replay.all().s[2], fine)


def test_an_empty_replay_says_so(rng):
    replay = Replay(5)
    assert len(replay) == 0
    with pytest.raises(ValueError, match="must hold a step before it is sampled, got none"):
        replay.sample(1, rng)
    with pytest.raises(ValueError, match="must hold a step before it is read, got none"):
        replay.all()


def test_clear(rng):
    replay = filled(5, 8)
    replay.clear()
    assert len(replay) == 0
    with pytest.raises(ValueError, match="must hold a step before it is sampled, got none"):
        replay.sample(1, rng)
    with pytest.raises(ValueError, match="must hold a step before it is read, got none"):
        replay.all()
    for k in range(20, 23):
        replay.add(step(k))
    same(replay.all(), [step(k) for k in range(20, 23)])
    assert set(replay.sample(50, rng).r) == {20.0, 21.0, 22.0}


def test_refill_puts_each_step_where_it_lay():
    replay = filled(5, 8)
    other = filled(5, 2)
    other.refill(Step(*(x.copy() for x in replay.fields)), 8)
    for k in (8, 9):
        replay.add(step(k))
        other.add(step(k))
        same(other.all(), list(zip(*replay.all(), strict=True)))
    other.refill(None, 0)
    assert len(other) == 0


def test_bad_numbers(rng):
    for capacity in (0, -1, 2.0, True, "5"):
        with pytest.raises(ValueError, match="capacity must be a whole number, 1 or more, got"):
            Replay(capacity)
    for n in (0, 1.5):
        with pytest.raises(ValueError, match="n must be a whole number, 1 or more, got"):
            filled(5, 5).sample(n, rng)
    with pytest.raises(ValueError, match="rng must be a Generator"):
        filled(5, 5).sample(1, np.random)
