"""What is known of a state when it is not looked up in a table: its features. [Zhao 8.2]

A basis maps coordinates z (..., k) in [0, 1]^k to features (..., d):

    polynomial(order)    1, x, y, x^2, y^2, xy, ...        x and y from -1 to 1
    fourier(order)       cos(pi (c . z))                   c in {0, ..., order}^k
    one_hot(n)           one of n is 1: the table itself

`grid_features` gives the features of every cell of a grid, phi (S, d). `tile_coding` is a basis for
observations of any Box: what a linear agent sees of a car on a hill.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from rlbook.checks import FloatArray, check_array, check_count, first_true
from rlbook.spaces import Env

Basis = Callable[[npt.ArrayLike], FloatArray]
Features = npt.ArrayLike | Callable[[Any], npt.ArrayLike]


def polynomial(order: int) -> Basis:
    """All products of powers of the coordinates, up to `order` in sum. Returns a basis.

    [Zhao 8.2; (8.1), (8.2), (8.15), (8.16), (8.17)]

        order 1: 1, x, y      order 2: and x^2, y^2, xy      order 3: and x^3, y^3, x^2 y, x y^2

    order is a whole number, 0 or more. The basis maps z (..., k) to features (..., d), after z to
    [-1, 1]: x = 2 z_1 - 1. Raises ValueError for another order and, from the basis, for z outside
    [0, 1].
    """
    check_count(order, "order", 0)

    def basis(z: npt.ArrayLike) -> FloatArray:
        x = 2 * _coordinates(z) - 1
        powers = [e for e in product(range(order + 1), repeat=x.shape[-1]) if sum(e) <= order]
        powers.sort(key=lambda e: (sum(e), -max(e), [-power for power in e]))
        return np.stack([(x ** np.array(e)).prod(-1) for e in powers], axis=-1)

    return basis


def fourier(order: int) -> Basis:
    """Cosine waves over the unit cube. Returns a basis. [Zhao 8.2; Konidaris et al. 2011; (8.18)]

        phi_c(z) = cos(pi (c . z)),    c in {0, ..., order}^k

    order is a whole number, 0 or more. The basis maps z (..., k) to features (..., d), with
    d = (order + 1)^k, from c = (0, ..., 0), which is 1, on; the last component of c runs fastest.
    Raises ValueError for another order and, from the basis, for z outside [0, 1].
    """
    check_count(order, "order", 0)

    def basis(z: npt.ArrayLike) -> FloatArray:
        x = _coordinates(z)
        c = np.array(list(product(range(order + 1), repeat=x.shape[-1])))
        return np.cos(np.pi * (x @ c.T))

    return basis


def one_hot(n: int) -> Basis:
    """One feature for each state: a linear method is then the tabular one. [Zhao 8.2]

        phi(s) = e_s

    n is the number of features, 1 or more. Returns a basis. Whole numbers s (...) from 0 to n - 1
    give e_s (..., n). Real coordinates z (..., k) give a feature to each of n equal boxes of
    [0, 1]^k, the first coordinate running fastest, so that grid_features(world, one_hot(25)) is the
    identity for a grid of 5 x 5.

    Raises ValueError for n below 1, an s out of range, and an n that is no k-th power.
    """
    check_count(n, "n")

    def basis(z: npt.ArrayLike) -> FloatArray:
        if (s := np.asarray(z)).dtype.kind not in "iu":
            x = _coordinates(z)
            k = x.shape[-1]
            m = round(n ** (1 / k))
            if m**k != n:
                raise ValueError(f"n must be m^{k} for m boxes along each coordinate, got {n}")
            s = np.minimum((x * m).astype(int), m - 1) @ m ** np.arange(k)
        elif s.size and not (s.min() >= 0 and s.max() < n):
            raise ValueError(f"s must be whole numbers from 0 to {n - 1}, got {z!r}")
        return np.eye(n)[s]

    return basis


def grid_features(env: Env, basis: Basis) -> FloatArray:
    """The features of every cell of a grid world. Returns phi (S, d). [Zhao 8.2]

        phi[s] = basis(z),    z = (x, y) of the cell s

    env is a grid world. The basis is asked at z with x the column and y the row, both from 0 to 1;
    in a world of a single row or column that coordinate is 0. Raises ValueError for an env that is
    no grid, and for a basis that does not give a row of finite numbers to each cell.
    """
    shape = getattr(getattr(env, "unwrapped", env), "shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"env must be a grid world with a shape (rows, columns), got {env!r}")
    rows, cols = shape
    y, x = np.divmod(np.arange(rows * cols), cols)
    z = np.stack([x / max(1, cols - 1), y / max(1, rows - 1)], axis=-1)
    return check_features(basis(z), rows * cols)


def check_features(phi: Any, n_states: int | None = None) -> FloatArray:
    """Features as an array (S, d), finite."""
    table = check_array(phi, "phi")
    if table.ndim != 2 or table.size == 0 or (n_states is not None and len(table) != n_states):
        wanted = "S" if n_states is None else n_states
        raise ValueError(f"phi must have shape ({wanted}, d), a row a state, got {table.shape}")
    if (where := first_true(~np.isfinite(table))) is not None:
        raise ValueError(f"phi must be finite, got {table[where]} at {where}")
    return table


class TileCoding:
    """Several grids of tiles over one box, each shifted; see `tile_coding`, which makes it.

    n_features    d, what `len(coding(obs))` is
    """

    def __init__(self, low: FloatArray, high: FloatArray, tilings: int, tiles: int) -> None:
        self.low, self.high, self.tilings, self.tiles = low, high, tilings, tiles
        k = len(low)
        self._per_tile = tiles / (high - low)
        self.n_features = tilings * (tiles + 1) ** k
        t, odd = np.arange(tilings)[:, None], 2 * np.arange(k) + 1
        self._offset = t * odd / tilings % 1  # (tilings, k), in tiles
        self._stride = (tiles + 1) ** np.arange(k)
        self._first = np.arange(tilings) * (tiles + 1) ** k
        self._last = b"", self._first  # an observation and its tiles: agents ask more than once

    def __call__(self, obs: Any) -> FloatArray:
        """The features of an observation (k,): zeros, and a one for each tiling. Returns (d,).

        What lies outside the box is seen at its edge. ValueError for another shape, or NaN.
        """
        try:
            x = np.asarray(obs, dtype=float)
        except (TypeError, ValueError):
            hint = "gymnasium's FlattenObservation makes one of several parts"
            raise ValueError(f"obs must be an array of real numbers, got {obs!r}; {hint}") from None
        if x.shape != self.low.shape:
            raise ValueError(f"obs must have shape {self.low.shape}, got {x.shape}")
        key, on = self._last
        if x.tobytes() != key:
            z = np.minimum(np.maximum((x - self.low) * self._per_tile, 0), self.tiles)
            if not z.min() >= 0:
                raise ValueError(f"obs must be numbers, got {obs!r}")
            on = (z + self._offset).astype(int) @ self._stride + self._first
            self._last = x.tobytes(), on
        phi = np.zeros(self.n_features)
        phi[on] = 1.0
        return phi


def tile_coding(space: Any, *, tilings: int = 8, tiles: int = 8) -> TileCoding:
    """Which tiles is an observation on? [Sutton and Barto 2018, 9.5.4]

    space      a gymnasium Box of shape (k,), or a pair (low, high) of its corners
    tilings    how many grids of tiles: exactly so many features are 1
    tiles      how many tiles span the box along each coordinate

    Returns a function of an observation (k,) that gives features (d,), all 0 or 1. Tiling t is
    moved by t (1, 3, 5, ...) / tilings of a tile, a different way along each coordinate: moved
    alike along all, the grids would tell apart little across the diagonal. (A power of two is the
    best number of tilings: it shares no factor with the odd numbers.) Moved, a grid needs one tile
    more: d = tilings (tiles + 1)^k, also as `.n_features`. With so many features on, an update
    moves a value by alpha * tilings of its error: choose alpha so.

    Raises ValueError for a box without finite bounds, naming the bound, and numbers below 1.
    """
    pair = (space.low, space.high) if hasattr(space, "low") else space
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ValueError(f"space must be a Box or a pair (low, high), got {space!r}")
    low, high = (check_array(x, name) for x, name in zip(pair, ("low", "high"), strict=True))
    if low.ndim != 1 or low.shape != high.shape or low.size == 0:
        raise ValueError(f"space must have bounds (k,), got low {low.shape}, high {high.shape}")
    for name, bound in (("low", low), ("high", high)):
        for i in np.flatnonzero(~np.isfinite(bound)):
            raise ValueError(f"space must have finite bounds, got {name}[{i}] = {bound[i]}")
    for i in np.flatnonzero(~(low < high)):
        raise ValueError(f"space must have low < high, got {low[i]} and {high[i]} at {i}")
    return TileCoding(low, high, check_count(tilings, "tilings"), check_count(tiles, "tiles"))


def _coordinates(z: npt.ArrayLike) -> FloatArray:
    """Points (..., k) of the unit cube."""
    x = check_array(z, "z")
    if x.ndim == 0 or x.shape[-1] == 0 or not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"z must be coordinates (..., k) from 0 to 1, got {z!r}")
    return x
