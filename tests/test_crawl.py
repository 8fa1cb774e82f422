"""The crawl of the built pages notices what a reader would. Needs the extra `crawl`, a Chromium."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
import crawl

playwright = pytest.importorskip("playwright.sync_api", reason="the extra `crawl` is not installed")
PATH = next(filter(None, map(shutil.which, crawl.BROWSERS)), None)


@pytest.fixture(scope="module")
def browser():
    if PATH is None:
        pytest.skip("there is no Chromium here")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=PATH, args=crawl.FLAGS)
        yield opened
        opened.close()


def look(browser, folder, body):
    (folder / "page.html").write_text(f"<!doctype html><body><article>{body}</article></body>")
    return crawl.faults(browser, folder, 390, "light")


FINE = """<p>text</p><div style="overflow-x: auto"><pre style="width: 900px">code</pre></div>
<span class="math"><span class="katex">x</span></span>"""


def test_a_page_without_faults(browser, tmp_path):
    assert look(browser, tmp_path, FINE) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<div style="width: 900px">wide</div>', "the page is 9"),
        ('<div style="overflow: hidden"><p style="width: 900px">cut</p></div>', "P  ends at 9"),
        ('<img src="none.png">', "the picture none.png does not load"),
        ('<span class="math">\\(x\\)</span>', "a formula is left as it was typed: \\(x\\)"),
        ("<script>console.error('oops')</script>", "says: oops"),
        ("<script>nothing.here()</script>", "error: nothing is not defined"),
        ('<img src="http://127.0.0.1:9/a.png">', "asks for http://127.0.0.1:9/a.png"),
    ],
)
def test_what_is_wrong_with_a_page(browser, tmp_path, body, fault):
    found = look(browser, tmp_path, FINE + body)
    assert any(f"page.html at 390 px, light: {fault}" in line for line in found), found
