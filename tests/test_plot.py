import base64
import io
import re
import sys
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.quiver import Quiver
from PIL import Image

from rlbook import (
    DQN,
    TD0,
    Follow,
    GridModel,
    GridWorld,
    LinearSarsa,
    QLearning,
    Record,
    TabularEnv,
    animate,
    draw_curves,
    draw_grid,
    draw_loop,
    draw_surface,
    greedy,
    optimal,
    show,
    uniform,
    value_iteration,
)
from rlbook.plot import MOST_IMAGES, draw_learning, draw_runs, images, panels, trajectory_of


@pytest.fixture
def ax():
    return Figure().add_subplot()


def test_arrows_and_circles_have_the_lengths_of_the_book(ax):
    world = GridWorld("../.T")
    pi = np.array(
        [[0.36, 0, 0.64, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 0.25, 0.75], [0, 0, 0, 0, 1.0]]
    )
    draw_grid(ax, world, pi=pi)
    (quiver,) = [c for c in ax.collections if isinstance(c, Quiver)]
    arrows = {
        (x, y, round(u, 6), round(v, 6))
        for (x, y), u, v in zip(quiver.XY.tolist(), quiver.U, quiver.V, strict=True)
        for x, y in [(x, y)]
    }
    assert arrows == {
        (0, 0, 0, -0.24),  # up, 0.4 sqrt(0.36)
        (0, 0, 0, 0.32),  # down; y grows downwards
        (1, 0, 0.4, 0),
        (0, 1, -0.2, 0),
    }
    circles = {(*c.center, c.radius) for c in ax.patches if isinstance(c, Circle)}
    assert circles == {(0, 1, 0.078 * np.sqrt(0.75)), (1, 1, 0.078)}


def test_cells_have_the_colours_of_the_book(ax):
    draw_grid(ax, GridWorld(".#/.T"))
    colours = ax.collections[0].get_array()
    assert colours[0, 1].tolist() == [1.0, 0.753, 0.0]
    assert colours[1, 1].tolist() == [0.4, 1.0, 1.0]
    assert colours[0, 0].tolist() == [1.0, 1.0, 1.0]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "2"]
    assert ax.yaxis_inverted()


def test_the_loop_has_one_arrow_there_and_two_back(ax):
    assert draw_loop(ax) is ax
    written = [t.get_text() for t in ax.texts if t.get_text()]
    assert written == ["agent", "environment", "$a_t$", "$r_{t+1}$", "$s_{t+1}$"]
    agent, environment = ax.patches
    edges = agent.get_x() + agent.get_width(), environment.get_x()
    ways = [(t.xyann[0], t.xy[0]) for t in ax.texts if hasattr(t, "arrow_patch")]
    assert ways == [edges, edges[::-1], edges[::-1]]
    heights = [t.xy[1] for t in ax.texts if hasattr(t, "arrow_patch")]
    beside = {t.get_text(): t.get_position()[1] for t in ax.texts}
    names = ("$a_t$", "$r_{t+1}$", "$s_{t+1}$")
    assert all(0 < beside[name] - y < 0.2 for name, y in zip(names, heights, strict=True))


def test_the_loop_of_a_step_that_was_recorded(ax):
    draw_loop(ax, action="right", reward="-1", state="s3")
    assert [t.get_text() for t in ax.texts if t.get_text()][2:] == ["right", "-1", "s3"]


