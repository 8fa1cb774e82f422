"""Whatever a student's code does: a clear line within its limit, and the rest is still checked."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from rlbook.book.out_folder import CannotRunError
from rlbook.homework.catalogue import homework
from rlbook.homework.checking import check_file

TASKS = homework("hw04").tasks
HEAD = "import numpy as np\ndef value_iteration(P, R, gamma, v, n):\n"
RIGHT = """
def policy_iteration(P, R, gamma, pi, n):
    for _ in range(n):
        P_pi = np.einsum("sa,sat->st", pi, P)
        v = np.linalg.solve(np.eye(len(P)) - gamma * P_pi, (pi * R).sum(1))
        pi = np.eye(R.shape[1])[(R + gamma * P @ v).argmax(1)]
        yield v, pi
"""


def findings(tmp_path, body, *, rest=RIGHT, **limits):
    """What is found if value_iteration has this body, and policy_iteration is right."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    file = tmp_path / "mine.py"
    file.write_text(HEAD + lines + rest, encoding="utf-8")
    return list(check_file(file, TASKS, **{"seconds": 2, **limits}))


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        ("while True: pass", "time", "takes longer than 2 s"),
        ("import time; time.sleep(60)", "time", "takes longer than 2 s"),
        ("while True: print('flood' * 1000)", "time", "takes longer than 2 s"),
        ("return np.ones((50_000, 50_000))", "memory", "more memory than is allowed, in line 3"),
        ("return bytearray(20 * 10**9)", "memory", "more memory than is allowed, in line 3"),
        ("import sys; sys.exit(3)", "exit", "ends the program (exit), in line 3"),
        ("quit()", "exit", "ends the program"),
        ("import os; os._exit(4)", "died", "ends the whole process (status 4)"),
        ("input('how many? ')", "refused", "waits for somebody to type (input), in line 3"),
        ("open('{out}', 'w')", "refused", "writes into {out}"),
        ("np.save('{out}', v)", "refused", "writes into {out}"),
        ("import os; os.remove('{kept}')", "refused", "deletes {kept}"),
        ("import pathlib; pathlib.Path('{kept}').unlink()", "refused", "deletes {kept}"),
        ("import shutil; shutil.rmtree('{folder}')", "refused", "deletes {folder}"),
        ("import os; os.rename('{kept}', '{out}')", "refused", "renames {kept}"),
        ("import os; os.system('rm {kept}')", "refused", "runs a command, rm {kept}"),
        ("import subprocess; subprocess.run(['rm', '{kept}'])", "refused", "starts a program, rm"),
        ("import os; os.kill(os.getppid(), 9)", "refused", "ends a process"),
        (
            "import socket; socket.create_connection(('localhost', 9))",
            "refused",
            "another computer",
        ),
        ("try: open('{out}', 'w')\nexcept Exception: pass", "refused", "writes into {out}"),
        (
            "return [1 / 0]",
            "error",
            "raises ZeroDivisionError: division by zero, in line 3: return",
        ),
        ("yield 1\nyield 1 / 0", "error", "in line 4: yield 1 / 0"),
        ("raise KeyboardInterrupt", "error", "raises KeyboardInterrupt, in line 3"),
        ("raise SystemError('a\\nb')", "error", "raises SystemError: a b, in line 3"),
        ("return value_iteration(P, R, gamma, v, n)", "error", "calls itself without an end"),
        ("from rlbook import optimal", "error", "homework is written without rlbook"),
        ("return undefined", "error", "raises NameError"),
        ("v = 1", "form", "nothing is returned"),
        ("return 'right'", "form", "returns str 'right'"),
        ("return [v * 1j] * n", "form", "v must hold real numbers, got complex ones"),
        ("return [object()] * n", "form", "v must hold real numbers"),
        ("return [v[:, None] + v] * n", "form", "v must have shape ("),
        ("import sys; sys.stdout.close(); return [v] * n", "equation", ""),
        ("import sys; sys.modules.clear(); return [v] * n", "equation", ""),
        ("print('x' * 10**7); return [v] * n", "equation", ""),
    ],
)
def test_one_line_and_the_rest_is_checked(tmp_path, body, kind, says):
    kept = tmp_path / "folder" / "kept.txt"
    kept.parent.mkdir()
    kept.write_text("kept")
    names = {"out": tmp_path / "out.npy", "kept": kept, "folder": kept.parent}
    for name, path in names.items():
        body, says = (text.replace(f"{{{name}}}", str(path)) for text in (body, says))
    before = time.monotonic()
    first, second, third, *_ = findings(tmp_path, body)
    assert (first.verdict, first.kind) == ("wrong", kind), first
    assert says in first.says
    assert "\n" not in first.says
    assert second.verdict == "right"
    assert (third.verdict, third.kind) == ("not yet written", "missing")
    assert time.monotonic() - before < 20
    assert kept.read_text() == "kept"
    assert not (tmp_path / "out.npy").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "mine.py"]


@pytest.mark.parametrize(
    ("definition", "says"),
    [
        (
            "def value_iteration(P, R, gamma): ...",
            "takes (P, R, gamma), and must take (P, R, gamma",
        ),
        ("value_iteration = 3", "is int, and not a function"),
    ],
)
def test_what_cannot_be_called(tmp_path, definition, says):
    file = tmp_path / "mine.py"
    file.write_text(definition)
    finding = next(check_file(file, TASKS))
    assert says in finding.says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def value_iteration(P, R:\n    pass", "line 1"),
        ("import numpy\n1 / 0\n", "raises ZeroDivisionError: division by zero, in line 2: 1 / 0"),
        ("import no_such_module\n", "raises ModuleNotFoundError"),
        ("exit()", "ends the program"),
        ("while True: pass", "takes longer than"),
        ("x = '\0'", "null bytes"),
    ],
)
def test_a_file_that_cannot_be_loaded(tmp_path, text, says, monkeypatch):
    monkeypatch.setattr("rlbook.homework.sandbox.START", 2)
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(CannotRunError, match="cannot be run: ") as caught:
        list(check_file(file, TASKS, seconds=1))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_module_beside_the_file_is_found(tmp_path):
    (tmp_path / "helper.py").write_text("def best(q):\n    return q.max(axis=1)\n")
    body = "import helper\nfor _ in range(n):\n    v = helper.best(R + gamma * P @ v)\n    yield v"
    assert findings(tmp_path, body)[0].verdict == "right"


def test_what_is_printed_is_shown_where_it_is_wrong(tmp_path):
    finding = findings(tmp_path, "print('k =', n)\nreturn [v] * n")[0]
    assert re.fullmatch(r"k = \d\n", finding.printed)


def test_arguments_are_copies(tmp_path):
    body = "P[:] = 0\nR[:] = 7\nv[:] = 1\nreturn [v] * n"
    first, second, *_ = findings(tmp_path, body)
    assert (first.verdict, second.verdict) == ("wrong", "right")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_both_processes_and_leaves_nothing(tmp_path):
    file = tmp_path / "hw04.py"
    file.write_text(HEAD + "    while True: pass\n")
    folders = tmp_path / "tmp"
    folders.mkdir()
    run = subprocess.Popen(
        [sys.executable, "-m", "rlbook", "check", str(file), "--seconds", "60"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(folders)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may ignore it
    )  # fmt: skip
    end = time.monotonic() + 30
    while not any(folders.iterdir()) and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=10)
    assert run.returncode == 130
    assert said.strip() == "interrupted"
    assert not any(folders.iterdir())
