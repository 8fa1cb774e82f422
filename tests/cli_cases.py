"""What the tests of the command share: results of every kind, and an item that draws."""

import numpy as np

from rlbook.book.claims import Reference, Share, at_least
from rlbook.book.items import Part, Result

RESULTS = {
    "fig:99.1": Result(
        Part("far", [0.0], [90.0], 100),
        Part("near", [0.0, 0.0], [0.2, 0.3], 0.25),
        Part("pi", ["D"], ["DL"]),
    ),
    "fig:99.2": Result(Part("v", ["1", "0.5"], [1, 0.52]), Part("pi", ["D", "R"], ["D", "L"])),
    "fig:99.3": Result(Part("v", ["1", "0.5"], [1, 0.52]), Part("pi", ["D"], ["D"])),
    "fig:99.4": Result(Part("", [True], [True]), kind="shape"),
    "fig:99.5": Result(Part("runs", at_least(0.9), Share(5, 6))),
    "fig:99.6": Result(Part("runs", at_least(0.9), Share(1, 6))),
    "fig:99.7": Result(Part("", Reference(0.5, 0.5, 2000), Share(30, 30))),
    "fig:99.8": Result(Part("", [0.0], [np.nan])),
    "fig:99.9": Result(Part("", ["1.0"], [1.01]), differs={("", 0): 0.1}, note="why"),
}


def draws(fig, rng):
    fig.add_subplot().plot([1, 2])
    return Result(Part("", [1.0], [1.0]))
