import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rlbook import cli
from rlbook.book import jobs, report
from rlbook.book.claims import Reference, Share, at_least
from rlbook.book.items import ITEMS, Item, Part, Result, load_chapters

load_chapters()
ROOT = Path(__file__).parents[1]


@pytest.fixture
def extra_item(monkeypatch):
    """Registers items for one test, behind all others."""

    def add(name, function):
        function.__doc__ = "Is this a question?"
        monkeypatch.setitem(ITEMS, name, Item((name,), "ch99_extra", function))

    return add


def test_list(capsys):
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert "ch03_optimality\n" in out
    assert "  fig:3.4a               Does it pay to cross" in out
    assert cli.main(["list", "fig:3.4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_run_shows_both_sides(capsys, tmp_path):
    assert cli.main(["run", "fig:3.4a", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "fig:3.4a" in out.splitlines()[1]
    assert "agrees" in out.splitlines()[1]
    assert "5.8   5.6   6.2   6.5   5.8  |   5.832   5.580" in out
    assert "1 item: 1 agrees" in out
    assert not (tmp_path / "report.html").exists()  # a report of everything is not overwritten
    assert (tmp_path / "figures" / "fig-3.4a.png").exists()


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["run", "fig:99"],
            "rlbook: error: 'fig:99' is neither an item nor a chapter",
        ),
        (["list", "ch77"], "rlbook: error: 'ch77' is neither an item nor a chapter"),
        (["run", ""], "rlbook: error: '' is neither an item nor a chapter"),
        (["reproduce", "--only", "ex:3.1,"], "rlbook: error: '' is neither an item nor a chapter"),
        (
            ["reproduce", "--only", "fig:3.4,x"],
            "rlbook: error: 'x' is neither an item nor a chapter",
        ),
        (
            ["run", "ex:3.1", "--out", str(ROOT / "README.md")],
            "rlbook: error: --out must be a folder",
        ),
    ],
)
def test_one_line_and_status_2(capsys, words, message):
    assert cli.main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith(message)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [[], ["nonsense"], ["run"], ["run", "ex:3.1", "--seed", "-1"], ["run", "ex:3.1", "--out", ""],
     ["run", "ex:3.1", "--jobs", "0"], ["reproduce", "--jobs", "two"], ["reproduce", "--jobs"]],
)  # fmt: skip
def test_what_argparse_refuses(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2


def test_help_teaches(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    assert "rlbook run fig:3.4a" in capsys.readouterr().out


def test_progress_is_for_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    cli._progress("[1/2] fig:3.4a")
    assert capsys.readouterr().err == "\r\x1b[K[1/2] fig:3.4a"


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


def command(*words, cwd):
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_a_chapter_is_a_script(tmp_path):
    done = command(ROOT / "chapters" / "ch01_grid_world.py", "--quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 items: 6 agrees" in done.stdout
    assert (tmp_path / "rlbook-report" / "figures" / "fig-1.6.svg").exists()


def test_python_m_rlbook(tmp_path):
    done = command("-m", "rlbook", "run", "nothing", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rlbook: error: 'nothing' is neither")


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    words = [sys.executable, "-m", "rlbook", "list"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as listing:
        listing.stdout.close()
        assert listing.wait() == 141
        assert listing.stderr.read() == ""


def test_seed_and_quick_reach_the_item(tmp_path, extra_item):
    seen = []

    def item(fig, rng, quick=False):
        seen.append((quick, rng.random()))
        return Result(Part("", [1.0], [1.0]))

    extra_item("fig:99.1", item)
    for words in ([], [], ["--seed", "1"], ["--quick"]):
        assert cli.main(["run", "fig:99.1", "--out", str(tmp_path), *words]) == 0
    (first, again, other, quick) = seen
    assert first == again
    assert first[1] != other[1]
    assert (first[0], quick[0]) == (False, True)


def test_progress_of_a_long_loop(monkeypatch, tmp_path, extra_item, capsys):
    def item(fig, rng, progress):
        return Result(Part("", [1000.0], [float(len(list(progress(range(1000), total=1000))))]))

    extra_item("fig:99.1", item)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    ticks = iter(range(10_000))
    monkeypatch.setattr(jobs.time, "monotonic", lambda: next(ticks))
    assert cli.main(["run", "fig:99.1", "--out", str(tmp_path)]) == 0
    err = capsys.readouterr().err
    assert "[1/1] fig:99.1  Is this a question?  51%" in err


def test_what_cannot_be_written_is_told_in_a_line(capsys, tmp_path, extra_item):
    extra_item("fig:99.1", lambda fig, rng: Result(Part("", [1.0], [1.0])))
    (tmp_path / "report.html").mkdir()
    assert cli.main(["reproduce", "--only", "fig:99.1", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("rlbook: error: cannot write")
    assert err.count("\n") == 1


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


RESULTS = {
    "fig:99.1": Result(
        Part("far", [0.0], [90.0], 100),
        Part("near", [0.0, 0.0], [0.2, 0.3], 0.25),
        Part("pi", ["D"], ["DL"]),
    ),
    "fig:99.2": Result(Part("v", ["1", "0.5"], [1, 0.52]), Part("pi", ["D", "R"], ["D", "L"])),
    "fig:99.3": Result(Part("v", ["1", "0.5"], [1, 0.52]), Part("pi", ["D"], ["D"])),
    "fig:99.4": Result(Part("", [True], [True]), kind="shape"),
    "fig:99.5": Result(Part("runs", at_least(0.9), Share(5, 6))),
    "fig:99.6": Result(Part("runs", at_least(0.9), Share(1, 6))),
    "fig:99.7": Result(Part("", Reference(0.5, 0.5, 2000), Share(30, 30))),
    "fig:99.8": Result(Part("", [0.0], [np.nan])),
    "fig:99.9": Result(Part("", ["1.0"], [1.01]), differs={("", 0): 0.1}, note="why"),
}


def test_a_line_shows_the_cell_nearest_its_limit_and_what_fails_is_named(
    capsys, tmp_path, extra_item
):
    for name, result in RESULTS.items():
        extra_item(name, lambda fig, rng, result=result: result)
    words = ["reproduce", "--seed", "4", "--only", *RESULTS, "--out", str(tmp_path)]
    assert cli.main(words) == 1
    out = capsys.readouterr().out.splitlines()
    found = [line.partition("question?")[2].split() for line in out if line.startswith("fig:")]
    assert [" ".join(line[:-3]) for line in found] == [
        "0.3 / 0.25", "not equal", "0.02 / 0.05", "equal", "0.067 / 0.57", "0.73 / 0.57",
        "0.5 / 0.3", "nan / 0.0001", "0.01 / 0.05",
    ]  # fmt: skip
    assert [line for line in out if line.startswith("    ")] == [
        "    near: largest difference 0.3, allowed 0.25",
        "    pi: 1 of 2 cells are not equal",
        "    runs: claim: at least 90 % of all runs succeed; here 1 of 6, wanted: 2 or more",
        "    another program succeeded in 50 % of 2000 runs; here 30 of 30, wanted: 6 to 24",
        "    largest difference nan, allowed 0.0001",
        "    a cell that should differ, as the item says, does not",
    ]
    assert out[-1] == (
        "Run what fails again with another seed, such as --seed 5. If it fails again, something is "
        "wrong."
    )


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


@pytest.mark.parametrize(("given", "threads"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_products_use_one_thread_unless_somebody_says_otherwise(given, threads):
    code = (
        "import sys, os; import rlbook; assert 'numpy' not in sys.modules; import rlbook.cli; "
        "print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    clean = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | given
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=clean)
    assert done.stdout.strip() == threads


def test_many_items_are_worth_compiling_and_few_are_not(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(jobs, "prepare", lambda: asked.append("all loops"))
    monkeypatch.setattr(jobs, "compute", lambda item, **_: report.Outcome(None, "", 0.0, {}))
    out = ["--jobs", "1", "--out", str(tmp_path)]
    for arguments in (["run", "ch03"], ["reproduce", "--only", "ch07"]):
        assert cli.main([*arguments, *out]) == 1
        assert asked == []
    for arguments in (["reproduce"], ["reproduce", "--quick"], ["run", "ch03", "ch04"]):
        assert cli.main([*arguments, *out]) == 1
        assert asked.pop() == "all loops"
        assert asked == []


@pytest.fixture
def terminal(monkeypatch):
    """Makes stdout a terminal of so many columns."""

    def of(columns):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setattr(
            cli.shutil, "get_terminal_size", lambda *_: os.terminal_size((columns, 24))
        )

    return of


HEAD = ["id", "question", "difference / allowed", "verdict", "time"]


def columns(line):
    """The columns of a line, which two blanks part."""
    return re.split(" {2,}", line.strip())


@pytest.mark.parametrize("command", ["run", "reproduce"])
def test_in_a_pipe_the_columns_have_a_head_and_each_id_a_line(capsys, tmp_path, command):
    assert cli.main([command, "ch03", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert columns(out[0]) == HEAD
    ids = [name for i in ITEMS.values() if i.chapter.startswith("ch03") for name in i.ids]
    lines = [line for line in out if re.match(r"\w+:\S", line)]  # what a script looks for
    assert [columns(line)[0] for line in lines] == ids
    assert [columns(line)[1] for line in lines] == [ITEMS[name].title for name in ids]
    assert {columns(line)[3] for line in lines} == {"agrees"}
    short = next(line for line in lines if line.startswith("fig:3.4b"))
    assert short.index(" / ") == out[0].index(" / ")
    assert short.index("agrees") == out[0].index("verdict")
    assert len(short) == len(out[0]) == 132


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("command", ["run", "reproduce"])
def test_on_a_terminal_no_line_is_too_long(capsys, tmp_path, terminal, command, width):
    terminal(width)
    words = ["fig:3.4a", "ex:3.3", "thm:3.3", "thm:3.2", "tab:7.2"]
    assert cli.main([command, *words, "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert max(map(len, out[: out.index("5 items: 4 agrees, 1 statistical")])) <= width
    below = command == "run" or width == 80
    assert columns(out[0]) == [x for x in HEAD if not below or x != "question"]
    title = ITEMS["thm:3.2"].title  # of 89 characters
    after = " ".join(" ".join(out).split("thm:3.2")[1].split())
    if below:
        assert title in after
    else:
        assert title not in after
        assert "..." in after


def test_the_number_behind_the_difference_is_named(capsys, tmp_path, extra_item):
    for name in ("fig:99.1", "fig:99.4"):
        extra_item(name, lambda fig, rng, result=RESULTS[name]: result)
    assert cli.main(["run", "fig:99.1", "fig:99.4", "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    line, said = out.splitlines()[1:3]
    assert "0.3 / 0.25" in line
    assert said == "  nearest to its limit: near"
    assert out.count("nearest to its limit:") == 1  # a part that is alone needs no name
    assert "difference / allowed: of the number that is nearest to its limit, in its own" in out


def draws(fig, rng):
    fig.add_subplot().plot([1, 2])
    return Result(Part("", [1.0], [1.0]))


@pytest.mark.parametrize(("many", "told"), [(1, 2), (3, 6), (4, 0)])
def test_a_run_ends_with_the_files_of_its_figures(capsys, tmp_path, extra_item, many, told):
    names = [f"fig:99.{k}" for k in range(many)]
    for name in names:
        extra_item(name, draws)
    assert cli.main(["run", *names, "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    paths = [line.strip() for line in out.partition("figures: ")[2].splitlines()]
    wanted = [tmp_path / "figures" / f"fig-99.{k}.{x}" for k in range(many) for x in ("svg", "png")]
    assert paths == list(map(str, wanted if told else [tmp_path / "figures"]))
    assert all(path.exists() for path in wanted)


def test_reproduce_says_where_to_look_first(capsys, tmp_path, extra_item, terminal):
    differs = Result(Part("", ["1.0"], [1.51]), differs={("", 0): 0.51}, note="The book errs.\nSo.")
    results = {
        "fig:99.1": differs,
        "fig:99.2": RESULTS["fig:99.4"],
        "fig:99.3": RESULTS["fig:99.1"],
    }
    for name, result in results.items():
        extra_item(name, lambda fig, rng, result=result: result)
    words = ["reproduce", *results, "--out", str(tmp_path)]
    assert cli.main(words) == 1
    out = capsys.readouterr().out.splitlines()
    first = out.index("look first at")
    assert out[first - 1] == "3 items: 1 differs, 1 shape, 1 fails"
    assert out[first + 1 : first + 4] == [
        "  fails    fig:99.3  near: largest difference 0.3, allowed 0.25",
        "  differs  fig:99.1  The book errs. So.",
        f"report: {tmp_path / 'report.html'}",
    ]
    terminal(40)
    assert cli.main(words) == 1
    out = capsys.readouterr().out.splitlines()
    assert "  fails    fig:99.3  near: largest di..." in out
    assert f"report: {(tmp_path / 'report.html').as_uri()}" in out  # a terminal can open it


def test_many_items_to_look_at_are_counted(capsys, tmp_path, extra_item):
    names = [f"fig:99.{k}" for k in range(14)]
    for name in names:
        extra_item(name, lambda fig, rng: RESULTS["fig:99.8"])
    assert cli.main(["reproduce", *names, "--out", str(tmp_path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("  fails ") for line in out) == 12
    assert "  and 2 more: see the report" in out


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        (["fig:3.4b", "ex:3.1"], ["fig:3.4b", "ex:3.1"]),
        (["ex:3.1,fig:3.4b"], ["fig:3.4b", "ex:3.1"]),
        (["fig:3.4b,", "ex:3.1"], ["fig:3.4b", "ex:3.1"]),
        (["Fig.", "3.4b", "Example", "3.1"], ["fig:3.4b", "ex:3.1"]),
        (["fig 3.4b, ex 3.1"], ["fig:3.4b", "ex:3.1"]),
        (["3.4b"], ["fig:3.4b"]),
    ],
)
def test_ids_are_taken_in_the_same_way_everywhere(capsys, monkeypatch, tmp_path, given, ids):
    done = []
    monkeypatch.setattr(cli, "_carry_out", lambda items, args, tables: done.append(items) or 0)
    assert cli.main(["run", *given]) == 0
    assert cli.main(["reproduce", *given]) == 0
    assert cli.main(["reproduce", "--only", *given]) == 0
    assert cli.main(["reproduce", given[0], "--only", *given]) in (0, 2)
    monkeypatch.setattr(sys, "argv", ["ch03_optimality.py", *given])
    with pytest.raises(SystemExit) as stopped:
        cli.run("chapters/ch03_optimality.py")
    assert stopped.value.code == 0
    assert [[i.ids[0] for i in items] for items in (*done[:3], done[-1])] == [ids] * 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["fig:3.44"], "'fig:3.44' is neither an item nor a chapter; did you mean fig:3.4"),
        (["ch33"], "'ch33' is neither an item nor a chapter; did you mean ch03?"),
        (["ex:3.1,"], "'' is neither an item nor a chapter"),
        (["fig"], "'fig' is neither an item nor a chapter"),
    ],
)
def test_a_word_that_means_nothing_is_told_in_the_same_way_everywhere(
    capsys, monkeypatch, given, message
):
    assert cli.main(["run", *given]) == cli.main(["reproduce", *given]) == 2
    monkeypatch.setattr(sys, "argv", ["ch03_optimality.py", *given])
    with pytest.raises(SystemExit) as stopped:
        cli.run("chapters/ch03_optimality.py")
    assert stopped.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith(f"rlbook: error: {message}") for line in lines)


def test_a_script_names_the_item_that_is_elsewhere(tmp_path):
    done = command(ROOT / "chapters" / "ch03_optimality.py", "fig:3.4a,fig:4.3", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "rlbook: error: fig:4.3 is not in this file: use rlbook run\n"


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
