"""rlbook: the verified companion to S. Zhao, Mathematical Foundations of Reinforcement Learning.

Throughout this library

    s, a, r, s_next    a state, an action, a reward, the next state
    v[s], q[s, a]      values of states and of actions
    pi[s, a]           a policy: each row sums to one
    phi, w, theta      features; parameters of values; parameters of policies
    d[s]               a distribution over states
    P[s, a, s']        transition probabilities        R[s, a]    mean rewards
    gamma              the discount: it belongs to the learner, not to the world
    x, y, beta         a context, an answer to it; the weight of the KL to a reference policy
    S, A, K            how many states, actions, outcomes of a pair
    rng                a numpy Generator: what takes one is random, and nothing else is

States are numbered from 0, row by row; the book's s1 is our 0. Actions of the grid world are 0 up,
1 right, 2 down, 3 left, 4 stay: the book's a1 to a5. An outcome is `terminated` if the future is
worth zero after it. Numbers such as (2.7) are the book's equations.

A first look, chapters 3 and 4 in four lines:

    from rlbook import GridWorld, optimal
    world = GridWorld()
    best = optimal(world.model, gamma=0.9)
    print(world.arrows(best.pi), best.v.reshape(world.shape).round(1))

`ls rlbook` is the table of contents: a file or a folder a chapter, and what they share.
"""

import ast
from importlib import import_module, resources
from typing import Any

__version__ = "0.1.0"


def _homes() -> dict[str, str]:
    """Where each public name lives: {name: module}, as __init__.pyi says."""
    stub = ast.parse(resources.files("rlbook").joinpath("__init__.pyi").read_text("utf-8"))
    return {
        alias.name: str(node.module)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


# A module is loaded when a name of it is first used: `import rlbook` costs no more than Python
# itself, and gymnasium and matplotlib are paid for by those who need them.
_HOME = _homes()

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'rlbook' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
