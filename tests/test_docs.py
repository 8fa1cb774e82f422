"""What the pages say can be typed in, and prints what they show."""

import doctest
import re
from pathlib import Path

import gymnasium
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = [
    p for p in sorted(DOCS.glob("**/*.md")) if not p.relative_to(DOCS).parts[0].startswith("_")
]


def sections(page):
    """(heading, first line, its >>> blocks as one text) of each section that has some."""
    heading, fenced, kept = "", False, []
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        if not fenced and line.startswith("#"):
            if kept:
                yield heading, kept
            heading, kept = line.strip("# "), []
        if line.startswith("```"):
            fenced = line == "```pycon"
            kept.append((number, ""))
        elif fenced:
            kept.append((number, line))
    if kept:
        yield heading, kept


ROOT = DOCS.parent


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.stem
)
def test_files_that_a_page_names_are_there(page):
    named = re.findall(r"(?<![\w/.:-])rlbook/[\w/]*(?:\.\w+)?", page.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


CASES = [
    pytest.param(page, lines, id=f"{page.relative_to(DOCS).with_suffix('')}: {heading}")
    for page in PAGES
    for heading, lines in sections(page)
    if any(text for _, text in lines)
]


@pytest.mark.parametrize(("page", "lines"), CASES)
def test_what_a_page_types_prints_what_it_shows(page, lines, installed, tmp_path, monkeypatch):
    # Each section starts afresh: a reader may begin anywhere.
    monkeypatch.chdir(tmp_path)
    for name, version in re.findall(r'gymnasium\.make\("(\w+)-v(\d+)"', str(lines)):
        # The pages speak of the newest Gymnasium; an id that it gives up is for the page to change.
        if int(installed[name].rpartition("-v")[2]) < int(version):
            pytest.skip(f"Gymnasium {gymnasium.__version__} has no {name}-v{version} yet")
    text = "\n" * (lines[0][0] - 1) + "\n".join(line for _, line in lines) + "\n"
    found = doctest.DocTestParser().get_doctest(text, {}, page.stem, str(page), 0)
    assert found.examples
    said = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE, verbose=False)
    assert runner.run(found, out=said.append).failed == 0, "".join(said)
