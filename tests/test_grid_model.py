"""A grid without a table says what its table says, and is swept in place alike by both twins."""

from itertools import islice

import naive
import numpy as np
import pytest
from grid_cases import NAMES, SLIPS, random_grid

from rlbook import (
    GridWorld,
    bellman_operator,
    bellman_residual,
    evaluate,
    optimality_operator,
    policy_iteration,
    policy_value,
    truncated_policy_iteration,
    uniform,
    value_iteration,
)
from rlbook.grid_world.rules import GridModel
from rlbook.planning.grid_sweeps import DIRECTIONS, Grid


def looped(options, v, gamma):
    """q, R and end by naive.grid_step."""
    slip, layout = options["slip"], options["layout"]
    rules = {name: options[name] for name in NAMES} | {
        "wall": options["forbidden"] == "wall",
        "ends": options["terminate_at_target"],
        "bump_adds_forbidden": options["bump_adds_forbidden"],
    }
    q, R, end = np.zeros((3, len(v), 5))
    for s, a in np.ndindex(len(v), 5):
        sides = ((slip / 2, (a + 1) % 4), (slip / 2, (a + 3) % 4)) if a != naive.STAY else ()
        for p, b in ((1 - slip if sides else 1, a), *sides):
            s_next, r, ends = naive.grid_step(layout, s, b, rules)
            q[s, a] += p * (r + (0 if ends else gamma * v[s_next]))
            R[s, a] += p * r
            end[s, a] += p * ends
    return q, R, end


@pytest.mark.parametrize("slip", SLIPS)
def test_lookahead_is_that_of_the_table_and_of_the_loops(slip):
    for seed in range(80):
        rng = np.random.default_rng(seed)
        options = random_grid(rng, slip=slip)
        grid = GridModel(**options)
        table = grid.table()
        v = rng.normal(scale=10, size=grid.n_states)
        gamma = float(rng.choice([0, 0.5, 0.99, 1]))
        q = grid.lookahead(v, gamma)
        if slip == 0:
            assert np.array_equal(q, table.lookahead(v, gamma)), seed
            assert np.array_equal(grid.R, table.R), seed
        assert q == pytest.approx(table.lookahead(v, gamma), rel=0, abs=1e-13), seed
        loops, R, end = looped(options, v, gamma)
        assert q == pytest.approx(loops, rel=0, abs=1e-13), seed
        assert np.abs(grid.R - R).max() <= 1e-13, seed
        assert grid.end == pytest.approx(end, rel=0, abs=1e-15), seed


def test_the_rest_is_that_of_the_table_and_of_the_world():
    ended = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        options = random_grid(rng)
        grid, world = GridModel(**options), GridWorld(**options).model
        table = grid.table()
        for name in ("p", "s_next", "r", "terminated"):
            assert np.array_equal(getattr(table, name), getattr(world, name)), (seed, name)
        assert (grid.n_states, grid.n_actions) == (table.n_states, table.n_actions)
        assert grid.outcomes >= table.outcomes
        assert grid.outcomes == (3 if options["slip"] else 1)
        assert grid.can_end == table.can_end == options["terminate_at_target"], seed
        assert grid.r_min <= table.r_min + 1e-15
        assert grid.r_max >= table.r_max
        pi = rng.dirichlet(np.ones(5), size=grid.n_states)
        for ours, loops in zip(grid.under(pi), naive.chain(table, pi), strict=True):
            assert ours == pytest.approx(loops, rel=0, abs=1e-12), seed
        ended += grid.can_end
    assert 20 < ended < 60


def test_one_cell():
    grid = GridModel("T", r_boundary=-2, r_target=3, slip=0.5)
    assert grid.shape == (1, 1)
    assert grid.lookahead([10], 0.5).tolist() == [[3, 3, 3, 3, 8]]
    ends = GridModel("T", r_boundary=-2, r_target=3, terminate_at_target=True)
    assert ends.lookahead([10], 0.5).tolist() == [[-2, -2, -2, -2, 3]]
    assert ends.end.tolist() == [[1] * 5]


