"""What a run leaves in its folder, a report and figures, and how --show opens them."""

import importlib
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cli_cases import RESULTS, draws

from rlbook import cli
from rlbook.book import report
from rlbook.book.items import Part, Result, load_chapters

load_chapters()


# The report


def test_reproduce_writes_the_report(capsys, tmp_path):
    out = tmp_path / "deep" / "report"
    assert cli.main(["reproduce", "--only", "fig:3.4", "tab:4.2,ex:3.1", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""  # no progress in a pipe
    lines = captured.out.splitlines()
    assert [line.split()[0] for line in lines[1:7]] == [
        "fig:3.4a", "fig:3.4b", "fig:3.4c", "fig:3.4d", "ex:3.1", "tab:4.2",
    ]  # fmt: skip
    assert lines[-2:] == ["6 items: 6 agrees", f"report: {out / 'report.html'}"]
    entries = json.loads((out / "report.json").read_text())
    keys = (
        "id title verdict printed computed sources nearest_to_its_limit max_difference tolerance "
        "bounds in_words alarm note seed quick seconds figures"
    )
    assert all(list(e) == keys.split() for e in entries)
    assert entries[0]["printed"]["v"][0] == [5.8, 5.6, 6.2, 6.5, 5.8]
    assert entries[0]["computed"]["v"][0][0] == pytest.approx(5.832, abs=1e-4)
    assert entries[0]["tolerance"] == pytest.approx(0.0501)
    assert entries[0]["max_difference"] <= entries[0]["tolerance"]
    page = (out / "report.html").read_text()
    assert page.count("<section") == 6
    assert 'src="data:image/svg+xml;base64,' in page
    assert "http" not in page.replace("http-equiv", "")  # nothing from elsewhere
    assert not list(out.rglob("*.part"))


def test_the_report_shows_what_came_out_and_marks_what_is_outside(capsys, tmp_path, extra_item):
    result = Result(Part("v", [["1.5", "2.5"]], [[1.5204, 3.25]]))
    extra_item("fig:99.1", lambda fig, rng: result)
    assert cli.main(["reproduce", "--only", "fig:99.1", "--out", str(tmp_path)]) == 1
    page = (tmp_path / "report.html").read_text()
    head = '<tr><th scope="col">1</th><th scope="col">2</th></tr>'
    row = '<tr><td>1.5</td><td class="out">2.5</td></tr>'
    book = f"<figcaption>book</figcaption><table>{head}{row}"
    ours = f'<table>{head}<tr><td>1.520</td><td class="out">3.250</td></tr>'
    assert book in page
    assert f"<figcaption>rlbook</figcaption>{ours}" in page
    assert '<p class="test">largest difference 0.75, allowed 0.0501</p>' in page
    cli.main(["run", "fig:99.1", "--out", str(tmp_path)])
    out = capsys.readouterr().out
    assert "3.250!" in out
    assert "1.520!" not in out
    assert "    ! marks a cell that differs by more than is allowed\n" in out
    assert cli.main(["run", "ex:3.1", "--out", str(tmp_path)]) == 0
    assert "! marks" not in capsys.readouterr().out


def test_the_report_shows_one_number_a_row_and_a_table_of_three_axes(tmp_path, extra_item):
    parts = [Part("one", 2.0, 2.0), Part("row", [1, 2], [1, 2])]
    parts.append(Part("block", np.arange(8).reshape(2, 2, 2), np.arange(8)))
    extra_item("fig:99.1", lambda fig, rng: Result(*parts))
    assert cli.main(["reproduce", "--only", "fig:99.1", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text()
    assert page.count('<p class="number"><span>2</span></p>') == 2
    assert "<tr><td>1</td><td>2</td></tr></table>" in page
    assert '<th scope="row">4</th><td>6</td><td>7</td></tr></table>' in page


def test_the_report_says_how_it_was_run_and_how_rare_false_alarms_are(tmp_path, extra_item):
    for name in ("fig:99.4", "fig:99.5"):
        extra_item(name, lambda fig, rng, result=RESULTS[name]: result)
    given = ["reproduce", "--only", "fig:99.4", "fig:99.5", "--out", str(tmp_path)]
    for more, seed, quick in ((["--seed", "3", "--quick"], 3, True), ([], 0, False)):
        assert cli.main([*given, *more]) == 0
        entries = json.loads((tmp_path / "report.json").read_text())
        assert [(e["seed"], e["quick"]) for e in entries] == [(seed, quick)] * 2
        assert entries[1]["bounds"] == {"runs": "at least"}
        page = (tmp_path / "report.html").read_text()
        assert f"Run with <code>--seed {seed}</code>" in page
        assert ("<code>--quick</code>" in page) == quick
        assert "<span>at least 0.9</span></p>" in page
        assert "1 of 2 items depend on chance" in page
        assert "at most 1 of 1000 such runs has an item that fails by accident" in page


# When an item fails, or the run is stopped, or nothing can be written


def test_a_failing_item_is_reported_and_sets_the_status(capsys, tmp_path, extra_item):
    extra_item("fig:99.1", lambda fig, rng: Result(Part("", [1.0], [2.0]), note="see <there>"))
    extra_item("fig:99.2", lambda fig, rng: 1 / 0)
    extra_item("fig:99.3", lambda fig, rng: Result(Part("", [float("nan")], [2.0])))
    words = ["fig:99.1", "fig:99.2", "fig:99.3", "ex:3.1"]
    assert cli.main(["reproduce", "--only", *words, "--out", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "4 items: 1 agrees, 3 fails" in captured.out
    assert "ZeroDivisionError" in captured.err
    entries = {e["id"]: e for e in json.loads((tmp_path / "report.json").read_text())}
    assert entries["fig:99.1"]["verdict"] == "fails"
    assert entries["fig:99.1"]["note"] == "see <there> (seed 0)"  # a failure can be played again
    assert entries["fig:99.2"]["note"] == "raised ZeroDivisionError: division by zero (seed 0)"
    assert entries["fig:99.2"]["max_difference"] is None
    assert entries["fig:99.3"]["printed"] == [None]
    page = (tmp_path / "report.html").read_text()
    assert "see &lt;there&gt;" in page
    assert 'class="out"' in page


def test_an_interrupt_leaves_whole_files_and_says_what_was_done(capsys, tmp_path, extra_item):
    def interrupted(fig, rng):
        raise KeyboardInterrupt

    extra_item("fig:99.1", interrupted)
    extra_item("fig:99.2", lambda fig, rng: Result(Part("", [1.0], [1.0])))
    words = ["ex:3.1", "fig:99.1", "fig:99.2"]
    assert cli.main(["reproduce", "--only", *words, "--out", str(tmp_path)]) == 130
    captured = capsys.readouterr()
    assert "interrupted: 1 done, the rest was not run" in captured.err
    assert [e["id"] for e in json.loads((tmp_path / "report.json").read_text())] == ["ex:3.1"]
    page = (tmp_path / "report.html").read_text()
    assert page.endswith("</html>\n")
    assert "1 item: 1 agrees; interrupted, 2 not run" in page
    assert not list(tmp_path.rglob("*.part"))


def test_what_cannot_be_written_is_told_in_a_line(capsys, tmp_path, extra_item):
    extra_item("fig:99.1", lambda fig, rng: Result(Part("", [1.0], [1.0])))
    (tmp_path / "report.html").mkdir()
    assert cli.main(["reproduce", "--only", "fig:99.1", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("rlbook: error: cannot write")
    assert err.count("\n") == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    report.write_whole(path, "first")

    def broken(self, target):
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", broken)
    with pytest.raises(OSError, match="no space"):
        report.write_whole(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


# --show


needs_xdg = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="has another viewer")


@pytest.fixture
def viewer(monkeypatch, tmp_path):
    """A screen, and an xdg-open that writes down what it is to show and ends with a status."""
    shown = tmp_path / "shown"
    shown.write_text("")

    def of(status):
        (tmp_path / "bin").mkdir()
        script = tmp_path / "bin" / "xdg-open"
        script.write_text(f'#!/bin/sh\necho "$1" >> "{shown}"\nexit {status}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
        monkeypatch.setenv("DISPLAY", ":99")
        return lambda: shown.read_text().splitlines()

    return of


@needs_xdg
def test_show_opens_figures_and_reports(capsys, tmp_path, extra_item, viewer):
    extra_item("fig:99.1", draws)
    shown, out = viewer(0), tmp_path / "out"
    assert cli.main(["run", "fig:99.1", "--show", "--out", str(out)]) == 0
    assert shown() == [str(out / "figures" / "fig-99.1.png")]
    assert cli.main(["reproduce", "fig:99.1", "--show", "--out", str(out)]) == 0
    assert shown()[1:] == [str(out / "report.html")]
    names = [f"fig:99.{k}" for k in range(9)]
    for name in names:
        extra_item(name, draws)
    assert cli.main(["run", *names, "--show", "--out", str(out)]) == 0
    assert shown()[2:] == [str(out / "figures")]  # nine windows are too many
    assert capsys.readouterr().err == ""


@needs_xdg
@pytest.mark.parametrize("missing", ["screen", "viewer that can"])
def test_where_nothing_can_be_shown_a_line_says_so(
    capsys, tmp_path, extra_item, viewer, monkeypatch, missing
):
    extra_item("fig:99.1", draws)
    extra_item("fig:99.2", lambda fig, rng: RESULTS["fig:99.8"])
    monkeypatch.setenv("MPLBACKEND", "agg")
    viewer(3)
    if missing == "screen":
        monkeypatch.delenv("DISPLAY")
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    said = "--show: nothing here can show a file: no viewer, and no window for matplotlib\n"
    for command in ("run", "reproduce"):
        assert cli.main([command, "fig:99.1", "--show", "--out", str(tmp_path / "out")]) == 0
        assert capsys.readouterr().err == said
    assert cli.main(["run", "fig:99.2", "--show", "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "--show: there is no figure to show\n"


@needs_xdg
def test_without_a_viewer_matplotlib_opens_a_window(capsys, tmp_path, extra_item, monkeypatch):
    extra_item("fig:99.1", draws)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    done = []
    axes = SimpleNamespace(imshow=lambda image: done.append(image.shape), axis=done.append)
    canvas = SimpleNamespace(required_interactive_framework="tk")
    window = SimpleNamespace(canvas=canvas, add_axes=lambda box: axes)
    pyplot = importlib.import_module("matplotlib.pyplot")
    monkeypatch.setattr(pyplot, "figure", lambda name: done.append(name) or window)
    monkeypatch.setattr(pyplot, "show", lambda: done.append("shown"))
    assert cli.main(["run", "fig:99.1", "--show", "--out", str(tmp_path)]) == 0
    name, shape, off, shown = done
    assert (name, len(shape), off, shown) == ("fig-99.1", 3, "off", "shown")
    assert capsys.readouterr().err == ""
