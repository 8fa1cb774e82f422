"""The house: `ls rlbook` is the table of contents, and no import goes in a circle."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rlbook

ROOT = Path(rlbook.__file__).parent
MODULES = {
    ".".join((ROOT.name, *path.relative_to(ROOT).with_suffix("").parts)): path
    for path in ROOT.rglob("*.py")
    if "chapters" not in path.relative_to(ROOT).parts
}


def imports(path):
    """What a file imports, in its functions, too; not what type checkers alone import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in skipped:
            assert node.level == 0, f"{path} imports {ast.unparse(node)}: say from where"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
            yield node.module
        elif isinstance(node, ast.Import) and id(node) not in skipped:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Constant) and node.value in MODULES:  # for import_module
            yield node.value


def arrows():
    """Each module and what it needs; to need a room is to need its __init__."""
    return {
        name: {
            x
            for found in imports(path)
            for x in (found, f"{found}.__init__")
            if x in MODULES and x not in (name, "rlbook.__init__")
        }
        for name, path in MODULES.items()
    }


def test_no_import_goes_in_a_circle():
    try:
        order = list(TopologicalSorter(arrows()).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(MODULES)
    assert sum(map(len, arrows().values())) > 200  # so that the test sees imports at all


def test_a_circle_would_be_seen(tmp_path):
    (tmp_path / "a.py").write_text("def f():\n    from rlbook import policy\n")
    assert "rlbook.policy" in set(imports(tmp_path / "a.py"))


def test_rooms_form_no_circle_either():
    """A room is entered by its __init__, and then may load all of it: rooms stand on floors."""
    rooms = {}
    for name, needed in arrows().items():
        room = name.split(".")[1]
        rooms.setdefault(room, set()).update(x.split(".")[1] for x in needed)
    for room, needed in rooms.items():
        needed.discard(room)
    try:
        list(TopologicalSorter(rooms).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_top_is_a_table_of_contents():
    top = [x for x in ROOT.iterdir() if x.suffix == ".py" or (x / "__init__.py").exists()]
    assert 30 <= len(top) <= 35, sorted(x.name for x in top)


def floors():
    """How many modules stand on one another, at most."""
    below, height = arrows(), {}
    for name in TopologicalSorter(below).static_order():
        height[name] = 1 + max((height[x] for x in below[name]), default=0)
    return max(height.values())


def test_the_house_is_not_high():
    assert floors() <= 15