def test_a_world_that_is_not_square_is_drawn_the_right_way_round(ax):
    world = GridWorld("..#/..T")
    draw_grid(ax, world, v=np.arange(6.0), pi=world.policy("RRD/ULS"))
    at = {(round(t.get_position()[0]), round(t.get_position()[1])): t.get_text() for t in ax.texts}
    assert at == {(s % 3, s // 3): f"{s}.0" for s in range(6)}
    (quiver,) = [c for c in ax.collections if isinstance(c, Quiver)]
    assert quiver.XY.tolist() == [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1]]
    assert quiver.get_facecolor()[0, :3].tolist() == pytest.approx([0.373, 0.537, 0.149])
    surface = draw_surface(Figure().add_subplot(projection="3d"), world, np.arange(6.0))
    assert surface.xaxis.get_majorticklocs().tolist() == [1, 2, 3]
    assert surface.yaxis_inverted()


def test_values_have_one_decimal_and_no_negative_zero(ax):
    draw_grid(ax, GridWorld("../.T"), v=[-0.04, 5.86, -10, 0])
    assert [t.get_text() for t in ax.texts] == ["0.0", "5.9", "-10.0", "0.0"]


def test_names_are_the_numbers_of_the_book_in_the_corners(ax):
    draw_grid(ax, GridWorld("..#/..T"), names=True)
    at = {(round(t.get_position()[0]), round(t.get_position()[1])): t.get_text() for t in ax.texts}
    assert at == {(s % 3, s // 3): f"$s_{{{s + 1}}}$" for s in range(6)}


def test_visits_shade_and_trajectories_end_at_the_agent(ax):
    world = GridWorld("../.T")
    draw_grid(ax, world, visits=[0, 1, 5, 10], trajectory=[0, 1, 0, 2])
    shade = ax.collections[0].get_array()[:, :, 0].ravel()
    assert shade[0] == 1.0
    assert shade[1] > shade[2]
    assert [float(x[0]) for x in ax.lines[-1].get_data()] == [0.0, 1.0]
    line = np.array(ax.lines[0].get_data()).T
    assert line[0].tolist() == [0, 0]
    assert 0.1 < np.hypot(*line[2]) < 0.2  # seen again: a little aside


def test_a_large_world_is_coloured_not_written(ax):
    world = GridWorld(["." * 30] * 29 + ["." * 29 + "T"])
    draw_grid(ax, world, v=np.arange(900.0), pi=uniform(900, 5))
    assert len(ax.texts) == 0
    values = ax.collections[1].get_array()
    assert values.shape == (30, 30)
    assert values[0, 29] == 29
    assert values.mask.sum() == 1  # the target keeps its colour


def test_curves_and_bands(ax):
    y = np.arange(5.0)
    draw_curves(ax, range(5), {"a": y, "short": y[:3]}, bands={"a": (y - 1, y + 1)})
    assert [line.get_label() for line in ax.lines] == ["a", "short"]
    assert len(ax.collections) == 1
    with pytest.raises(ValueError, match=r"bands must belong to curves \['a'\], got \['b'\]"):
        draw_curves(ax, range(5), {"a": y}, bands={"b": (y, y)})
    with pytest.raises(ValueError, match="curve 'a' must have at most 3 points, got 5"):
        draw_curves(ax, range(3), {"a": y})


def test_runs_are_a_mean_and_a_shade():
    fig = Figure()
    left, right = panels(fig, 2, (7.0, 3.0))
    assert fig.get_size_inches().tolist() == [7.0, 3.0]
    runs = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 8.0]])
    draw_runs(left, range(2), runs)
    draw_runs(right, range(2), runs, name="some", quantiles=(0.5, 1.0))
    for ax, name, lowest in ((left, "mean of 3 seeds", 0.0), (right, "some", 2.0)):
        (line,), (shade,) = ax.lines, ax.collections
        assert line.get_label() == name
        assert line.get_ydata().tolist() == [2.0, 4.0]
        corners = shade.get_paths()[0].vertices[:, 1]
        assert (corners.min(), corners.max()) == (lowest, 8.0)


def test_what_was_learned_and_how():
    fig, world = Figure(), GridWorld("../.T", terminate_at_target=True, start=0)
    runs = np.arange(12.0).reshape(3, 4)
    draw_learning(fig, world, world.policy("RD/SS"), [0, 1, 3], {"length": (runs, (0, 9))})
    grid, ax = fig.axes
    assert len(grid.lines) == 2  # the trajectory, and the agent at its end
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert ax.lines[0].get_ydata().tolist() == runs.mean(0).tolist()
    assert (ax.get_ylabel(), ax.get_ylim()) == ("length", (0, 9))


