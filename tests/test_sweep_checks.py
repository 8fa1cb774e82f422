"""What may be swept, and the one clear error where it may not."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sweep_helpers import Lazy, an_experiment

from rlbook import sweep


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"experiment": 3}, "experiment must be a function, got 3"),
        ({"experiment": lambda: 0}, "experiment must take seed and the names in the grid"),
        ({"grid": {"b": [1]}}, "experiment must take .*unexpected keyword argument 'b'"),
        ({"grid": [1]}, "grid must be a dict"),
        ({"grid": {"seed": [1]}}, "grid must have names of arguments other than seed, got 'seed'"),
        ({"grid": {"a b": [1]}}, "grid must have names"),
        ({"grid": {"a": []}}, r"grid\['a'\] must have different values, one or more, got \[\]"),
        ({"grid": {"a": [1, 1.0]}}, r"grid\['a'\] must have different values"),
        ({"grid": {"a": "xyz"}}, r"grid\['a'\] must be a list of values, got 'xyz'"),
        ({"grid": {"a": 3}}, r"grid\['a'\] must be a list of values, got 3"),
        ({"grid": {"a": [[1, 2]]}}, r"grid\['a'\] must be a number, a text, True, False or None"),
        ({"seeds": 5}, r"seeds must be whole numbers, such as range\(10\), got 5"),
        ({"seeds": []}, r"seeds must be different whole numbers, one or more, got \[\]"),
        ({"seeds": [1, 1]}, "seeds must be different whole numbers"),
        ({"seeds": [0.5]}, r"seeds\[0\] must be a whole number, 0 or more, got 0.5"),
        ({"out": ""}, "out must be a path such as results/epsilon, got ''"),
        ({"out": 3}, "out must be a path such as results/epsilon, got 3"),
        ({"out": Path()}, "out must be a path such as results/epsilon, got "),
        ({"progress": 3}, "progress must be a function or None, got 3"),
        (
            {"executor": 4},
            r"executor must be a concurrent\.futures\.Executor or None, got 4: for processes pass "
            "workers=4$",
        ),
        ({"executor": 1}, "executor must be a concurrent.* or None, got 1: .* workers=1$"),
        ({"executor": 0}, "executor must be a concurrent.* or None, got 0$"),
        ({"executor": "dask"}, r"executor must be a concurrent.* or None, got 'dask'$"),
        ({"executor": ThreadPoolExecutor}, "executor must be a concurrent.* or None, got <class"),
        ({"workers": 2}, "workers must be None where an executor is given, got 2"),
        ({"workers": 0}, "workers must be a whole number, 1 or more, got 0"),
        ({"experiment": lambda seed: 0, "executor": None}, "experiment must be a function at the"),
    ],
)
def test_bad_arguments(changed, message):
    given = {"experiment": an_experiment, "grid": {}, "seeds": [0], "executor": Lazy(1)}
    with pytest.raises(ValueError, match=message):
        sweep(**(given | changed))


@pytest.mark.parametrize("make", [lambda c: c.Holder().method, lambda c: partial(c.value, alpha=1)])
def test_what_cannot_be_imported_by_name(cases, make):
    experiment = make(cases)
    with pytest.raises(ValueError, match="top level of a file"):
        sweep(experiment, {}, [0])
