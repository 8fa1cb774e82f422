"""What an import costs, and that the public names are what they seem."""

import ast
import subprocess
import sys
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
        ("import rlbook.report, rlbook.plot", "matplotlib.pyplot scipy numba"),
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


def test_the_names_that_type_checkers_see_are_the_names_there_are():
    tree = ast.parse(Path(rlbook.__file__).read_text())
    seen = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("rlbook.")
        for alias in node.names
    }
    assert seen == {name: f"rlbook.{module}" for name, module in rlbook._MODULE.items()}
