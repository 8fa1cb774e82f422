"""What an import costs, and that the public names are what they seem."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rlbook


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import rlbook", "gymnasium matplotlib PIL scipy numba"),
        ("from rlbook import MDP, optimal, solve", "gymnasium matplotlib PIL scipy numba"),
        ("from rlbook import GridWorld; GridWorld()", "matplotlib PIL scipy numba"),
        ("import rlbook.cli", "gymnasium matplotlib PIL scipy numba"),
        ("import rlbook.agent, rlbook.temporal_difference", "gymnasium matplotlib numba"),
        ("import rlbook.book.report, rlbook.plot", "matplotlib.pyplot scipy numba"),
    ],
)
def test_modules_are_loaded_when_they_are_used(code, absent):
    check = f"{code}\nimport sys\nprint([m for m in {absent.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_public_names():
    for name in rlbook.__all__:
        thing = getattr(rlbook, name)
        assert isinstance(thing, (tuple, str)) or thing.__doc__, name
    assert set(rlbook.__all__) <= set(dir(rlbook))
    with pytest.raises(AttributeError, match="module 'rlbook' has no attribute 'nonsense'"):
        _ = rlbook.nonsense


def test_each_public_name_lives_where_the_stub_says():
    for name, module in rlbook._HOME.items():
        thing = getattr(rlbook, name)
        assert getattr(thing, "__module__", module) == module, name
        assert getattr(import_module(module), name) is thing, name
    stub = ast.parse(Path(rlbook.__file__).with_suffix(".pyi").read_text())
    names = [a for x in stub.body if isinstance(x, ast.ImportFrom) for a in x.names]
    assert all(alias.asname == alias.name for alias in names)  # so that type checkers pass it on
    assert len(names) == len(rlbook.__all__)
