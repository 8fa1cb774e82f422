import gymnasium
import naive
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from hypothesis import given, settings
from hypothesis import strategies as st

import rlbook.environment  # noqa: F401 - registers the id
from rlbook import BOOK_LAYOUT, GridWorld, optimal, uniform

BOOK = {
    "r_boundary": -1.0,
    "r_forbidden": -1.0,
    "r_target": 1.0,
    "r_other": 0.0,
    "wall": False,
    "ends": False,
    "bump_adds_forbidden": False,
}


def check_rule_by_rule(world, layout, rules):
    for s in range(world.model.n_states):
        for a in range(5):
            expected = naive.grid_step(layout, s, a, rules)
            ((p, *outcome),) = naive.outcomes(world.model, s, a)
            assert (p, *outcome) == (1.0, *expected), (s, a)


def test_the_book_rule_by_rule():
    check_rule_by_rule(GridWorld(), BOOK_LAYOUT, BOOK)
    check_rule_by_rule(GridWorld.book(r_forbidden=-10), BOOK_LAYOUT, BOOK | {"r_forbidden": -10.0})


def test_zhao_python_rule_by_rule():
    layout = (".....", "..#..", ".....", ".#.#.", "....T")
    rules = BOOK | {"r_boundary": -5.0, "r_forbidden": -5.0, "r_target": 10.0, "r_other": -1.0}
    world = GridWorld.zhao_python()
    check_rule_by_rule(world, layout, rules | {"wall": True, "ends": True})
    assert world.reset()[0] == world.state(2, 2)


def test_zhao_matlab_rule_by_rule():
    layout = (".#.", "#..", "#.T", "...")
    world = GridWorld.zhao_matlab()
    check_rule_by_rule(world, layout, BOOK)
    assert world.reset()[0] == 0


def test_the_boundary_pays_the_forbidden_reward_in_both_public_conventions():
    for make in (GridWorld.zhao_python, GridWorld.zhao_matlab):
        model = make(r_forbidden=-7).model
        assert model.R[0, naive.UP] == model.R[0, naive.LEFT] == -7
        assert make(r_boundary=-3).model.R[0, naive.UP] == -3


