"""What students write for next_states."""

import numpy as np


def right_dict(grid, walls):
    height, width = len(grid), len(grid[0])
    moves = {0: (-1, 0), 1: (0, 1), 2: (1, 0), 3: (0, -1), 4: (0, 0)}
    table = {}
    for s in range(height * width):
        y, x = s // width, s % width
        table[s] = []
        for a in range(5):
            ny = min(max(y + moves[a][0], 0), height - 1)
            nx = min(max(x + moves[a][1], 0), width - 1)
            if walls and grid[ny][nx] == "#":
                ny, nx = y, x
            table[s].append(ny * width + nx)
    return table


def right_vectorised(grid, walls):
    cells = np.array([list(row) for row in grid])
    h, w = cells.shape
    s = np.arange(h * w).reshape(h, w)
    padded = np.pad(s, 1, mode="edge")
    goal = np.stack(
        [padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2], s], axis=-1
    ).reshape(-1, 5)
    if walls:
        goal = np.where(cells.ravel()[goal] == "#", s.reshape(-1, 1), goal)
    return goal.astype(np.float32)


def right_lists_of_columns(grid, walls):
    def move(y, x, dy, dx):
        if y + dy < 0 or x + dx < 0:
            return y, x
        try:
            if grid[y + dy][x + dx] == "#" and walls:
                return y, x
        except IndexError:
            return y, x
        return y + dy, x + dx

    out = []
    for y, row in enumerate(grid):
        for x, _ in enumerate(row):
            to = [move(y, x, *m) for m in [(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]]
            out.append([ty * len(row) + tx for ty, tx in to])
    return out


def _table(grid, walls, moves=((-1, 0), (0, 1), (1, 0), (0, -1), (0, 0))):
    h, w = len(grid), len(grid[0])
    table = np.zeros((h * w, 5), dtype=int)
    for y in range(h):
        for x in range(w):
            for a, (dy, dx) in enumerate(moves):
                ny, nx = y + dy, x + dx
                if ny < 0 or ny >= h or nx < 0 or nx >= w:
                    ny, nx = y, x
                if walls and grid[ny][nx] == "#":
                    ny, nx = y, x
                table[y * w + x, a] = ny * w + nx
    return table


def states_from_one(grid, walls):
    """Table 1.1: states are counted from 1"""
    return _table(grid, walls) + 1


def y_upwards(grid, walls):
    """Table 1.1: up and down are exchanged"""
    return _table(grid, walls, [(1, 0), (0, 1), (-1, 0), (0, -1), (0, 0)])


def up_left_down_right(grid, walls):
    """Table 1.1: left and right are exchanged"""
    return _table(grid, walls, [(-1, 0), (0, -1), (1, 0), (0, 1), (0, 0)])


def keys_of_a_game(grid, walls):
    """Table 1.1: the actions are in another order: up, down, left, right"""
    return _table(grid, walls, [(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)])


def x_for_y(grid, walls):
    """Table 1.1: rows and columns are exchanged"""
    return _table(grid, walls, [(0, -1), (1, 0), (0, 1), (-1, 0), (0, 0)])


def column_by_column(grid, walls):
    """Table 1.1: the states are counted column by column"""
    h, w = len(grid), len(grid[0])
    turned = ["".join(grid[y][x] for y in range(h)) for x in range(w)]
    return _table(turned, walls, [(0, -1), (1, 0), (0, 1), (-1, 0), (0, 0)])


def always_walls(grid, walls):
    """Table 1.1: forbidden cells are never entered"""
    return _table(grid, True)


def never_walls(grid, walls):
    """Table 1.1: forbidden cells are entered, also"""
    return _table(grid, False)


def walls_inverted(grid, walls):
    """Table 1.1: walls is read the wrong way round"""
    return _table(grid, not walls)


def python_index(grid, walls):
    """Table 1.1: who leaves the grid comes back"""
    h, w = len(grid), len(grid[0])
    s = np.arange(h * w).reshape(h, w)
    cells = "".join(grid)
    goal = [np.roll(s, 1, 0), np.roll(s, -1, 1), np.roll(s, -1, 0), np.roll(s, 1, 1), s]
    table = np.stack(goal, -1).reshape(-1, 5)
    for k in range(h * w):
        for a in range(5):
            if walls and cells[table[k, a]] == "#":
                inside = table[k, a] in _table(grid, False)[k]
                table[k, a] = (
                    k if inside and table[k, a] == _table(grid, False)[k, a] else table[k, a]
                )
    return table


def no_boundary(grid, walls):
    """Table 1.1: the boundary is forgotten"""
    w = len(grid[0])
    cells = "".join(grid)
    steps = [-w, 1, w, -1, 0]
    table = []
    for s in range(len(cells)):
        row = []
        for a in range(5):
            to = s + steps[a]
            inside = to == _table(grid, False)[s, a]
            row.append(s if walls and inside and cells[to] == "#" else to)
        table.append(row)
    return table


def one_too_short(grid, walls):
    """Table 1.1: the last row and the last column"""
    h, w = len(grid), len(grid[0])
    table = np.zeros((h * w, 5), dtype=int)
    for s in range(h * w):
        y, x = divmod(s, w)
        for a, (dy, dx) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]):
            if 0 <= y + dy < h - 1 and 0 <= x + dx < w - 1:
                to = (y + dy) * w + x + dx
                table[s, a] = s if walls and grid[y + dy][x + dx] == "#" else to
            else:
                table[s, a] = s
    return table


def absorbing_target(grid, walls):
    """Table 1.1: the target is an end"""
    table = _table(grid, walls)
    for s, cell in enumerate("".join(grid)):
        if cell == "T":
            table[s] = s
    return table


def modulo(grid, walls):
    """Table 1.1: who leaves the grid comes back at the other end, if"""
    h, w = len(grid), len(grid[0])
    rows = []
    for y in range(h):
        for x in range(w):
            cells = [((y - 1) % h, x), (y, (x + 1) % w), ((y + 1) % h, x), (y, (x - 1) % w), (y, x)]
            blocked = [walls and grid[i][j] == "#" for i, j in cells]
            rows.append(
                [y * w + x if b else i * w + j for (i, j), b in zip(cells, blocked, strict=True)]
            )
    return rows


def only_the_far_ends(grid, walls):
    """Table 1.1: a step to row -1 or column -1"""
    h, w = len(grid), len(grid[0])
    table = np.zeros((h, w, 5), dtype=int)
    for y, x in np.ndindex(h, w):
        for a, (dy, dx) in enumerate([(-1, 0), (0, 1), (1, 0), (0, -1), (0, 0)]):
            i, j = y + dy, x + dx
            if i >= h or j >= w or (walls and i >= 0 and j >= 0 and grid[i][j] == "#"):
                i, j = y, x
            table[y, x, a] = i * w + j
    return table.reshape(-1, 5)


def caught_in_the_wall(grid, walls):
    """Table 1.1: who stands in a forbidden cell"""
    table = _table(grid, walls)
    for s, cell in enumerate("".join(grid)):
        if walls and cell == "#":
            table[s] = s
    return table
