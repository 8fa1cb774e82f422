"""What a reader sees of a thing on a line of its own: what it is, its sizes, how far it is."""

import copy
import pickle
import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Box, Discrete

import rlbook
from rlbook import (
    A2C,
    DDPG,
    DPO,
    DQN,
    LSTD,
    MDP,
    MLP,
    RLHF,
    SGD,
    TD0,
    TD3,
    Adam,
    Agent,
    Answer,
    Evaluation,
    Follow,
    Gaussian,
    GridWorld,
    Imitation,
    LanguageModel,
    Linear,
    LinearQuadratic,
    LinearSarsa,
    MonteCarlo,
    NStepSarsa,
    OfficialGridWorld,
    QLearning,
    Quadratic,
    Record,
    Reinforce,
    Replay,
    RewardModel,
    Rollouts,
    Sarsa,
    Softmax,
    Solution,
    Step,
    Table,
    TabularDPO,
    TabularEnv,
    anneal,
    harmonic,
    optimal,
    train,
    uniform,
)

RNG = np.random.default_rng(0)
LEARNER = {"gamma": 0.9, "alpha": 0.1, "epsilon": 0.1, "rng": RNG}
BOX = Box(-1.0, 1.0, (3,))
LONG = "x" * 300


def test_a_world_is_its_drawing():
    assert repr(GridWorld()) == (
        "GridWorld(5 x 5 cells)\n  . . . . .\n  . # # . .\n  . . # . .\n  . # T # .\n  . # . . ."
    )
    assert str(GridWorld("..T")) == "GridWorld(1 x 3 cells)\n  . . T"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"r_forbidden": -10, "slip": 0.25}, "r_forbidden=-10, slip=0.25"),
        (
            {"r_boundary": -2.5, "r_target": 3, "r_other": -1},
            "r_boundary=-2.5, r_target=3, r_other=-1",
        ),
        (
            {"forbidden": "wall", "terminate_at_target": True},
            "forbidden='wall', terminate_at_target=True",
        ),
        ({"bump_adds_forbidden": True}, "bump_adds_forbidden=True"),
        ({"r_boundary": -1.0, "slip": 0}, ""),
    ],
)
def test_what_is_not_as_usual_is_said(options, said):
    head, *rows = repr(GridWorld(".#/.T", **options)).splitlines()
    assert head == f"GridWorld({', '.join(['2 x 2 cells', *filter(None, [said])])})"
    assert rows == ["  . #", "  . T"]


@pytest.mark.parametrize(
    ("layout", "start", "drawn"),
    [
        ("S.#/.ST", None, ["  S . #", "  . S T"]),
        ("S.#/.ST", 1, ["  . S #", "  . . T"]),
        ("..#/..T", [0.5, 0, 0, 0.5, 0, 0], ["  S . #", "  S . T"]),
        ("..#/..T", np.full(6, 1 / 6), ["  . . #", "  . . T"]),  # anywhere
        ("..#/..T", None, ["  . . #", "  . . T"]),
    ],
)
def test_a_start_is_marked(layout, start, drawn):
    assert repr(GridWorld(layout, start=start)).splitlines() == ["GridWorld(2 x 3 cells)", *drawn]


def test_a_start_that_cannot_be_marked_is_said():
    head, *rows = repr(GridWorld("..#/..T", start=2)).splitlines()
    assert head == "GridWorld(2 x 3 cells, start=2)"
    assert rows == ["  . . #", "  . . T"]


@pytest.mark.parametrize(("rows", "cols"), [(25, 3), (3, 40), (200, 200)])
def test_a_large_world_is_not_drawn_as_text(rows, cols):
    world = GridWorld(["." * cols] * (rows - 1) + ["." * (cols - 1) + "T"])
    assert repr(world) == f"GridWorld({rows} x {cols} cells)"


def test_wrapped_worlds_and_others():
    made = gymnasium.make("rlbook/GridWorld-v0")
    assert repr(made).endswith("<GridWorld<rlbook/GridWorld-v0>>>>")
    model = GridWorld(slip=0.1).model
    assert repr(TabularEnv(model)) == "TabularEnv(25 states, 5 actions, up to 3 outcomes)"
    assert repr(OfficialGridWorld()).startswith("OfficialGridWorld(5 x 5 cells, r_boundary=-5, ")
    assert max(map(len, repr(GridWorld.zhao_python()).splitlines())) < 100