rows_and_columns = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(rows_and_columns, st.integers(0, 2**32 - 1), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_random_layouts_rule_by_rule(shape, seed, wall, ends, bump):
    rng = np.random.default_rng(seed)
    cells = rng.choice(list("..#TS"), size=shape)
    cells[rng.integers(shape[0]), rng.integers(shape[1])] = "T"
    layout = tuple("".join(row) for row in cells)
    names = ("r_boundary", "r_forbidden", "r_target", "r_other")
    rewards = dict(zip(names, rng.integers(-9, 9, 4).astype(float), strict=True))
    world = GridWorld(
        layout,
        **rewards,
        forbidden="wall" if wall else "enter",
        terminate_at_target=ends,
        bump_adds_forbidden=bump,
    )
    check_rule_by_rule(
        world, layout, rewards | {"wall": wall, "ends": ends, "bump_adds_forbidden": bump}
    )


def test_bumping_from_a_forbidden_cell():
    # Figs 5.6 and 5.7: down at (5, 2) pays r_boundary + r_forbidden there, and only there.
    plain, added = GridWorld(r_forbidden=-10), GridWorld(r_forbidden=-10, bump_adds_forbidden=True)
    differs = np.argwhere(plain.model.R != added.model.R).tolist()
    assert differs == [[plain.state(4, 1), naive.DOWN]]
    assert added.model.R[tuple(differs[0])] == -11


def test_slip_is_half_to_each_side_and_staying_never_slips():
    world, sure = GridWorld(slip=0.2), GridWorld()
    sides = {0: (1, 3), 1: (0, 2), 2: (1, 3), 3: (0, 2)}
    for s in range(25):
        for a in range(4):
            expected = {}
            for b, p in ((a, 0.8), (sides[a][0], 0.1), (sides[a][1], 0.1)):
                ((_, *outcome),) = naive.outcomes(sure.model, s, b)
                expected[tuple(outcome)] = expected.get(tuple(outcome), 0) + p
            got = {tuple(o): p for p, *o in naive.outcomes(world.model, s, a)}
            assert got == pytest.approx(expected)
        assert list(naive.outcomes(world.model, s, 4)) == list(naive.outcomes(sure.model, s, 4))


def test_starts():
    assert np.allclose(GridWorld().start, 1 / 25)
    walled = GridWorld(forbidden="wall", terminate_at_target=True)
    assert walled.start[walled.is_forbidden | walled.is_target].sum() == 0
    assert np.allclose(walled.start[~(walled.is_forbidden | walled.is_target)], 1 / 18)
    marked = GridWorld(("S.", "ST"))
    assert marked.start.tolist() == [0.5, 0, 0.5, 0]
    assert GridWorld(("S.", ".T"), start=1).reset()[0] == 1
    assert GridWorld(("T",), terminate_at_target=True).start.tolist() == [1.0]


def test_layouts_and_policies_may_be_one_string():
    assert GridWorld("../.T").layout == GridWorld("..\n.T\n").layout == ("..", ".T")
    world = GridWorld()
    text = "RRRDD/UURDD/ULDRD/URSLD/URULL"
    pi = world.policy(text)
    assert pi.shape == (25, 5)
    assert pi.sum(-1).tolist() == [1.0] * 25
    assert world.arrows(pi) == text.split("/")
    assert np.array_equal(world.policy(world.arrows(pi)), pi)
    assert np.array_equal(world.policy([list(row) for row in text.split("/")]), pi)
    assert world.arrows(uniform(25, 5)) == ["UUUUU"] * 5


def test_cells_and_states():
    world = GridWorld(("...", "..T"))
    assert [world.cell(s) for s in range(6)] == [(r, c) for r in range(2) for c in range(3)]
    assert [world.state(*world.cell(s)) for s in range(6)] == list(range(6))
    for row, col, name in ((2, 0, "row"), (0, 3, "col"), (-1, 0, "row"), (0, 1.5, "col")):
        with pytest.raises(ValueError, match=f"{name} must be a whole number from 0 to"):
            world.state(row, col)
    for s in (6, 1.5, "1", None):
        with pytest.raises(ValueError, match="s must be a whole number from 0 to 5, got"):
            world.cell(s)


@pytest.mark.parametrize("mode", [None, "ansi", "rgb_array", "human"])
@pytest.mark.parametrize("options", [{}, {"slip": 0.3, "terminate_at_target": True}])
def test_check_env_finds_nothing(mode, options):
    env = gymnasium.make("rlbook/GridWorld-v0", render_mode=mode, **options)
    check_env(env.unwrapped)
    env.close()


def test_the_id_can_be_had_by_its_module():
    env = gymnasium.make("rlbook.environment:rlbook/GridWorld-v0", layout=("..", ".T"))
    assert isinstance(env.unwrapped, GridWorld)
    assert env.observation_space.n == 4


def test_rendering():
    env = GridWorld(("..", "#T"), render_mode="ansi")
    env.reset(options={"state": 1})
    assert env.render() == ". A\n# T\n"
    env = GridWorld(render_mode="rgb_array")
    env.reset(options={"state": 0})
    first = env.render()
    env.step(1)
    second = env.render()
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape == second.shape
    assert (first != second).any()
    env = GridWorld(render_mode="human")
    env.metadata = env.metadata | {"render_fps": 1000}
    env.reset(seed=0)
    assert env.step(0) is not None
    env.close()
    env.close()


def test_a_wall_convention_gives_the_values_of_the_afraid():
    # With walls and reward -1 the book's grid has the values of Fig. 3.4(d), not of 3.4(a).
    walls = optimal(GridWorld(forbidden="wall").model, 0.9).v
    afraid = optimal(GridWorld(r_forbidden=-10).model, 0.9).v
    free = ~GridWorld().is_forbidden
    assert np.abs(walls - afraid)[free].max() < 1e-5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layout": ("..", "T")}, r"layout must have rows of one length, got \[2, 1\]"),
        ({"layout": (".x", "T.")}, r"layout must be made of .* got \['x'\]"),
        ({"layout": ("..", "..")}, r"layout must have a target 'T', got \['..', '..'\]"),
        ({"layout": ()}, r"layout must have at least one row of cells, got \(\)"),
        ({"layout": ""}, r"layout must have at least one row of cells, got ''"),
        ({"layout": "S . .\n. . T"}, r"layout must be made of .* got \[' '\]"),
        ({"layout": 5}, r"layout must be a string or a sequence of strings, got 5"),
        ({"r_other": "a"}, r"r_other must be a finite number, got 'a'"),
        ({"slip": None}, r"slip must lie in \[0, 1\], got None"),
        ({"start": "a"}, r"start must be a whole number from 0 to 24, got 'a'"),
        ({"forbidden": "jump"}, r"forbidden must be 'enter' or 'wall', got 'jump'"),
        ({"slip": 1.5}, r"slip must lie in \[0, 1\], got 1.5"),
        ({"r_target": np.nan}, r"r_target must be a finite number, got nan"),
        ({"start": 25}, r"start must be a whole number from 0 to 24, got 25"),
        ({"render_mode": "text"}, r"render_mode must be None or one of .*'human'.*got 'text'"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        GridWorld(**arguments)


@pytest.mark.parametrize(
    ("arrows", "message"),
    [
        ("RR/RX", r"arrows must be letters of URDLS, got \['X'\]"),
        ("RR", r"arrows must be 2 rows of 2, got \('RR',\)"),
        (None, r"arrows must be a string or a sequence of strings, got None"),
        ("RRR/RRR", r"arrows must be 2 rows of 2"),
    ],
)
def test_bad_policies(arrows, message):
    with pytest.raises(ValueError, match=message):
        GridWorld("../.T").policy(arrows)
