"""Features by hand: polynomials, Fourier, one-hot, tiles."""

from itertools import pairwise

import gymnasium
import numpy as np
import pytest
from linear_cases import GRID

from rlbook import GridWorld
from rlbook.functions.features import fourier, grid_features, one_hot, polynomial, tile_coding


@pytest.mark.book("eq:8.15", "eq:8.16", "eq:8.17")
def test_polynomial_features_by_hand():
    z = [0.75, 0.25]  # x = 1/2, y = -1/2
    x, y = 0.5, -0.5
    assert polynomial(0)(z).tolist() == [1]
    assert polynomial(1)(z).tolist() == [1, x, y]
    assert polynomial(2)(z).tolist() == [1, x, y, x**2, y**2, x * y]
    cubic = [1, x, y, x**2, y**2, x * y, x**3, y**3, x**2 * y, x * y**2]
    assert polynomial(3)(z) == pytest.approx(cubic)
    assert polynomial(2)([1.0]).tolist() == [1, 1, 1]
    assert polynomial(1)([0.5, 1.0, 0.0]).tolist() == [1, 0, 1, -1]
    assert polynomial(3)(np.zeros((4, 7, 2))).shape == (4, 7, 10)
    assert [polynomial(4)(np.zeros(k)).size for k in (1, 2, 3)] == [5, 15, 35]


@pytest.mark.book("eq:8.18")
def test_fourier_features_by_hand():
    assert fourier(1)([0.5, 1.0]) == pytest.approx([1, -1, 0, 0])  # c = 00, 01, 10, 11
    assert fourier(2)([1 / 3]) == pytest.approx([1, 0.5, -0.5])
    assert fourier(2)([0.0, 0.0]).tolist() == [1] * 9
    assert fourier(5)(np.zeros((3, 2))).shape == (3, 36)


def test_one_hot_features():
    assert one_hot(3)(1).tolist() == [0, 1, 0]
    assert one_hot(3)(np.array([[2, 0]])).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert one_hot(4)([0.2, 0.9]).tolist() == [0, 0, 1, 0]  # x fastest
    assert one_hot(8)([1.0, 0.0, 1.0]).argmax() == 5
    assert np.array_equal(grid_features(GRID, one_hot(25)), np.eye(25))
    assert np.array_equal(grid_features(GridWorld("./T"), one_hot(4)), np.eye(4)[[0, 2]])


def test_grid_features_know_x_from_y():
    phi = grid_features(GridWorld("..T/..."), polynomial(1))
    assert phi.tolist() == [[1, x, y] for y in (-1, 1) for x in (-1, 0, 1)]
    assert grid_features(GridWorld(".T"), polynomial(1))[:, 2].tolist() == [-1, -1]  # a single row
    wrapped = gymnasium.make("rlbook/GridWorld-v0")
    assert grid_features(wrapped, fourier(2)).shape == (25, 9)


def test_tile_coding():
    box = gymnasium.spaces.Box(np.array([-2.0, 0.0]), np.array([2.0, 1.0]), dtype=np.float64)
    coding = tile_coding(box, tilings=4, tiles=5)
    assert coding.n_features == 4 * 6 * 6
    rng = np.random.default_rng(0)
    points = np.vstack([rng.uniform(box.low, box.high, size=(500, 2)), [box.low, box.high],
                        [[-2, 1]], [[2, 0]], [[-9, 9]]])  # fmt: skip
    on = np.array([coding(x) for x in points])
    assert set(np.unique(on)) == {0.0, 1.0}
    assert (on.reshape(len(points), 4, 36).sum(-1) == 1).all()  # one of each tiling
    assert np.array_equal(coding([-9, 9]), coding([-2, 1]))  # outside: as at the edge
    # Neighbours share tiles, and the more the nearer they are; strangers share none.
    near, nearer = (coding([0.1 + h, 0.5]) for h in (0.3, 0.05))
    assert 0 < coding([0.1, 0.5]) @ near < 4
    assert coding([0.1, 0.5]) @ near <= coding([0.1, 0.5]) @ nearer
    assert coding([-1.9, 0.1]) @ coding([1.9, 0.9]) == 0
    assert np.array_equal(tile_coding((box.low, box.high), tilings=4, tiles=5)([0.1, 0.5]),
                          coding([0.1, 0.5]))  # fmt: skip
    # Askew: along the diagonal the tilings do not all change at once.
    diagonal = [coding([-2 + 4 * h, h]) for h in np.linspace(0.3, 0.5, 200)]
    changes = [8 - 2 * (a @ b) for a, b in pairwise(diagonal)]
    assert max(changes) <= 4


def test_tile_coding_is_asked_again():
    coding, fresh = (tile_coding(([0.0, 0.0], [1.0, 1.0]), tilings=4, tiles=5) for _ in range(2))
    x = np.array([0.2, 0.7])
    coding(x)[:] = 5  # who gets the features may write into them
    assert np.array_equal(coding(x), fresh([0.2, 0.7]))
    x[:] = 0.9  # and who asks may move on in the same array
    assert np.array_equal(coding(x), fresh([0.9, 0.9]))
    with pytest.raises(ValueError, match="obs must be numbers"):
        coding([np.nan, 0.9])
    assert np.array_equal(coding(x), fresh([0.9, 0.9]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: polynomial(-1), "order must be a whole number, 0 or more, got -1"),
        (lambda: fourier(1.5), "order must be a whole number, 0 or more, got 1.5"),
        (lambda: one_hot(0), "n must be a whole number, 1 or more, got 0"),
        (lambda: one_hot(5)([0.1, 0.2]), r"n must be m\^2 for m boxes along each .*, got 5"),
        (lambda: one_hot(5)(5), "s must be whole numbers from 0 to 4, got 5"),
        (lambda: polynomial(1)([0.5, 1.5]), r"z must be coordinates \(..., k\) from 0 to 1"),
        (lambda: fourier(1)([np.nan]), r"z must be coordinates"),
        (lambda: grid_features(gymnasium.make("FrozenLake-v1"), polynomial(1)), "must be a grid"),
        (lambda: grid_features(GRID, lambda z: z[:3]), r"phi must have shape \(25, d\)"),
        (lambda: grid_features(GRID, lambda z: z * np.inf), "phi must be finite|invalid value"),
        (lambda: tile_coding(3), r"space must be a Box or a pair \(low, high\), got 3"),
        (lambda: tile_coding(([0, 0], [1])), r"bounds \(k,\), got low \(2,\), high \(1,\)"),
        (lambda: tile_coding(([0, 0], [1, np.inf])), r"finite bounds, got high\[1\] = inf"),
        (lambda: tile_coding(([0, 1], [1, 1])), r"low < high, got 1.0 and 1.0 at 1"),
        (lambda: tile_coding(([0], [1]), tiles=0), "tiles must be a whole number, 1 or more"),
        (lambda: tile_coding(([0], [1]))([0.5, 0.5]), r"obs must have shape \(1,\), got \(2,\)"),
        (lambda: tile_coding(([0], [1]))([np.nan]), "obs must be numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_bad_features(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_box_without_bounds_is_refused_by_name():
    space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    with pytest.raises(ValueError, match=r"space must have finite bounds, got low\[0\] = -inf"):
        tile_coding(space)