def test_lookahead_writes_into_nothing_it_was_given():
    grid = GridModel(("..", "#T"), slip=0.1)
    v = np.arange(4.0)
    v.flags.writeable = False
    first = grid.lookahead(v, 0.9)
    kept = first.copy()
    assert not np.shares_memory(first, grid.lookahead(v, 0.9))
    assert np.array_equal(first, kept)
    assert np.array_equal(grid.lookahead([0, 1, 2, 3], 0.9), kept)  # whole numbers, a list


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layout": ("..", "T")}, "layout must have rows of one length"),
        ({"layout": (".x", "T.")}, r"layout must be made of .* got \['x'\]"),
        ({"layout": ("..", "..")}, "layout must have a target"),
        ({"layout": ()}, "layout must have at least one row"),
        ({"layout": ("", "")}, "layout must have at least one row"),
        ({"layout": 5}, "layout must be a string or a sequence"),
        ({"layout": None}, "layout must be a string or a sequence"),
        ({"slip": 2}, r"slip must lie in \[0, 1\], got 2"),
        ({"slip": -0.1}, r"slip must lie in \[0, 1\], got -0.1"),
        ({"slip": np.nan}, r"slip must lie in \[0, 1\], got nan"),
        ({"slip": "a"}, r"slip must lie in \[0, 1\], got 'a'"),
        *(({name: np.nan}, f"{name} must be a finite number, got nan") for name in NAMES),
        *(({name: np.inf}, f"{name} must be a finite number, got inf") for name in NAMES),
        *(({name: "1"}, f"{name} must be a finite number, got '1'") for name in NAMES),
        ({"forbidden": "x"}, "forbidden must be 'enter' or 'wall', got 'x'"),
        ({"forbidden": None}, "forbidden must be 'enter' or 'wall', got None"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        GridModel(**({"layout": ("..", ".T")} | arguments))


@pytest.mark.parametrize("v", [np.zeros(3), np.zeros((2, 2)), 0.0, [0, 0, 0, np.nan], None, "abcd"])
def test_bad_values(v):
    with pytest.raises(ValueError, match=r"v must (have shape|be finite|be an array)"):
        GridModel(("..", ".T")).lookahead(v, 0.9)


@pytest.mark.parametrize("gamma", [2, -0.1, np.nan, None, "0.9"])
def test_bad_gamma(gamma):
    grid = GridModel(("..", ".T"))
    for ask in (
        lambda: grid.lookahead(np.zeros(4), gamma),
        lambda: next(value_iteration(grid, gamma)),
        lambda: policy_value(grid, uniform(4, 5), gamma),
    ):
        with pytest.raises(ValueError, match=r"gamma must lie in \[0, 1\], got"):
            ask()


@pytest.mark.parametrize("pi", [np.zeros((4, 5)), np.ones((4, 4)) / 4, np.full((4, 5), np.nan)])
def test_bad_policies(pi):
    with pytest.raises(ValueError, match=r"pi(\[0\])? must"):
        GridModel(("..", ".T")).under(pi)


def test_planners_take_it_in_place_of_its_table():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        grid = GridModel(**random_grid(rng))
        table, S = grid.table(), grid.n_states
        v, pi = rng.normal(size=S), rng.dirichlet(np.ones(5), size=S)
        told = []
        for model in (grid, table):
            told.append(
                [
                    *(k.v for k in islice(value_iteration(model, 0.9), 4)),
                    *(k.v for k in islice(truncated_policy_iteration(model, 0.9, 3), 4)),
                    *(k.v for k in islice(policy_iteration(model, 0.9), 3)),
                    *islice(evaluate(model, pi, 0.9, v), 3),
                    policy_value(model, pi, 0.9),
                    bellman_operator(model, pi, 0.9)(v),
                    optimality_operator(model, 0.9)(v),
                    bellman_residual(model, v, 0.9),
                    bellman_residual(model, v, 0.9, pi),
                ]
            )
        for ours, theirs in zip(*told, strict=True):
            assert ours == pytest.approx(theirs, rel=1e-11, abs=1e-11), seed
    ends = GridModel("...T", r_other=-1, r_target=0, terminate_at_target=True)
    assert policy_value(ends, np.eye(5)[[1, 1, 1, 4]], 1.0).tolist() == [-2, -1, 0, 0]
    with pytest.raises(ValueError, match="gamma = 1 needs a policy that can end"):
        policy_value(ends, np.eye(5)[[4, 4, 4, 4]], 1.0)


# Sweeps in place


@pytest.fixture
def twin():
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    from rlbook.planning import compiled_grid_sweeps as compiled_grid

    return compiled_grid.Grid


SHAPES = [None] * 60 + [(17, 33), (16, 16), (1, 40), (40, 1), (15, 18)]


def test_both_twins_give_the_same_bits_in_each_direction(twin):
    for seed, shape in enumerate(SHAPES):
        rng = np.random.default_rng(seed)
        model = GridModel(**random_grid(rng, shape=shape))
        gamma = float(rng.choice([0, 0.5, 0.9, 0.999]))
        v = rng.normal(scale=rng.choice([0.1, 10, 1e6]), size=model.n_states)
        for direction in DIRECTIONS:
            plain, fast = Grid(model, gamma, v.copy()), twin(model, gamma, v.copy())
            assert np.array_equal(plain.worth, fast.worth), seed
            assert np.array_equal(plain.values(), fast.values()), (seed, direction)
            for again in (direction, *DIRECTIONS):
                fast.wake()
                change = plain.sweep(*again, 0.0), fast.sweep(*again, 0.0)
                assert change[0] == change[1], (seed, direction, again)
                assert np.array_equal(plain.worth, fast.worth), (seed, direction, again)
            assert np.array_equal(plain.values(), fast.values()), (seed, direction)


def test_squares_that_sleep_change_nothing_of_note(twin):
    rng = np.random.default_rng(3)
    model = GridModel(**random_grid(rng, shape=(50, 37), slip=0.1))
    plain, fast = (kind(model, 0.9, np.zeros(model.n_states)) for kind in (Grid, twin))
    plain.sweep(True, True, 1e-6)
    fast.sweep(True, True, 1e-6)
    everything = fast.visited
    for k in range(1, 60):
        for grid in (plain, fast):
            grid.sweep(*DIRECTIONS[k % 4], 1e-6)
    assert fast.visited < 60 * everything  # some slept
    assert np.abs(fast.values() - plain.values()).max() < 1e-6 * 4 / (1 - 0.9)
    for k in range(60):
        fast.wake()
        for grid in (plain, fast):
            grid.sweep(*DIRECTIONS[k % 4], 1e-6)
    assert np.abs(fast.values() - plain.values()).max() < 1e-9


def kinds(compiled):
    if not compiled:
        return Grid
    pytest.importorskip("numba", reason="the extra `fast` is not installed")
    from rlbook.planning import compiled_grid_sweeps as compiled_grid

    return compiled_grid.Grid


@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "compiled"])
def test_the_optimal_values_stay_where_they_are(compiled):
    kind = kinds(compiled)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        model = GridModel(**random_grid(rng))
        gamma = float(rng.choice([0, 0.5, 0.9, 0.99]))
        v_star = naive.best_values(model.table(), gamma)
        grid = kind(model, gamma, v_star)
        assert grid.values() == pytest.approx(v_star, rel=0, abs=1e-9), seed
        for direction in DIRECTIONS:
            assert grid.sweep(*direction, 0.0) <= 1e-9, (seed, direction)
        assert grid.values() == pytest.approx(v_star, rel=0, abs=1e-9), seed


