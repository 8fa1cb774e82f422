"""What the tests of several items at once share: a chapter of their own, run as a script."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENV = os.environ | {"PYTHONPATH": str(ROOT)}  # for scripts in other folders
UNIX = pytest.mark.skipif(os.name == "nt", reason="signals of Unix")

EXTRA = """
import os, sys, time
from pathlib import Path
from rlbook.book import Part, Result, item
from rlbook.cli import run

RUNS = []

def answer(fig, *claims):
    fig.add_subplot()
    Path(f"pid-{time.monotonic_ns()}").write_text(str(os.getpid()))
    return Result(Part("", [True] * len(claims), claims), note=f"process {os.getpid()}")
"""
REPRODUCE = (
    "from rlbook import cli; from rlbook.book import ITEMS; cli.load_chapters = lambda: None; "
    "sys.exit(cli.main(['reproduce', *sys.argv[1:]]))"
)
SLOW = [
    ("fig:99.1", "", "return answer(fig, True)"),
    ("fig:99.2", "", "answer(fig, True); time.sleep(90)"),
    ("fig:99.3", "", "return answer(fig, True)"),
    ("fig:99.4", "", "answer(fig, True); time.sleep(90)"),
    ("fig:99.5", "", "return answer(fig, True)"),
]


def write_chapter(items):
    """Writes ch99_extra.py, of items (id, options, body), and gives its command."""
    text = EXTRA
    for name, options, body in items:
        text += f"\n@item({name!r}{options})\ndef _(fig, rng):\n    'Is it?'\n    {body}\n"
    Path("ch99_extra.py").write_text(f"{text}\nif __name__ == '__main__':\n    run(__file__)\n")
    return [sys.executable, "ch99_extra.py", "--jobs", "2", "--out", "out"]


def carried_out(command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=ENV, **options
    )


@contextmanager
def started(command, env=ENV):
    """In a process group of its own, which Ctrl-C can reach; nothing of it stays."""
    with subprocess.Popen(
        command, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env=env, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def pids():
    return {int(path.read_text()) for path in Path().glob("pid-*")}


def gone(numbers):
    """They are no more, at the latest after ten seconds."""

    def alive(pid):
        try:
            os.kill(pid, 0)
            stat = Path(f"/proc/{pid}/stat")
            return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    end = time.monotonic() + 10
    while any(map(alive, numbers)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, numbers))


def lines(text):
    return [line.split()[:-2] for line in text.splitlines() if line.endswith(" s")]
