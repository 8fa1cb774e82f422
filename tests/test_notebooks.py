"""The notebooks are those of the pages: made again, nothing changes."""

import ast
import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
spec = importlib.util.spec_from_file_location("notebooks", ROOT / "docs" / "notebooks.py")
notebooks = importlib.util.module_from_spec(spec)
spec.loader.exec_module(notebooks)
CHAPTERS = range(1, 13)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_made_again_nothing_changes(chapter):
    file = ROOT / "notebooks" / f"ch{chapter:02}.ipynb"
    assert file.read_text(encoding="utf-8") == notebooks.as_text(chapter), (
        "the page has changed: python docs/notebooks.py"
    )


def source(cell):
    return "".join(cell["source"])


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_a_notebook_holds(chapter):
    cells = json.loads(notebooks.as_text(chapter))["cells"]
    page = (ROOT / "docs" / "chapters" / f"ch{chapter:02}.md").read_text(encoding="utf-8")
    code = [source(cell) for cell in cells if cell["cell_type"] == "code"]
    text = "\n".join(source(cell) for cell in cells if cell["cell_type"] == "markdown")
    assert "%pip install" in code[0]
    assert sum(x == "# Your answer" for x in code) == page.count("\n### Exercise")
    shown = page.count("```{item}") + page.count("```{picture}")
    assert sum(x.startswith("see(") for x in code) == shown
    assert sum(x.startswith("check(") for x in code) == sum(
        "NotImplementedError" in x for x in code
    )
    assert sum(x.startswith("check(") for x in code) > 0
    for word in ("{api}", "{book}", ":::", "```{", ">>> "):
        assert word not in text, word
    for heading in (line for line in page.splitlines() if line.startswith("## ")):
        assert (heading in text) != heading.startswith("## Try it")  # a lab is of the page alone
    for x in code[1:]:
        ast.parse(x)
        assert not x.startswith(">>>")
    assert not any(cell.get("outputs") for cell in cells)


def test_a_session_ends_a_cell_where_python_answers():
    lines = [">>> x = 1", ">>> for k in (x, 2):", "...     print(k)", "1", "2", ">>> x", "1"]
    assert list(notebooks.sessions(lines)) == ["x = 1\nfor k in (x, 2):\n    print(k)", "x"]
    assert list(notebooks.sessions([">>> x = 1"])) == ["x = 1"]


def test_what_it_cannot_show_it_says():
    with pytest.raises(ValueError, match=r"a notebook cannot show \{no-such\} yet"):
        notebooks.of_block(notebooks.Block("no-such", "", []))