@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "compiled"])
def test_from_below_sweeps_only_rise_and_never_pass(compiled):
    kind = kinds(compiled)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        model = GridModel(**random_grid(rng))
        gamma = float(rng.choice([0.5, 0.9, 0.99]))
        table = model.table()
        v_star = naive.best_values(table, gamma)
        pi = rng.dirichlet(np.ones(5), size=model.n_states)
        lowest = np.full(model.n_states, min(0, model.r_min) / (1 - gamma))
        for v in (lowest, policy_value(table, pi, gamma)):  # T raises both
            grid = kind(model, gamma, v)
            before = grid.values()
            assert (before >= v - 1e-9).all(), seed
            for k in rng.integers(4, size=20):
                worth = grid.worth.copy()
                grid.sweep(*DIRECTIONS[k], 0.0)
                assert (grid.worth >= worth - 1e-10).all(), seed
                after = grid.values()
                assert (after >= before - 1e-10).all(), seed
                assert (after <= v_star + 1e-9).all(), seed
                before = after


@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "compiled"])
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_one_sweep_carries_the_news_down_a_staircase(compiled, direction):
    """Walls leave one way, a staircase of 41 cells; the other three directions need many sweeps."""
    down, right = direction
    n = 21
    path = [(i // 2 + i % 2, i // 2) for i in range(2 * n - 1)]  # from one corner to the other
    cells = np.full((n, n), "#")
    cells[tuple(np.transpose(path))] = "."
    cells[path[0]] = "T"
    v = np.zeros((n, n))
    for d, cell in enumerate(path):
        v[cell] = 0.9 ** max(d - 1, 0) / (1 - 0.9)
    free = cells != "#"
    turn = (slice(None, None, 1 if down else -1), slice(None, None, 1 if right else -1))
    layout = ["".join(row) for row in cells[turn]]
    model = GridModel(layout, forbidden="wall")
    reached = {}
    for way in DIRECTIONS:
        grid = kinds(compiled)(model, 0.9, np.zeros(n * n))
        grid.sweep(*way, 0.0)
        got = grid.values().reshape(n, n)[turn]
        reached[way] = np.isclose(got, v, rtol=1e-12)[free].sum()
    assert reached.pop(direction) == len(path)
    assert max(reached.values()) < 10
