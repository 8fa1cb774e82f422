"""What students write for step_rewards."""

import numpy as np

MOVES = [(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]


def right_if_else(grid, r_boundary, r_forbidden, r_target, r_other):
    rewards = []
    for y in range(len(grid)):
        for x in range(len(grid[0])):
            row = []
            for dy, dx in MOVES:
                if y + dy < 0 or y + dy > len(grid) - 1 or x + dx < 0 or x + dx > len(grid[0]) - 1:
                    row.append(r_boundary)
                elif grid[y + dy][x + dx] == "#":
                    row.append(r_forbidden)
                elif grid[y + dy][x + dx] == "T":
                    row.append(r_target)
                else:
                    row.append(r_other)
            rewards.append(row)
    return rewards


def right_padded(grid, r_boundary, r_forbidden, r_target, r_other):
    kinds = np.array([list(row) for row in grid])
    enter = np.select([kinds == "#", kinds == "T"], [r_forbidden, r_target], r_other)
    padded = np.pad(enter.astype(float), 1, constant_values=r_boundary)
    h, w = kinds.shape
    views = [padded[1 + dy : 1 + dy + h, 1 + dx : 1 + dx + w] for dy, dx in MOVES]
    return np.stack(views, axis=-1).reshape(h * w, 5)


class right_class_float32:  # noqa: N801
    def __init__(self, grid, r_boundary, r_forbidden, r_target, r_other):
        self.rewards = np.array(
            right_if_else(grid, r_boundary, r_forbidden, r_target, r_other), dtype=np.float32
        )

    def __array__(self, dtype=None, copy=None):
        return self.rewards


def _rewards(grid, boundary, forbidden, target, other, moves=MOVES, bump=None):
    h, w = len(grid), len(grid[0])
    pay = {".": other, "#": forbidden, "T": target}
    out = np.zeros((h * w, 5))
    for s in range(h * w):
        y, x = divmod(s, w)
        for a, (dy, dx) in enumerate(moves):
            if 0 <= y + dy < h and 0 <= x + dx < w:
                out[s, a] = pay[grid[y + dy][x + dx]]
            else:
                out[s, a] = boundary if bump is None else bump(pay[grid[y][x]])
    return out


def pays_on_leaving(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the cell that is left pays"""
    pay = {".": r_other, "#": r_forbidden, "T": r_target}
    return np.array([[pay[cell]] * 5 for row in grid for cell in row])


def next_state_alone(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: who runs against the boundary is paid for the cell"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, r_other, bump=lambda r: r)


def bump_is_free(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: who runs against the boundary pays nothing"""
    return _rewards(grid, r_other, r_forbidden, r_target, r_other)


def bump_pays_twice(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: who runs against the boundary pays for that and"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, r_other, bump=lambda r: r + r_boundary)


def boundary_as_forbidden(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the boundary pays r_forbidden"""
    return _rewards(grid, r_forbidden, r_forbidden, r_target, r_other)


def mixed_up(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: r_boundary and r_forbidden are exchanged"""
    return _rewards(grid, r_forbidden, r_boundary, r_target, r_other)


def forbidden_is_free(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: forbidden cells pay r_other"""
    return _rewards(grid, r_boundary, r_other, r_target, r_other)


def no_target(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the target pays r_other"""
    return _rewards(grid, r_boundary, r_forbidden, r_other, r_other)


def paid_in_the_target(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the target pays for every action"""
    out = _rewards(grid, r_boundary, r_forbidden, r_target, r_other)
    out[[cell == "T" for row in grid for cell in row]] = r_target
    return out


def staying_is_free(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: to stay pays r_other"""
    out = _rewards(grid, r_boundary, r_forbidden, r_target, r_other)
    out[:, 4] = r_other
    return out


def y_upwards(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: up and down are exchanged"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, r_other)[:, [2, 1, 0, 3, 4]]


def keys_of_a_game(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the actions are in another order"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, r_other)[:, [0, 2, 3, 1, 4]]


def column_by_column(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the states are counted column by column"""
    h, w = len(grid), len(grid[0])
    table = _rewards(grid, r_boundary, r_forbidden, r_target, r_other)
    return np.array([table[y * w + x] for x in range(w) for y in range(h)])


def ones_and_zeros(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: r_other is left out"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, 0)


def cell_one_is_in(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the cell that is left pays"""
    table = _rewards(grid, np.nan, 0, 0, 0)
    own = np.array([{".": r_other, "#": r_forbidden, "T": r_target}[c] for c in "".join(grid)])
    return np.where(np.isnan(table), r_boundary, own[:, None])


def over_at_the_target(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the target is taken for an end: its own actions pay r_other"""
    table = _rewards(grid, r_boundary, r_forbidden, r_target, r_other)
    table["".join(grid).index("T")] = r_other
    return table


def target_row_skipped(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the target is taken for an end: its own actions pay 0"""
    table = _rewards(grid, r_boundary, r_forbidden, r_target, r_other)
    table["".join(grid).index("T")] = 0
    return table


def round_the_world(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: who leaves the grid comes back at the other end"""
    h, w, pay = len(grid), len(grid[0]), {".": r_other, "#": r_forbidden, "T": r_target}
    return [
        [pay[grid[(y + dy) % h][(x + dx) % w]] for dy, dx in MOVES]
        for y in range(h)
        for x in range(w)
    ]


def negative_index(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: a step to row -1"""
    pay = {".": r_other, "#": r_forbidden, "T": r_target}
    table = np.zeros((len(grid) * len(grid[0]), 5))
    for s in range(len(table)):
        y, x = divmod(s, len(grid[0]))
        for a, (dy, dx) in enumerate(MOVES):
            try:
                table[s, a] = pay[grid[y + dy][x + dx]]
            except IndexError:
                table[s, a] = r_boundary
    return table


def table_of_ints(grid, r_boundary, r_forbidden, r_target, r_other):
    """Table 1.3: the numbers are cut to whole numbers"""
    return _rewards(grid, r_boundary, r_forbidden, r_target, r_other).astype(int)