def test_a_world_has_a_picture():
    small, large = GridWorld(), GridWorld(["." * 60] * 59 + ["." * 59 + "T"])
    assert "<svg" in small._repr_svg_()
    assert small._repr_svg_() == small._repr_svg_()
    assert len(large._repr_svg_()) < 50_000  # its cells are one picture, not 3600 paths
    assert GridWorld(["." * 600] * 500 + ["." * 599 + "T"])._repr_svg_() is None


def test_the_picture_marks_a_start_as_the_drawing_does():
    def texts(world):
        return world._repr_svg_().count("<!-- S -->")  # matplotlib writes what a path spells

    assert [texts(GridWorld(start=3)), texts(GridWorld()), texts(GridWorld("SS./..T"))] == [1, 0, 2]


def test_matplotlib_is_loaded_for_a_picture_alone():
    code = (
        "import sys; from rlbook import GridWorld, optimal; world = GridWorld(); repr(world); "
        "repr(optimal(world.model, 0.9)); assert 'matplotlib' not in sys.modules; "
        "world._repr_svg_(); assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_solution_shows_the_grid():
    best = optimal(GridWorld().model, 0.9, method="policy sweeps", compiled=False)
    head, *rows = repr(best).splitlines()
    assert head.startswith("Solution(25 states, 5 actions, gamma 0.9, |v - v*| <= ")
    assert head.endswith(" by policy sweeps)")
    assert rows[0] == "  D R D D D     5.83   5.58   6.20   6.48   5.83"
    assert [row.split()[:5] for row in rows] == list(map(list, GridWorld().arrows(best.pi)))
    assert [row.split()[5:] for row in rows] == [
        [f"{x:.2f}" for x in row] for row in best.v.reshape(5, 5)
    ]


def test_a_solution_of_any_model_is_short():
    model = MDP.from_matrices(np.full((3, 2, 3), 1 / 3), np.eye(3)[:, :2])
    best = optimal(model, 0.9, compiled=False)
    assert repr(best).splitlines()[1] == "  v [7. 7. 6.]"
    for world in (GridWorld(["." * 50] * 49 + ["T" * 50]), GridWorld(["." * 90, "T" * 90])):
        for asked in (world.model, world.rules):
            lines = repr(optimal(asked, 0.9, compiled=False)).splitlines()
            assert len(lines) == 2
            assert max(map(len, lines)) < 100


@pytest.mark.parametrize("method", [None, "value iteration", "policy sweeps", "in place"])
def test_a_solution_says_how_it_was_found(method):
    best = optimal(GridWorld().rules, 0.9, method=method, compiled=False)
    assert best.method == (method or "policy sweeps")
    assert (best.gamma, best.grid) == (0.9, (5, 5))
    assert f"by {best.method})" in repr(best)
    v, q, pi, bound = best
    assert (v.shape, q.shape, pi.shape) == ((25,), (25, 5), (25, 5))
    for again in (copy.copy(best), pickle.loads(pickle.dumps(best))):
        assert isinstance(again, Solution)
        assert repr(again) == repr(best)
    alone = Solution(v, q, pi, bound)
    assert repr(alone).startswith(f"Solution(25 states, 5 actions, |v - v*| <= {bound:.2g})\n")


SHORT = [
    (lambda: Follow(uniform(4, 2), RNG), "Follow(pi (4, 2), visits 0)"),
    (
        lambda: TD0(uniform(4, 2), gamma=0.9, alpha=harmonic, rng=RNG),
        "TD0(v (4,), gamma 0.9, alpha harmonic, visits 0)",
    ),
    (
        lambda: Sarsa(4, 2, **LEARNER),
        "Sarsa(q (4, 2), gamma 0.9, alpha 0.1, epsilon 0.1, updates 0)",
    ),
    (
        lambda: NStepSarsa(4, 2, n=3, **LEARNER),
        "NStepSarsa(n 3, q (4, 2), gamma 0.9, alpha 0.1, epsilon 0.1, updates 0)",
    ),
    (
        lambda: QLearning(4, 2, **LEARNER | {"alpha": lambda n: 1 / n, "epsilon": anneal(1, 0, 9)}),
        "QLearning(q (4, 2), gamma 0.9, alpha a function, epsilon 1, updates 0)",
    ),
    (
        lambda: MonteCarlo(4, 2, gamma=0.9, epsilon=0, exploring_starts=True, rng=RNG),
        "MonteCarlo(q (4, 2), gamma 0.9, epsilon 0, exploring_starts True, n_episodes 0)",
    ),
    (
        lambda: LinearSarsa(np.eye(4), 2, **LEARNER),
        "LinearSarsa(w (2, 4), gamma 0.9, alpha 0.1, epsilon 0.1, updates 0)",
    ),
    (
        lambda: LSTD(np.eye(4), uniform(4, 2), gamma=0.9, regularisation=0, rng=RNG),
        "LSTD(n_features 4, gamma 0.9, regularisation 0)",
    ),
    (
        lambda: DQN(BOX, Discrete(2), rng=RNG),
        "DQN(net MLP(3, 64, 64, 2; relu, 4546 parameters), gamma 0.99, epsilon 1, steps 0, "
        "n_updates 0,\n  replay Replay(0 of 100000 steps))",
    ),
    (
        lambda: DDPG(BOX, BOX, rng=RNG, hidden=(8,)),
        "DDPG(actor MLP(3, 8, 3; relu, 59 parameters), critics MLP(6, 8, 1; relu, 65 parameters),\n"
        "  gamma 0.99, n_updates 0, n_episodes 0)",
    ),
    (
        lambda: TD3(BOX, BOX, rng=RNG, hidden=(8,)),
        "TD3(actor MLP(3, 8, 3; relu, 59 parameters), critics 2 of MLP(6, 8, 1; relu, 65 "
        "parameters),\n  gamma 0.99, n_updates 0, n_episodes 0, delay 2, smoothing 0.2)",
    ),
    (
        lambda: A2C(
            Softmax(Table(4, 2)), Table(4, 1), gamma=0.9, alpha_theta=0.1, alpha_w=0.2, rng=RNG
        ),
        "A2C(actor Softmax(Table(4, 2)), critic Table(4, 1), gamma 0.9, alpha_theta 0.1, "
        "alpha_w 0.2, n 1,\n  lam 1, entropy 0)",
    ),
    (
        lambda: Reinforce(Softmax(Table(4, 2)), gamma=0.9, alpha=0.1, rng=RNG),
        "Reinforce(policy Softmax(Table(4, 2)), gamma 0.9, n_episodes 0)",
    ),
    (
        lambda: RLHF(Softmax(Table(4, 2)), beta=0.1, lr=0.01, rng=RNG),
        "RLHF(policy Softmax(Table(4, 2)), beta 0.1, adam Adam(lr 0.01, 0 steps))",
    ),
    (
        lambda: DPO(Softmax(Table(4, 2)), beta=0.1, lr=0.01, loss="ipo", rng=RNG),
        "DPO(policy Softmax(Table(4, 2)), loss 'ipo', beta 0.1, adam Adam(lr 0.01, 0 steps))",
    ),
    (lambda: Table(4, 2), "Table(4, 2)"),
    (lambda: Linear(np.eye(4), 2), "Linear(4 features, 2 outputs)"),
    (LinearQuadratic, "LinearQuadratic(A (2, 2), B (2, 1), noise 0.1)"),
    (lambda: Quadratic(3), "Quadratic(7, 1; 7 parameters)"),
    (lambda: MLP((3, 2), rng=RNG, output="tanh"), "MLP(3, 2; tanh, 8 parameters)"),
    (
        lambda: Gaussian(MLP((3, 8, 1), rng=RNG, hidden="tanh", extra=1)),
        "Gaussian(MLP(3, 8, 1; tanh, 42 parameters))",
    ),
    (lambda: SGD(Table(4, 2), 0.5), "SGD(lr 0.5)"),
    (lambda: Adam(Table(4, 2), 0.5), "Adam(lr 0.5, 0 steps)"),
    (lambda: Replay(5), "Replay(0 of 5 steps)"),
    (
        lambda: LanguageModel(["a", "b"], rng=RNG, window=2, width=3, hidden=(4,)),
        "LanguageModel(3 words with <end>, window 2, WordWindow(6, 4, 3; tanh, 52 parameters))",
    ),
    (
        lambda: Imitation(Softmax(Table(4, 2)), lr=0.1),
        "Imitation(Softmax(Table(4, 2)), Adam(lr 0.1, 0 steps), last_loss nan)",
    ),
    (
        lambda: RewardModel(Table(4, 2), lr=0.1),
        "RewardModel(Table(4, 2), Adam(lr 0.1, 0 steps), last_loss nan)",
    ),
    (
        lambda: TabularDPO(np.full((3, 4), 0.25), beta=0.1),
        "TabularDPO(theta (3, 4), loss 'sigmoid', beta 0.1, at most 0 from ln pi_ref)",
    ),
    (
        lambda: Rollouts(0, [Answer([0], [1])] * 2, [1.0, 2.5]),
        "Rollouts(x 0, 2 answers, 2 rewards, from 1 to 2.5)",
    ),
    (lambda: Rollouts("the", [], []), "Rollouts(x 'the', 0 answers, 0 rewards)"),
    (
        lambda: Evaluation(GridWorld(), Table(4, 2), episodes=3),
        "Evaluation(3 episodes a call, 0 calls)",
    ),
    (lambda: Record(np.array([]), np.array([], int), []), "Record(0 episodes)"),
]  # fmt: skip


NAMES = [said.partition("(")[0] for _, said in SHORT]


@pytest.mark.parametrize(("make", "said"), SHORT, ids=NAMES)
def test_what_a_thing_holds(make, said):
    assert repr(make()) == said


def test_how_much_was_learned():
    agent = Sarsa(4, 5, **LEARNER)
    record = train(agent, GridWorld("../.T", terminate_at_target=True), episodes=120, seed=0)
    assert repr(agent).endswith(f", updates {record.lengths.sum()})")
    assert repr(record) == (
        f"Record(120 episodes, {record.lengths.sum()} steps, mean return "
        f"{record.returns.mean():.4g}, of the last 100 {record.returns[20:].mean():.4g})"
    )
    measured = Record(np.ones(3), np.ones(3, int), [1.0, 2.0])
    assert repr(measured) == "Record(3 episodes, 3 steps, mean return 1, 2 measured)"
    replay = Replay(5)
    for _ in range(7):
        replay.add(Step(np.zeros(3), 1, 0.0, np.zeros(3), False, False))
    assert repr(replay) == "Replay(5 of 5 steps, s (3,), a ())"
    tabular = TabularDPO(np.full((1, 2), 0.5), beta=0.5).fit([[[0, 3], [1, 0]]])
    assert repr(tabular).endswith(f"at most {np.log(3):.3g} from ln pi_ref)")  # h = ln 3 / beta
    watch = Evaluation(GridWorld("../.T", terminate_at_target=True), Table(4, 2), episodes=2)
    watch(Follow(uniform(4, 5), np.random.default_rng(0)))
    assert repr(watch).startswith("Evaluation(2 episodes a call, 1 calls, best ")


class OfAReader(Agent):
    """Says nothing of itself but what it names, and may not have it yet."""

    holds = ("q", "note", "missing", "off")
    off = False

    def __init__(self):
        self.q, self.note = np.zeros((3, 2)), LONG

    def act(self, s, *, explore=True):
        return 0

    def update(self, experience):
        pass


def test_odd_things_stay_short():
    said = repr(OfAReader())
    assert said.startswith("OfAReader(q (3, 2), note 'xxx")
    assert len(said) < 100
    assert len(repr(Rollouts(LONG, [], []))) < 120
    OfAReader.holds, before = (), OfAReader.holds
    assert repr(OfAReader()) == "OfAReader()"
    OfAReader.holds = before


def test_every_public_class_that_is_made_says_what_it_is():
    addresses = {
        name
        for name in rlbook.__all__
        if isinstance(kind := getattr(rlbook, name), type)
        and kind.__repr__ in (object.__repr__, gymnasium.Env.__repr__)
    }
    assert addresses == set()
