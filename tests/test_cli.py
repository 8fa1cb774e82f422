"""The words of a command: which items they mean, what is refused in one line, the status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rlbook import cli
from rlbook.book import jobs, report
from rlbook.book.items import Part, Result, load_chapters

load_chapters()
ROOT = Path(__file__).parents[1]


def test_list(capsys):
    assert cli.main(["list"]) == 0
    out = capsys.readouterr().out
    assert "ch03_optimality\n" in out
    assert "  fig:3.4a               Does it pay to cross" in out
    assert cli.main(["list", "fig:3.4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


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


def command(*words, cwd):
    return subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_a_chapter_is_a_script(tmp_path):
    done = command(ROOT / "chapters" / "ch01_grid_world.py", "--quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "6 items: 6 agrees" in done.stdout
    assert (tmp_path / "rlbook-report" / "figures" / "fig-1.6.svg").exists()


def test_a_script_names_the_item_that_is_elsewhere(tmp_path):
    done = command(ROOT / "chapters" / "ch03_optimality.py", "fig:3.4a,fig:4.3", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == "rlbook: error: fig:4.3 is not in this file: use rlbook run\n"


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


def test_progress_is_for_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    cli._progress("[1/2] fig:3.4a")
    assert capsys.readouterr().err == "\r\x1b[K[1/2] fig:3.4a"


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
