"""Is this an experiment, a grid, a list of seeds, a row? One clear error where it is not."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Mapping
from functools import reduce
from importlib import import_module
from itertools import product
from typing import Any

from rlbook.checks import check_count
from rlbook.sweeps.record import Row, Value, json_value, key, name_of


def check_experiment(experiment: Any, names: list[str]) -> None:
    """ValueError unless it takes seed and the names of the grid as arguments."""
    if not callable(experiment):
        raise ValueError(f"experiment must be a function, got {experiment!r}")
    try:
        signature = inspect.signature(experiment)
    except (ValueError, TypeError):  # not everything that can be called has one
        return
    try:
        signature.bind(**dict.fromkeys([*names, "seed"]))
    except TypeError as error:
        raise ValueError(
            f"experiment must take seed and the names in the grid, {names}, got "
            f"{name_of(experiment)}{signature}: {error}"
        ) from None


def check_importable(experiment: Any) -> None:
    """ValueError unless a worker process can import it by its path, module:name."""
    try:
        found = load(path_of(experiment)) is experiment
    except (AttributeError, ImportError):
        found = False
    main = sys.modules["__main__"]
    if found and experiment.__module__ == "__main__":  # a notebook has it too, but no file
        found = hasattr(main, "__file__") or getattr(main, "__spec__", None) is not None
    if not found:
        raise ValueError(
            "experiment must be a function at the top level of a file, which worker processes can "
            f"import (or give an executor of threads), got {experiment!r}"
        )


def path_of(experiment: Any) -> str:
    """module:name."""
    return f"{experiment.__module__}:{experiment.__qualname__}"


def load(path: str) -> Any:
    """What module:name stands for. Raises what the import does, AttributeError for no name."""
    module, _, name = path.partition(":")
    return reduce(getattr, name.split("."), import_module(module))


def check_grid(grid: Mapping[str, Iterable[Any]]) -> list[Row]:
    """The settings: the product of the values, the last name changing fastest."""
    if not isinstance(grid, Mapping):
        raise ValueError(f"grid must be a dict of names and values, got {grid!r}")
    columns: list[list[Value]] = []
    for name, values in grid.items():
        if not isinstance(name, str) or not name.isidentifier() or name == "seed":
            raise ValueError(f"grid must have names of arguments other than seed, got {name!r}")
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ValueError(f"grid[{name!r}] must be a list of values, got {values!r}")
        column = [json_value(x, f"grid[{name!r}]") for x in values]
        if not column or len({key({"seed": x}, ()) for x in column}) < len(column):
            raise ValueError(
                f"grid[{name!r}] must have different values, one or more, got {column}"
            )
        columns.append(column)
    return [dict(zip(grid, values, strict=True)) for values in product(*columns)]


def check_seeds(seeds: Iterable[int]) -> list[int]:
    """A list of different whole numbers."""
    if isinstance(seeds, str) or not isinstance(seeds, Iterable):
        raise ValueError(f"seeds must be whole numbers, such as range(10), got {seeds!r}")
    numbers = [check_count(x, f"seeds[{k}]", 0) for k, x in enumerate(seeds)]
    if not numbers or len(set(numbers)) < len(numbers):
        raise ValueError(f"seeds must be different whole numbers, one or more, got {numbers}")
    return numbers


def check_executor(executor: Any) -> None:
    """ValueError unless it is an executor: not a number of processes, and not a class."""
    if isinstance(executor, type) or not hasattr(executor, "submit"):
        hint = f": for processes pass workers={executor}"
        raise ValueError(
            "executor must be a concurrent.futures.Executor or None, got "
            f"{executor!r}{hint if type(executor) is int and executor > 0 else ''}"
        )


def check_results(results: Any) -> Row:
    """What an experiment returned, as a part of a row."""
    if not isinstance(results, Mapping):
        results = {"result": results}
    if not all(isinstance(name, str) and name for name in results):
        raise ValueError(f"results must have strings as names, got {list(results)}")
    return {name: json_value(x, f"result {name!r}") for name, x in results.items()}
