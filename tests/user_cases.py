"""What the tests of users' tables and worlds share: a table, a world that shows one, its arrays."""

import gymnasium

SURE = [
    [[(1.0, 0, 0.0, False)], [(1.0, 1, 1.0, False)]],
    [[(1.0, 0, 2.0, False)], [(1.0, 1, 3.0, True)]],
]
"""Two states, two actions, as lists of lists of lists."""


class Listed(gymnasium.Env):
    """A world that shows a table, and whatever else it is told to have."""

    def __init__(self, P, **has):
        self.P = P
        self.__dict__.update(has)


def vars_of(model):
    return model.p, model.s_next, model.r, model.terminated