def test_the_trajectory_of_a_policy():
    world = GridWorld("../.T", terminate_at_target=True, start=0)
    assert trajectory_of(world, world.policy("RD/RS")) == [0, 1, 3]
    assert trajectory_of(world, world.policy("SD/RS"), most=3) == [0, 0, 0, 0]


def test_surface():
    fig = Figure()
    world = GridWorld("..#/..T")
    ax = draw_surface(fig.add_subplot(projection="3d"), world, np.arange(6.0))
    assert ax.get_zlim()[0] <= 0
    assert ax.get_zlim()[1] >= 5
    with pytest.raises(ValueError, match="projection='3d', got Axes"):
        draw_surface(fig.add_subplot(), world, np.arange(6.0))


def test_animation_is_lazy_and_gives_images():
    world = GridWorld("../.T")
    frames = animate(value_iteration(world.model, 0.9), world)
    first, second = next(frames), next(frames)
    assert first.dtype == np.uint8
    assert first.ndim == 3
    assert first.shape[2] == 3
    assert first.shape == second.shape
    assert (first != second).any()
    top, later = ((frame < 200).any((1, 2)).argmax() for frame in (first, second))
    assert top == later  # the title stays where it is


def gif_of(html):
    """The images of an animation in a notebook, and how long the first is seen."""
    data = re.fullmatch(r'<img alt="animation" src="data:image/gif;base64,(.*)">', html)[1]
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    return picture.n_frames, picture.info["duration"]


def test_a_notebook_plays_an_animation_that_has_no_end():
    world = GridWorld("../.T")
    drawn = []

    def iterates():
        for k, pair in enumerate(value_iteration(world.model, 0.9)):
            drawn.append(k)
            yield pair

    animation = animate(iterates(), world)
    assert drawn == []
    assert repr(animation) == "Animation(0.4 seconds an image)"
    html = animation._repr_html_()
    assert len(drawn) == MOST_IMAGES
    assert gif_of(html) == (MOST_IMAGES, 400)
    assert animation._repr_html_() == html  # shown again, it is not drawn again
    assert len(drawn) == MOST_IMAGES
    next(animation)
    assert len(drawn) == MOST_IMAGES + 1


def test_an_animation_is_saved(tmp_path):
    world = GridWorld("../.T")
    three = islice(value_iteration(world.model, 0.9), 3)
    animate(three, world).save(tmp_path / "values.gif")
    with Image.open(tmp_path / "values.gif") as picture:
        assert (picture.format, picture.n_frames, picture.info["loop"]) == ("GIF", 3, 0)
    assert animate([], world)._repr_html_() == ""


class Formatter(dict):
    """As IPython has one for PNG: types, and the functions that draw them."""

    @property
    def type_printers(self):
        return self

    def for_type(self, kind, function):
        self[kind] = function


@pytest.mark.parametrize("pyplot_was_first", [False, True])
def test_a_notebook_learns_how_to_show_a_figure(monkeypatch, pyplot_was_first):
    formatter = Formatter({Figure: "pyplot's"} if pyplot_was_first else {})
    display = SimpleNamespace(formatters={"image/png": formatter})
    shell = SimpleNamespace(display_formatter=display)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    images._tell_notebooks()
    if pyplot_was_first:
        assert formatter == {Figure: "pyplot's"}
    else:
        fig = Figure()
        draw_grid(fig.subplots(), GridWorld())
        assert formatter[Figure](fig).startswith(b"\x89PNG")
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    images._tell_notebooks()  # IPython is loaded, and does not run


def drawn_on(ax):
    """The numbers and the arrows in the cells, from the first on."""
    written = [t.get_text() for t in ax.texts]
    arrows = sum(len(c.U) for c in ax.collections if isinstance(c, Quiver))
    return written, arrows + sum(isinstance(c, Circle) for c in ax.patches)


