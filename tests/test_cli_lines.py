"""What a run prints: a table of lines that fit, the numbers behind them, where to look first."""

import os
import re
import sys

import pytest
from cli_cases import RESULTS, draws

from rlbook import cli
from rlbook.book.items import ITEMS, Part, Result, load_chapters

load_chapters()


# Lines and columns


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


# Numbers


def test_run_shows_both_sides(capsys, tmp_path):
    assert cli.main(["run", "fig:3.4a", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "fig:3.4a" in out.splitlines()[1]
    assert "agrees" in out.splitlines()[1]
    assert "5.8   5.6   6.2   6.5   5.8  |   5.832   5.580" in out
    assert "1 item: 1 agrees" in out
    assert not (tmp_path / "report.html").exists()  # a report of everything is not overwritten
    assert (tmp_path / "figures" / "fig-3.4a.png").exists()


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


# At the end


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
