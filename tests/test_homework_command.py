"""rlbook new, check and grade, as a student and a teacher would call them."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rlbook
from rlbook.cli import main
from rlbook.homework.catalogue import IDS, all_tasks, homework, homework_of, tasks_of
from rlbook.homework.folder import files

RIGHT = """
import numpy as np
HOMEWORK = "hw03"
def optimality_step(P, R, gamma, v):
    return (R + gamma * P @ v).max(axis=1)
"""
WRONG = RIGHT.replace("max(axis=1)", "mean(axis=1)")
GREEDY = """
def greedy_policy(P, R, gamma, v):
    return (R + gamma * P @ v).argmax(axis=1)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(*words, cwd, **environment):
    """Run Python as from a shell: status, what it printed, what it complained about."""
    root = str(Path(rlbook.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": root, **environment},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def test_names_of_tasks_are_unique_and_numbers_are_of_the_book():
    names = [task.name for task in all_tasks()]
    assert len(names) == len(set(names)) > 40
    from rlbook.book.numbers import numbers

    own = [task for name in IDS[:10] for task in homework(name).tasks]  # 11 and 12 have names
    assert {number for task in own for number in task.numbers} <= set(numbers())


@pytest.mark.parametrize("name", IDS)
def test_the_folder_runs_as_it_is(name, here, capsys):
    assert main(["new", name]) == 0
    assert sorted(path.name for path in (here / name).iterdir()) == [
        "README.md", "check.py", f"{name}.py",
    ]  # fmt: skip
    status, said, complaint = python("-I", f"{name}.py", cwd=here / name)  # no rlbook is needed
    tasks = homework(name).tasks
    assert (status, complaint) == (0, "")
    lines = said.splitlines()
    assert set(lines) <= {f"{task.name}: not yet written" for task in tasks}
    capsys.readouterr()
    assert main(["check", f"{name}/{name}.py"]) == 1
    said = capsys.readouterr().out
    assert said.count("not yet written  ") == len(tasks)
    assert f"{len(tasks)} not yet written" in said


@pytest.mark.parametrize("name", IDS)
def test_the_teachers_solution_is_right_and_tried_out(name, here, capsys):
    assert main(["new", name, "--teacher", "--out", "mine"]) == 0
    status, said, complaint = python("-I", f"{name}_solution.py", cwd=here / "mine")
    assert (status, complaint) == (0, "")
    assert "not yet written" not in said
    capsys.readouterr()
    assert main(["check", f"mine/{name}_solution.py"]) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", IDS)
def test_no_stub_holds_its_solution(name):
    own = files(homework(name))
    assert set(own) == {f"{name}.py", "README.md", "check.py"}
    for task in homework(name).tasks:
        body = task.source().splitlines()[len(task.stub().splitlines()) - 1 :]
        lines = [line.strip() for line in body if len(line.strip()) > 25]
        shown_to_all = own[f"{name}.py"].replace(
            'env.reset(options={"state": s})', ""
        )  # how to ask
        assert not [line for line in lines if line in shown_to_all], task.name
        described = all(word in task.text for word in task.arguments)
        assert described or "as above" in task.text, task.name


def test_nothing_is_written_over(here, capsys):
    assert main(["new", "hw03"]) == 0
    (here / "hw03/hw03.py").write_text("mine")
    assert main(["new", "hw03"]) == 2
    assert "is there already" in capsys.readouterr().err
    assert (here / "hw03/hw03.py").read_text() == "mine"


def test_check_says_what_is_wrong(here, capsys):
    Path("hw03.py").write_text(WRONG)
    assert main(["check", "hw03.py"]) == 1
    said = capsys.readouterr()
    assert said.err == ""
    assert "WRONG            optimality_step              (3.1) does not hold" in said.out
    assert "It looks like this: the mean of the actions is taken, and not the best." in said.out
    assert "1 state, 2 actions" in said.out
    assert "not yet written  greedy_policy                not in the file" in said.out
    assert said.out.endswith("1 wrong, 1 not yet written\n")


def test_check_looks_at_what_is_named(here, capsys):
    Path("mine.py").write_text(RIGHT)
    for words in (["optimality_step"], ["3.1"], ["(3.3)"], ["eq:3.1", "optimality_step"]):
        assert main(["check", "mine.py", *words]) == 0
        assert capsys.readouterr().out.endswith("\n1 right\n")
    assert main(["check", "mine.py"]) == 1
    Path("mine.py").write_text(RIGHT + GREEDY)
    capsys.readouterr()
    assert main(["check", "mine.py"]) == 0
    assert "Note: pi holds one action for each state" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "none.py"], "there is no file none.py"),
        (["check", "broken.py"], "broken.py cannot be run: line 1"),
        (["check", "mine.py", "optimalty_step"], "did you mean optimality_step?"),
        (["check", "mine.py", "9.99"], "there is no task '9.99'"),
        (["check", "mine.py", "--homework", "hw13"], "there is no homework 'hw13'"),
        (["check", "nothing.py"], 'write HOMEWORK = "hw04"'),
        (["check", "mine.py", "--points", "none.json"], "--points must be a JSON file"),
        (["check", "mine.py", "--points", "bad.json"], "--points must hold {function: points}"),
        (["new", "hw00"], "there is no homework 'hw00'"),
        (["grade", "empty", "hw03"], "empty holds no *.py"),
        (["new", "mine.py"], "mine.py must declare HOMEWORK = Homework(...)"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(here, capsys, words, says):
    Path("mine.py").write_text(RIGHT)
    Path("broken.py").write_text("def hw03(:\n")
    Path("nothing.py").write_text("x = 1\n")
    Path("bad.json").write_text('{"no_such_task": 1}')
    Path("empty").mkdir()
    if words[1] == "broken.py":
        words = [*words, "--homework", "hw03"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("text", ["0", "-1", "x", "inf", "nan"])
def test_limits_are_positive(text, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["check", "mine.py", "--seconds", text])
    assert f"must be a number above 0, got '{text}'" in capsys.readouterr().err


def test_the_folder_that_was_written_can_be_checked(here, capsys):
    assert main(["new", "hw03"]) == 0
    assert main(["check", "hw03"]) == 1
    assert "2 not yet written" in capsys.readouterr().out
    assert main(["check", "."]) == 2
    assert "is a folder with no hw*.py: name a file" in capsys.readouterr().err


def test_json_has_stable_ids_and_points(here, capsys):
    Path("mine.py").write_text(WRONG + GREEDY)
    Path("points.json").write_text('{"greedy_policy": 3}')
    assert main(["check", "mine.py", "--json", "--points", "points.json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["schema"], said["homework"], said["points"], said["of"]) == (1, "hw03", 3, 4)
    first, second = said["tasks"]
    assert (first["id"], first["verdict"]) == ("hw03:optimality_step", "wrong")
    assert (first["kind"], first["equation"]) == ("equation", "(3.1)")
    assert first["looks_like"].startswith("the mean of the actions")
    assert (second["id"], second["verdict"], second["says"][:5]) == (
        "hw03:greedy_policy", "right", "(3.7)",
    )  # fmt: skip


def test_gradescope(here, capsys):
    Path("mine.py").write_text(WRONG + GREEDY)
    assert main(["check", "mine.py", "--format", "gradescope"]) == 1
    first, second = json.loads(capsys.readouterr().out)["tests"]
    assert (first["score"], first["max_score"], first["status"]) == (0, 1, "failed")
    assert (second["score"], second["max_score"], second["status"]) == (1, 1, "passed")
    assert "(3.1) does not hold" in first["output"]


def test_html_is_whole_and_escaped(here):
    Path("mine.py").write_text(WRONG.replace("return", "print('<b>'); return"))
    assert main(["check", "mine.py", "--html", "report.html"]) == 1
    page = Path("report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>\n" not in page
    assert "(3.1) does not hold" in page
    assert page.rstrip().endswith("</html>")
    assert rlbook.__version__ in page
    assert "def optimality_step" in page  # the code that was checked


@pytest.mark.parametrize("form", ["json", "gradescope"])
def test_programs_read_why_a_file_cannot_be_run(here, capsys, form):
    Path("hw03_mine.py").write_text("def (:")
    assert main(["check", "hw03_mine.py", "--format", form]) == 2
    said = json.loads(capsys.readouterr().out)
    assert "cannot be run: line 1" in (said["error"] if form == "json" else said["output"])
    assert (said["points"] if form == "json" else said["score"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs an alarm of POSIX")
def test_a_loop_without_an_end_is_told_with_its_line_and_its_case(here, capsys):
    Path("hw03.py").write_text(
        "def greedy_policy(P, R, gamma, v):\n    while True:\n        v = v\n"
    )
    assert main(["check", "hw03.py", "greedy_policy", "--seconds", "1"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert re.search(r"takes longer than 1 s, in line [23]: .*: a loop without an end?", said)
    assert "gamma = " in said


def test_the_same_file_gets_the_same_answer(here, capsys):
    Path("mine.py").write_text(WRONG)
    said = []
    for _ in range(2):
        main(["check", "mine.py"])
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]


def test_check_py_does_the_same(here):
    main(["new", "hw03"])
    Path("hw03/hw03.py").write_text(RIGHT + GREEDY)
    for cwd in (here, here / "hw03"):
        status, said, _ = python(str(here / "hw03/check.py"), cwd=cwd)
        assert status == 0
        assert said.endswith("2 right\n")


def test_grade_a_folder(here, capsys):
    texts = {
        "anna.py": RIGHT + GREEDY, "ben.py": WRONG, "ben/hw03.py": RIGHT, "cem.py": "def (:",
        "dora/hw03.py": RIGHT, "fred/mine.py": RIGHT,
    }  # fmt: skip
    for name, text in texts.items():
        file = Path("handins") / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text)
    Path("grades/logs").mkdir(parents=True)
    Path("grades/logs/old.txt").write_text("of somebody who has left")
    Path("points.json").write_text('{"optimality_step": 2}')
    assert main(["grade", "handins", "hw03", "--points", "points.json", "--jobs", "2"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[:2] == [
        "1 all right, 3 not, 1 cannot be run",
        "  1 x optimality_step: the mean of the actions is taken, and not the best",
    ]
    assert "passed over: handins/fred holds no hw03.py" in said.err
    with Path("grades/grades.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    points = {name: (float(row["points"]), row["optimality_step"]) for name, row in rows.items()}
    assert points == {
        "anna": (3, "right"), "ben": (0, "wrong"), "ben/hw03": (2, "right"), "cem": (0, ""),
        "dora": (2, "right"),
    }  # fmt: skip
    assert rows["cem"]["remark"].startswith("cannot be run: line 1")
    logs = [path.relative_to("grades/logs") for path in Path("grades/logs").rglob("*.txt")]
    assert {path.with_suffix("").as_posix() for path in logs} == set(rows)
    assert "mean of the actions" in Path("grades/logs/ben.txt").read_text(encoding="utf-8")
    assert Path("grades/logs/dora.txt").read_text().endswith("; 2 of 3 points\n")


TEACHERS = Path(__file__).parents[1] / "docs" / "teachers.md"


def shown(start, language):
    """The code block of the teachers' page that begins like this."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", TEACHERS.read_text("utf-8"), re.M | re.S)
    (block,) = (block for block in blocks if block.startswith(start))
    return block


def test_the_homework_of_ones_own_that_the_page_shows(here, capsys):
    Path("own.py").write_text(shown('"""Our own homework', "python"))
    assert main(["new", "own.py", "--out", "folder", "--teacher"]) == 0
    assert main(["check", "folder/own_solution.py", "--homework", "own.py"]) == 0
    Path("student.py").write_text("def mean_reward(pi, R):\n    return R.sum(axis=1)\n")
    capsys.readouterr()
    assert main(["check", "student.py", "--homework", "own.py"]) == 1
    assert "(2.5) does not hold" in (said := capsys.readouterr().out)
    assert "It looks like this: the policy is left out." in said
    Path("handins").mkdir()
    Path("student.py").rename("handins/student.py")
    assert main(["grade", "handins", "own.py"]) == 0
    assert "student,0,1,wrong" in Path("grades/grades.csv").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="a container of Gradescope runs Linux")
@pytest.mark.parametrize(
    ("text", "score"),
    [(RIGHT.replace("hw03", "hw04"), 0), ("def (:", "cannot be run: line 1"), (None, "no file")],
)
def test_the_autograder_that_the_page_shows(here, text, score):
    for folder in ("submission", "results", "bin"):
        Path(folder).mkdir()
    if text:
        Path("submission/hw04.py").write_text(text)
    command = Path("bin/rlbook")
    root = Path(rlbook.__file__).parents[1]
    command.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m rlbook "$@"\n')
    command.chmod(0o755)
    script = shown("#!/usr/bin/env bash\ncd /autograder", "sh").replace("/autograder", str(here))
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": f"{here / 'bin'}:{os.environ['PATH']}"}
    )
    said = json.loads(Path("results/results.json").read_text())
    assert done.returncode == 0
    if score != 0:
        assert said["score"] == 0
        assert score in said["output"]
    else:
        assert {(test["score"], test["max_score"]) for test in said["tests"]} == {(0, 1)}
        assert len(said["tests"]) == len(homework("hw04").tasks)


def test_which_homework_a_file_is(tmp_path):
    for name, text in {
        "a.py": 'HOMEWORK = "hw4"', "hw04_mine.py": "x = (", "b.py": "def value_iteration(): ...",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
        assert homework_of(tmp_path / name).id == "hw04"


def test_check_in_a_notebook():
    from rlbook import check

    def optimality_step(P, R, gamma, v):
        return (R + P @ v).max(axis=1)

    checked = check(optimality_step)
    assert not checked
    assert checked.finding.looks_like == "gamma is forgotten"
    assert "(3.1) does not hold" in repr(checked)
    assert check(lambda P, R, gamma, v: (R + gamma * P @ v).max(axis=1), "eq:3.1")
    with pytest.raises(ValueError, match="there is no task"):
        check(print)
    with pytest.raises(ValueError, match=r"there is no task 'alg:4\.9'"):
        check(optimality_step, "alg:4.9")


def test_a_number_of_several_tasks_is_told():
    from rlbook import check

    with pytest.raises(ValueError, match=r"task must name one of linear_q_learning .*dqn_targets"):
        check(print, "alg:8.3")  # the book has two of this number


def test_tasks_are_found_by_their_numbers():
    tasks = homework("hw04").tasks
    (found,) = tasks_of(["Algorithm 4.2"], tasks)
    assert found.name == "policy_iteration"


def test_help_teaches(capsys):
    for command in ("new", "check", "grade"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        said = capsys.readouterr().out
        assert "example" in said
        assert "exit status" in said