def test_show_draws_a_world_and_what_is_known():
    world, rng = GridWorld("../.T"), np.random.default_rng(0)
    best = optimal(world.model, 0.9)
    of_v = [f"{x:.1f}" for x in best.v]
    learner = QLearning(4, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=rng, q=best.q)
    follower = TD0(best.pi, gamma=0.9, alpha=0.1, rng=rng, v=best.v)
    assert drawn_on(show(world)) == ([], 0)
    for known in (best, next(value_iteration(world.model, 0.9, best.v)), learner, follower):
        assert drawn_on(show(world, known)) == (of_v, 4)
    assert drawn_on(show(world, best.v)) == (of_v, 0)
    assert drawn_on(show(world, list(best.pi))) == ([], 4)
    assert drawn_on(show(world, Follow(uniform(4, 5), rng))) == ([], 20)
    ax = show(world, best, trajectory=[0, 1], precision=2)
    assert drawn_on(ax)[0] == [f"{x:.2f}" for x in best.v]
    assert len(ax.lines) == 2
    network = DQN(world.observation_space, world.action_space, hidden=(4,), rng=rng)
    q = network.q(np.arange(4))
    texts, arrows = drawn_on(show(world, network))
    assert texts == [f"{np.round(x, 1) + 0.0:.1f}" for x in q.max(-1)]
    assert arrows == np.count_nonzero(greedy(q)) == 4


def test_show_draws_the_episodes_of_a_record():
    returns = np.arange(250.0)
    record = Record(returns, np.ones(250, int), [])
    ax = show(record)
    each, mean = (line.get_ydata() for line in ax.lines)
    assert each.tolist() == returns.tolist()
    assert mean[[0, 9, 249]].tolist() == [0.0, returns[:10].mean(), returns[150:].mean()]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("episode", "return")
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["return", "mean of the last 100"]
    short = Record(returns[:200] + 2, np.ones(200, int), [])
    ax = show([record, short])
    assert ax.lines[0].get_ydata().tolist() == (returns[:200] + 1).tolist()
    assert len(ax.collections) == 1


def test_what_is_shown_is_a_picture_in_a_notebook():
    ax = show(GridWorld())
    assert ax._repr_png_().startswith(b"\x89PNG")
    assert len(ax.figure.axes) == 1


def test_what_cannot_be_shown():
    world, none = GridWorld("../.T"), Record(np.zeros(0), np.zeros(0, int), [])
    some = Record(np.ones(2), np.ones(2, int), [])
    best = optimal(world.model, 0.9)
    far = LinearSarsa(
        lambda s: s, 5, gamma=0.9, alpha=0.1, epsilon=0.1, rng=np.random.default_rng(0)
    )
    for given, message in (
        ((best,), r"what must be a GridWorld or a Record, got Solution; .*: show\(world, best\)$"),
        ((none,), "what must be a Record with an episode that ended, got one without"),
        (([],), "what must be a Record with an episode that ended"),
        (([some, none],), "what must be a Record with an episode that ended"),
        ((some, best), "known and drawn belong to a world, got Record"),
        ((world, "x"), "known must be an array of real numbers, got 'x'"),
        ((world, far), "known must be an array of real numbers, got LinearSarsa"),
        ((world, np.zeros(3)), r"v must have shape \(4,\)"),
        ((world, np.zeros((4, 4))), r"pi must have shape \(4, 5\)"),
    ):
        with pytest.raises(ValueError, match=message):
            show(*given)


@pytest.mark.parametrize(
    ("drawn", "message"),
    [
        ({"v": np.zeros(3)}, r"v must have shape \(4,\)"),
        ({"pi": np.zeros((4, 4))}, r"pi must have shape \(4, 5\)"),
        ({"visits": np.zeros(3)}, r"visits must have shape \(4,\)"),
        ({"trajectory": [9]}, r"trajectory must be a whole number from 0 to 3, got 9"),
    ],
)
def test_bad_arguments(ax, drawn, message):
    with pytest.raises(ValueError, match=message):
        draw_grid(ax, GridWorld("../.T"), **drawn)


def test_only_a_grid_world_is_drawn(ax):
    with pytest.raises(ValueError, match=r"^env must be a GridWorld, got GridModel$"):
        draw_grid(ax, GridModel("../.T"))
    with pytest.raises(ValueError, match=r"^env must be a GridWorld, got TabularEnv$"):
        draw_grid(ax, TabularEnv(GridWorld("../.T").model))
