"""Known mistakes are called by their names, and what is right is called right."""

from importlib import import_module
from pathlib import Path

import pytest

from rlbook.homework.calling import call
from rlbook.homework.catalogue import homework
from rlbook.homework.judge import judge

PLACE = Path(__file__).parent / "homework"


def written():
    """Task, function, for all that students write."""
    for file in sorted(PLACE.glob("hw*.py")):
        number, _, name = file.stem.partition("_")
        (task,) = (task for task in homework(number).tasks if task.name == name)
        module = import_module(f"homework.{file.stem}")
        for function in vars(module).values():
            own = getattr(function, "__module__", "") == module.__name__ and callable(function)
            if own and not function.__name__.startswith("_"):
                yield pytest.param(task, function, id=f"{file.stem}-{function.__name__}")


def found(task, function):
    return judge(task, lambda args, take, seconds: call(function, args, take, function.__module__))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # students' code may overflow
@pytest.mark.parametrize(("task", "function"), written())
def test_it_is_called_what_it_is(task, function):
    finding = found(task, function)
    if function.__name__.startswith("right"):
        assert finding.verdict == "right", finding
        return
    equation, _, looks_like = function.__doc__.partition(": ")
    assert finding.verdict == "wrong"
    assert finding.equation == equation, finding
    assert finding.looks_like.startswith(looks_like), finding


@pytest.mark.parametrize("number", range(1, 13))
def test_solutions_are_right(number):
    for task in homework(str(number)).tasks:
        assert found(task, task.solution).verdict == "right", task.name
