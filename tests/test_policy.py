import numpy as np
import pytest
from scipy.stats import chisquare

from rlbook import epsilon_greedy, greedy, sample, softmax, uniform
from rlbook.policy import sample_epsilon_greedy


def test_every_function_acts_on_the_last_axis(rng):
    q = rng.normal(size=(2, 3, 4))
    for f in (greedy, softmax, lambda q: epsilon_greedy(q, 0.3)):
        pi = f(q)
        assert pi.shape == q.shape
        assert np.allclose(pi.sum(-1), 1)
        assert np.array_equal(pi[1, 2], f(q[1, 2]))
        assert (pi.argmax(-1) == q.argmax(-1)).all()


def test_ties_go_to_the_first_action():
    assert greedy([1, 3, 3]).tolist() == [0, 1, 0]
    assert epsilon_greedy([1, 3, 3], 0.3).argmax() == 1


@pytest.mark.book("fig:5.6")
def test_epsilon_greedy_is_the_books():
    # 1 - epsilon (|A| - 1) / |A| for the greedy action, epsilon / |A| for the others [Zhao 5.4.1]
    assert epsilon_greedy([0, 1, 0, 0, 0], 0.5) == pytest.approx([0.1, 0.6, 0.1, 0.1, 0.1])
    assert np.array_equal(epsilon_greedy([0, 1], 0), [0, 1])
    assert epsilon_greedy([0, 1, 0, 0], 1) == pytest.approx([0.25] * 4)


class Largest:
    """Draws the largest number below epsilon."""

    def __init__(self, epsilon):
        self.random = lambda: np.nextafter(epsilon, 0)


def test_exploring_never_draws_beyond_the_last_action(rng):
    for epsilon in [1.0, 0.1, 2.0**-30, 5e-324, *rng.random(200)]:
        for n in (1, 2, 3, 5, 7, 64, 100, 2**20 - 1):
            assert sample_epsilon_greedy(np.zeros(n), epsilon, Largest(epsilon)) < n


def test_softmax_is_right_and_cannot_overflow():
    assert softmax([0, np.log(3)]) == pytest.approx([0.25, 0.75])
    assert softmax([1e4, 0]) == pytest.approx([1, 0])
    assert uniform(2, 4).tolist() == [[0.25] * 4] * 2
    with pytest.raises(ValueError, match=r"^n_actions must be a whole number, 1 or more, got 0$"):
        uniform(2, 0)


@pytest.mark.parametrize("epsilon", [-0.1, 1.1, np.nan])
def test_epsilon_outside_its_range(epsilon):
    with pytest.raises(ValueError, match=r"epsilon must lie in \[0, 1\], got"):
        epsilon_greedy([0, 1], epsilon)


def test_sample_follows_the_distribution():
    p = np.array([0.1, 0.0, 0.6, 0.3, 0.0])
    rng = np.random.default_rng(1)
    counts = np.bincount([sample(p, rng) for _ in range(20_000)], minlength=5)
    assert counts[1] == counts[4] == 0
    # One test at level 1e-6 with a fixed seed.
    assert chisquare(counts[[0, 2, 3]], 20_000 * p[[0, 2, 3]]).pvalue > 1e-6


def test_sample_spends_one_random_number_a_row():
    p = np.full((3, 4), 0.25)
    one, other = np.random.default_rng(2), np.random.default_rng(2)
    rows = sample(p, one)
    assert rows.shape == (3,)
    assert rows.tolist() == [sample(row, other) for row in p]
    assert one.random() == other.random()
    assert isinstance(sample(p[0], one), int)


class Fixed:
    """A generator that always gives the same number."""

    def __init__(self, u):
        self.u = u

    def random(self):
        return self.u


def test_sample_at_the_edges():
    assert sample([0.0, 0.5, 0.5], Fixed(0.0)) == 1
    assert sample([0.0, 0.5, 0.5], Fixed(0.5)) == 2
    almost_one = 1 - 2**-53
    short = np.array([0.1] * 10 + [0.0])  # its cumulative sum ends at 0.9999999999999999
    assert np.cumsum(short)[-1] < 1
    assert sample(short, Fixed(almost_one)) == 9  # the last entry that is possible


class AlmostOne:
    """A generator whose numbers are all the largest below 1."""

    def random(self, n):
        return np.full(n, 1 - 2**-53)


def test_each_row_ends_with_its_own_last_possible_entry():
    tenths = np.full(10, 0.1)  # sums to less than 1
    rows = np.array([[*tenths, 0, 0], [0, *tenths, 0], [0, 0, *tenths]])
    assert (rows.cumsum(-1)[:, -1] < 1).all()
    assert sample(rows, AlmostOne()).tolist() == [9, 10, 11]
    assert sample(rows.reshape(3, 1, 12), AlmostOne()).tolist() == [[9], [10], [11]]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize("epsilon", [1.0, 0.3, 0.1, 2.0**-20, 1e-300, 5e-324])
def test_exploring_draws_each_action_from_its_own_piece_and_never_one_too_far(epsilon, n):
    q = np.zeros(n)
    assert sample_epsilon_greedy(q, epsilon, Fixed(0.0)) == 0
    if epsilon > 1e-300:  # the middles of n equal pieces
        pieces = [epsilon * (k + 0.5) / n for k in range(n)]
        assert [sample_epsilon_greedy(q, epsilon, Fixed(u)) for u in pieces] == list(range(n))
    last = 0 if epsilon == 5e-324 else n - 1  # there is no number but 0 below it
    assert sample_epsilon_greedy(q, epsilon, Fixed(np.nextafter(epsilon, 0))) == last
    assert sample_epsilon_greedy(np.arange(n), epsilon, Fixed(epsilon)) == n - 1  # greedy


def test_the_last_of_the_best_is_drawn_where_rounding_carries_the_rest_to_one():
    u, epsilon = 1 - 2**-53, 0.3
    assert (u - epsilon) / (1 - epsilon) == 1
    assert sample_epsilon_greedy(np.array([1.0, 1.0, 0.0]), epsilon, Fixed(u), "random") == 1
