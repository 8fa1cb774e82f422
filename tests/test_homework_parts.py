"""The parts of the checker: smaller cases, what is read, words, what is sent between processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rlbook.homework.calling import call, plain
from rlbook.homework.catalogue import homework
from rlbook.homework.draw import Draw, simplest
from rlbook.homework.given import rng
from rlbook.homework.judge import judge
from rlbook.homework.laws import Best, Close, Law
from rlbook.homework.reading import MisreadError, read
from rlbook.homework.task import Homework
from rlbook.homework.wire import pack, unpack
from rlbook.homework.words import case_in_words, place, shown
from rlbook.homework.worlds import model

# Draw: what is drawn, and what is smaller.


@pytest.mark.parametrize("seed", range(5))
def test_the_choices_make_the_same_case_again(seed):
    first = Draw(np.random.default_rng(seed))
    case = model(first)
    again = model(Draw(None, first.choices))
    assert all((again[name] == case[name]).all() for name in case)


@given(st.integers(0, 2**32 - 1))
def test_a_drawn_model_is_one(seed):
    draw = Draw(np.random.default_rng(seed))
    case = model(draw)
    assert np.allclose(case["P"].sum(-1), 1)
    assert (case["P"] >= 0).all()
    assert case["P"].shape[:2] == case["R"].shape
    assert 0 < draw.gamma() < 1


def test_no_choices_make_the_simplest_case():
    case = model(Draw(None))
    assert (case["P"].tolist(), case["R"].tolist()) == ([[[1.0]]], [[0.0]])


def test_numbers_lie_between_minus_ten_and_ten_and_each_is_once():
    numbers = [Draw(None, [k]).number() for k in range(81)]
    assert numbers[:4] == [0, 1, -1, 2]
    assert -10 <= min(numbers) < -8
    assert 8 < max(numbers) <= 10
    assert len(set(numbers)) > 70


def smallest(fails, seed=0):
    """The smallest list of numbers that fails, from a random one that does."""

    def make(draw):
        return [draw.index(100) for _ in range(draw.between(0, 9))]

    def still(choices):
        draw = Draw(None, choices)
        return draw.choices if fails(make(draw)) else None

    generator = np.random.default_rng(seed)
    while True:
        draw = Draw(generator)
        if fails(make(draw)):
            return make(Draw(None, simplest(draw.choices, still)))


@pytest.mark.parametrize("seed", range(20))
def test_shrinking_finds_what_a_person_would(seed):
    assert sum(smallest(lambda xs: sum(xs) >= 50, seed)) == 50
    assert smallest(lambda xs: len(xs) >= 3, seed) == [0, 0, 0]
    assert smallest(lambda xs: any(x > 7 for x in xs), seed) == [8]


def test_shrinking_ends():
    calls = []
    simplest([1] * 1000, lambda choices: calls.append(1), tries=50)
    assert len(calls) == 50


# Reading: whatever was returned, as what was asked for.


@pytest.mark.parametrize(
    ("returned", "remark"),
    [
        ([1.0, 2.0], ""),
        ((1, 2), ""),
        (np.array([1, 2], dtype=np.int8), ""),
        ({0: 1.0, 1: 2.0}, ""),
        ({"1": 2.0, "0": 1.0}, ""),
        ([[1.0], [2.0]], "as if it had the shape"),
        (np.array([[1.0, 2.0]]), "as if it had the shape"),
        (np.array([1, 2], dtype=np.float32), "32 bits"),
        ([np.float64(1), np.array(2.0)], ""),
    ],
)
def test_a_vector_is_read(returned, remark):
    remarks = set()
    assert read(returned, np.zeros(2), ["v"], remarks).tolist() == [1, 2]
    assert remark in "".join(remarks)
    assert bool(remarks) == bool(remark)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "nothing is returned"),
        ([1.0], r"v must have shape \(2,\), got shape \(1,\)"),
        (3.0, r"v must have shape \(2,\), got a number"),
        ([[1, 2], [3]], "rows of different lengths"),
        ("12", "v must hold real numbers, got str '12'"),
        ([1j, 2], "got complex ones"),
        ({"a": 1}, "a dict with keys 0, 1, 2"),
        ({0: 1, 2: 2}, "a dict with keys 0, 1, 2"),
        ([None, None], "v must hold real numbers"),
    ],
)
def test_what_is_no_vector_is_said(returned, says):
    with pytest.raises(MisreadError, match=says):
        read(returned, np.zeros(2), ["v"], set())


def test_a_policy_may_be_the_actions():
    remarks = set()
    assert read([1, 0], np.zeros((2, 3)), ["pi"], remarks).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert "one action for each state" in "".join(remarks)
    with pytest.raises(MisreadError, match="actions from 0 to 2"):
        read([3, 0], np.zeros((2, 3)), ["pi"], set())
    with pytest.raises(MisreadError, match="actions from 0 to 2"):
        read([np.nan, 0], np.zeros((2, 3)), ["pi"], set())


def test_steps_are_read_one_by_one_or_the_last_alone():
    like = [np.zeros(2)] * 3
    assert len(read([[0, 1]] * 3, like, ["v"], set())) == 3
    assert len(read(np.zeros((3, 2)), like, ["v"], set())) == 3
    remarks = set()
    assert len(read([5, 6], like, ["v"], remarks)) == 1
    assert "Only the last step" in "".join(remarks)
    with pytest.raises(MisreadError, match="returns 2 entries for 3 steps"):
        read([[0, 1]] * 2, like, ["v"], set())


# Between processes: every bit, and no code.

anything = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats() | st.integers(-(2**60), 2**60)
    | arrays(st.sampled_from([np.float64, np.float32, np.int64, np.bool_]), (2, 3)),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)  # fmt: skip


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b or (a != a and b != b)


@given(anything)
def test_what_is_sent_arrives(x):
    line = pack(x)
    assert "\n" not in line
    assert same(unpack(line), x)


def test_what_is_given_arrives():
    assert unpack(pack([rng(3)])) == [rng(3)]
    assert unpack(pack(np.longdouble(1) / 3)) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "line", ['{"array": ["|O", [1], ""]}', '{"array": ["<f8", [5], ""]}', "{", '{"x": 1, "y": 2}'],
)  # fmt: skip
def test_a_line_that_was_not_packed_is_an_error(line):
    with pytest.raises(ValueError, match=r"\w"):
        unpack(line)


def test_plain_takes_no_more_than_it_should():
    def endless():
        while True:
            yield 1

    assert plain(endless(), 3) == [1, 1, 1]
    assert plain(object(), 3) == "an object of object"


def test_a_call_gets_copies_and_tells_what_was_logged():
    v = np.zeros(2)

    def function(v, values):
        v += 1
        values.append(3)
        return v

    values = [1]
    reply = call(function, {"v": v, "values": values}, 10)
    assert reply.answer.tolist() == [1, 1]
    assert (v.tolist(), values) == ([0, 0], [1])


# Words and laws.


def test_words():
    assert shown(np.array([[0.5, 1], [1 / 3, -2]])) == "[[0.5, 1], [0.333333, -2]]"
    assert shown(np.zeros((25, 5))) == "an array of shape (25, 5)"
    assert place("v_1", (2,)) == "v_1[2] (state s3)"
    assert place("q", (0, 1)) == "q[0, 1] (state s1, action a2)"
    assert place("w", (3,)) == "w[3]"
    assert place("G", ()) == "G"
    P, R = np.array([[[0.25, 0.75]], [[0.0, 1.0]]]), np.array([[1.0], [-0.5]])
    assert case_in_words({"P": P, "R": R, "gamma": 0.5}) == [
        "2 states, 1 action",
        "  s1, a1: reward 1, to s1 (0.25) or s2 (0.75)",
        "  s2, a1: reward -0.5, to s2",
        "gamma = 0.5",
    ]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1 + 1e-4])
def test_close_means_close(bad):
    given, value = np.array([1.0, bad]), np.array([1.0, 1.0])
    assert Close().wrong(given, value).tolist() == [False, True]
    assert not Close().wrong(value + 1e-9, value).any()
    assert not Close().wrong(value.astype(np.float32) + np.float32(1e-6), value).any()


def test_any_of_the_best_actions_will_do():
    q = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 1.0]])
    for pi in ([[1, 0, 0], [0, 1, 0]], [[0.3, 0.7, 0], [0, 1, 0]]):
        assert not Best().wrong(np.array(pi, dtype=float), q).any()
    for row in ([0, 0, 1], [0.5, 0.4, 0.1], [1, 1, 0], [1, 0.5, -0.5], [np.nan, 1, 0], [0, 0, 0]):
        wrong = Best().wrong(np.array([row, [0, 1, 0]], dtype=float), q)
        assert wrong.tolist() == [True, False], row


def test_a_mistake_is_named_only_if_it_explains_every_case():
    (task,) = (t for t in homework("hw03").tasks if t.name == "optimality_step")

    def sometimes(P, R, gamma, v):  # the mean of the actions, but for large models
        q = R + gamma * P @ v
        return q.max(axis=1) if len(P) == 4 else q.mean(axis=1)

    finding = judge(task, lambda args, take, seconds: call(sometimes, args, take))
    assert (finding.verdict, finding.looks_like) == ("wrong", "")


def test_a_task_without_a_law_is_refused():
    with pytest.raises(ValueError, match="a task needs a law, or uses"):
        Homework("x", "", 1, "").task("eq:2.5", returns="v", cases=lambda draw: {})
    assert Law("(2.5)", sum).mistakes == {}


def test_slow_code_is_not_called_for_ever():
    import time

    task = homework("hw03").tasks[0]

    def slow(P, R, gamma, v):
        time.sleep(0.05)
        return (R + gamma * P @ v).max(axis=1)

    before = time.monotonic()
    finding = judge(task, lambda args, take, seconds: call(slow, args, take), seconds=1)
    assert finding.verdict == "right"
    assert "the book's world" in finding.says
    assert time.monotonic() - before < 3
