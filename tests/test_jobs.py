"""Several items at once: the same numbers and lines, and one clear line when something dies."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from rlbook import cli
from rlbook.book import jobs, out_folder
from rlbook.book.items import ITEMS, Item, load_chapters
from rlbook.sweeps.processes import Processes

load_chapters()
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


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Writes a chapter of its own, ch99_extra.py, and gives its command."""
    monkeypatch.chdir(tmp_path)

    def write(items, after=""):
        text = EXTRA
        for name, options, body in items:
            text += f"\n@item({name!r}{options})\ndef _(fig, rng):\n    'Is it?'\n    {body}\n"
        Path("ch99_extra.py").write_text(f"{text}\nif __name__ == '__main__':\n    run(__file__)\n")
        return [sys.executable, "ch99_extra.py", "--jobs", "2", "--out", "out"]

    return write


def carried_out(command, **options):
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=ENV, **options
    )


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


# The same numbers


def numbers(out):
    entries = json.loads((out / "report.json").read_text())
    figures = {path.name: path.read_bytes() for path in (out / "figures").iterdir()}
    return [{k: v for k, v in e.items() if k != "seconds"} for e in entries], figures


def lines(text):
    return [line.split()[:-2] for line in text.splitlines() if line.endswith(" s")]


def test_two_processes_give_the_same_lines_numbers_and_files_as_one(tmp_path, capfd):
    words = ["fig:3.4", "tab:4.2", "fig:5.3", "fig:6.4", "fig:7.2", "thm:9.1", "dpo:losses"]
    given = ["reproduce", "--quick", "--seed", "3", "--only", *words]
    said = []
    for n in "12":
        assert cli.main([*given, "--jobs", n, "--out", str(tmp_path / n)]) == 0
        out, err = capfd.readouterr()
        assert err == ""
        said.append(lines(out))
    assert said[0] == said[1]
    assert [x[0] for x in said[0]] == [x for x in ITEMS if x in [y[0] for y in said[0]]]
    one, two = numbers(tmp_path / "1"), numbers(tmp_path / "2")
    assert one == two
    assert len(one[0]) == 11
    assert len(one[1]) >= 20


def test_run_takes_jobs_and_shows_its_tables_in_order(tmp_path, capfd):
    said = []
    for n in "12":
        given = ["run", "ex:3.1", "fig:3.4", "--jobs", n, "--out", str(tmp_path / n)]
        assert cli.main(given) == 0
        out, _ = capfd.readouterr()
        said.append([x for x in out.splitlines() if " | " in x])
    assert len(said[0]) > 20
    assert said[0] == said[1]


def test_lines_come_in_the_books_order_and_whoever_is_done_first_waits(script):
    command = script(
        [
            ("fig:99.1", "", "time.sleep(0.6); return answer(fig, True)"),
            ("fig:99.2", "", "return answer(fig, True)"),
            ("fig:99.3", "", "return 1 / 0"),
            ("fig:99.4", "", "print('a warning', file=sys.stderr); return answer(fig, True)"),
        ]
    )
    done = carried_out([*command, "--quick"])
    assert done.returncode == 1
    assert [line[0] for line in lines(done.stdout)] == [f"fig:99.{k}" for k in (1, 2, 3, 4)]
    figures = [Path(f"out/figures/fig-99.{k}.{x}") for k in (1, 2, 4) for x in ("svg", "png")]
    assert done.stdout.splitlines()[-8:] == [
        "4 items: 3 agrees, 1 fails", f"figures: {figures[0]}",
        *(f"         {path}" for path in figures[1:]),
        "Run what fails again with another seed, such as --seed 1. If it fails again, something is "
        "wrong.",
    ]  # fmt: skip
    error, warning = done.stderr.splitlines()[-2:]
    assert (error, warning) == ("ZeroDivisionError: division by zero", "a warning")
    assert done.stderr.startswith("Traceback")


def test_items_that_share_runs_are_done_in_turn_by_one_process(script):
    body = "RUNS.append(1); return answer(fig, len(RUNS) == {k})"
    command = script(
        [
            ("fig:99.1", ", shares='runs'", body.format(k=1)),
            ("fig:99.2", "", "time.sleep(0.3); return answer(fig, True)"),
            ("fig:99.3", ", shares='runs'", body.format(k=2)),
            ("fig:99.4", "", "time.sleep(0.3); return answer(fig, True)"),
            ("fig:99.5", ", shares='runs'", body.format(k=3)),
        ]
    )
    done = carried_out(command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(pids()) == 2


def test_what_chapter_11_trains_is_trained_once():
    names = ["ddpg:pendulum", "ddpg:ablation", "ddpg:value"]
    found = jobs.chains(ITEMS[x] for x in ("ddpg:lqr", names[0], "dpo:losses", *names[1:]))
    assert [[x.ids[0] for x in chain] for chain in found] == [["ddpg:lqr"], names, ["dpo:losses"]]


@pytest.mark.parametrize("n", [2, 3])
def test_a_process_compiles_loops_as_one_job_does(script, n):
    wanted = n == 3 and find_spec("numba") is not None
    body = f"return answer(fig, ('rlbook.training.compiled' in sys.modules) == {wanted})"
    command = script([(f"fig:99.{k}", "", body) for k in range(n)])
    few_are_many("ch99_extra.py")
    for more in ([], ["--jobs", "1"]):
        done = carried_out([*command, *more])
        assert f"{n} items: {n} agrees" in done.stdout, done.stdout + done.stderr


def few_are_many(name):
    path = Path(name)
    few = "from rlbook.book import jobs; jobs.MANY = 3; run(__file__)"
    path.write_text(path.read_text().replace("run(__file__)", few))


# How many, and what first


def made(*times, shares=""):
    """Items that take so long, and the table that says so."""
    items = [Item((f"x:{k}",), "ch99", lambda: None, shares) for k in range(len(times))]
    return items, {f"x:{k}": t for k, t in enumerate(times) if t is not None}


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([1.0, 1.0, 2.9], 1),  # not worth a second process
        ([1.0, 1.0, 3.1], 2),
        ([4.0] * 100, 8),  # no more than there are cores
        ([40.0, 30.0, 20.0], 3),  # the first takes 40 in any case
        ([40.0, 5.0, 5.0], 2),
        ([40.0], 1),
        ([], 1),
        ([None, None], 1),
    ],
)
def test_how_many_processes_are_worth_having(monkeypatch, times, wanted):
    items, table = made(*times)
    monkeypatch.setattr(jobs, "_measured", lambda: table)
    monkeypatch.setattr(jobs, "cores", lambda: 8)
    assert jobs.how_many(items) == wanted
    together = [replace(x, shares="all") for x in items]
    assert jobs.how_many(together) == 1


def test_the_long_items_begin_early_and_one_process_reads_the_book(monkeypatch):
    items, table = made(1.0, 2.0, 9.0, None, 3.0, 1.0)
    order = []

    class Now:
        """Does at once what is submitted."""

        def __init__(self, share):
            pass

        def submit_chain(self, function, chain):
            order.extend(job[1] for job in chain)
            futures = [jobs.Future() for _ in chain]
            for future in futures:
                future.set_result(jobs.Outcome(None, "", 0.0, {}))
            return futures

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(jobs, "_measured", lambda: table)
    monkeypatch.setattr(jobs, "Processes", Now)
    told = []
    done = [x for x, _ in jobs.carry_out(items, 2, seed=0, quick=True, show=told.append)]
    # the reader: 0, 1, 4; the other: 3, which nobody knows, then 2, then what is left
    assert order[:4] == ["x:0", "x:3", "x:1", "x:2"]
    assert sorted(order) == [f"x:{k}" for k in range(6)]
    assert sorted(x.ids[0] for x in done) == sorted(order)
    assert told[0] == "[0/6] 2 running: x:0, x:3"


def test_the_measured_seconds_are_those_of_items():
    known = jobs._measured()
    assert set(known) <= {item.ids[0] for item in ITEMS.values()}
    assert len(known) > 60
    assert all(0 <= x < 1000 for x in known.values())


# On a terminal


def test_the_progress_line_says_what_runs_and_how_far_it_is(script):
    loop = "[time.sleep(0.02) for _ in progress(range(40), 40)]; return answer(fig, True)"
    script([("fig:99.1", "", "time.sleep(1.5); return answer(fig, True)"), ("fig:99.2", "", loop)])
    text = Path("ch99_extra.py").read_text()
    head, tail = text.rsplit("def _(fig, rng)", 1)
    tail = tail.replace("run(__file__)", "sys.stderr.isatty = lambda: True; run(__file__)")
    Path("ch99_extra.py").write_text(f"{head}def _(fig, rng, progress){tail}")
    done = carried_out([sys.executable, "ch99_extra.py", "--jobs", "2"])
    told = [line for line in done.stderr.split("\n\x1b[K") if line]  # of \r
    assert done.returncode == 0, done.stderr
    assert told[0] == "[0/2] 2 running: fig:99.1, fig:99.2"
    assert any(x.startswith("[0/2] 2 running: fig:99.1, fig:99.2 ") and "%" in x for x in told)
    assert told[-1] == "[1/2] 1 running: fig:99.1"


# When a process dies, or a result cannot come


@UNIX
def test_a_process_that_is_killed_is_a_failed_item_and_one_line(script):
    kill = "os.kill(os.getpid(), 9)"
    command = script(
        [
            ("fig:99.1", "", "time.sleep(0.5); return answer(fig, True)"),
            ("fig:99.2", ", shares='runs'", kill),
            ("fig:99.3", ", shares='runs'", "return answer(fig, True)"),
            ("fig:99.4", "", kill),
            ("fig:99.5", "", "return answer(fig, True)"),
        ]
    )
    done = carried_out(command)
    assert done.returncode == 1
    assert "5 items: 3 agrees, 2 fails" in done.stdout
    assert done.stderr.splitlines() == [
        f"rlbook: fig:99.{k}: its process died: killed, or out of memory (seed 0)" for k in (2, 4)
    ]
    assert "  its process died: killed, or out of memory (seed 0)\n" in done.stdout
    assert gone(pids())


def test_a_result_that_cannot_travel_is_a_failed_item(script):
    bad = "return Result(Part('', [True], [True]), note=type('Note', (str,), {})(''))"
    command = script([("fig:99.1", "", bad), ("fig:99.2", "", "return answer(fig, True)")])
    done = carried_out(command)
    assert done.returncode == 1
    assert "2 items: 1 agrees, 1 fails" in done.stdout
    assert "PicklingError" in done.stdout


def test_a_script_without_a_guard_is_told_in_a_line(script):
    command = script([(f"fig:99.{k}", "", "return answer(fig, True)") for k in (1, 2)])
    path = Path("ch99_extra.py")
    path.write_text(path.read_text().replace("if __name__ == '__main__':", "if True:"))
    done = carried_out(command)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("rlbook: error: no process can be started here, --jobs 1 needs none: ")


def test_where_there_are_no_processes_one_line_says_so(tmp_path, monkeypatch, capsys):
    def none(share):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(jobs, "Processes", none)
    given = ["reproduce", "--only", "fig:3.4", "--out", str(tmp_path)]
    assert cli.main([*given, "--jobs", "2"]) == 2
    assert capsys.readouterr().err == (
        "rlbook: error: no process can be started here, --jobs 1 needs none: "
        "[Errno 38] Function not implemented\n"
    )
    assert cli.main([*given, "--jobs", "1"]) == 0


# When the run is stopped


@contextmanager
def started(command):
    """In a process group of its own, which Ctrl-C can reach; nothing of it stays."""
    with subprocess.Popen(
        command, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        env=ENV, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
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


SLOW = [
    ("fig:99.1", "", "return answer(fig, True)"),
    ("fig:99.2", "", "answer(fig, True); time.sleep(90)"),
    ("fig:99.3", "", "return answer(fig, True)"),
    ("fig:99.4", "", "answer(fig, True); time.sleep(90)"),
    ("fig:99.5", "", "return answer(fig, True)"),
]


@UNIX
@pytest.mark.parametrize("n", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "to_all", "status"),
    [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143), (signal.SIGTERM, True, 143)],
)
def test_a_run_that_is_stopped_writes_what_is_done(script, n, number, to_all, status):
    command = [*script(SLOW), "--jobs", n]
    path = Path("ch99_extra.py")
    path.write_text(path.read_text().replace("run(__file__)", REPRODUCE))
    done_first = {"1": ["fig:99.1"], "2": ["fig:99.1", "fig:99.3"]}[n]
    with started(command) as process:
        wait_for(lambda: len(list(Path().glob("pid-*"))) == len(done_first) + int(n))
        time.sleep(0.3)
        (os.killpg if to_all else os.kill)(process.pid, number)
        out, err = process.communicate(timeout=30)  # the items sleep for longer
    assert process.returncode == status
    assert err == f"interrupted: {len(done_first)} done, the rest was not run\n"
    assert [line[0] for line in lines(out)] == done_first
    entries = json.loads(Path("out/report.json").read_text())
    assert [e["id"] for e in entries] == done_first
    assert Path("out/report.html").read_text().endswith("</html>\n")
    assert not list(Path("out").rglob("*.part"))
    assert gone(pids())


REPRODUCE = (
    "from rlbook import cli; from rlbook.book import ITEMS; cli.load_chapters = lambda: None; "
    "sys.exit(cli.main(['reproduce', *sys.argv[1:]]))"
)


@UNIX
def test_the_processes_of_a_run_that_was_killed_end_with_it(script):
    with started(script(SLOW)) as process:
        wait_for(lambda: len(list(Path().glob("pid-*"))) == 4)
        process.kill()
        process.communicate()
    assert gone(pids())


@UNIX
def test_a_reader_that_goes_away_ends_the_run(script):
    with started(script(SLOW)) as process:
        process.stdout.close()
        assert process.wait(timeout=30) == 141
        assert process.stderr.read() == ""
    assert gone(pids())


def test_sigterm_is_heard_as_before_when_the_command_is_done(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main(["list", "ch01"]) == 0
    assert signal.getsignal(signal.SIGTERM) == before


# Where nothing can be written


def test_two_runs_of_the_book_do_not_mix_in_one_folder(script):
    command = script(SLOW)
    path = Path("ch99_extra.py")
    path.write_text(path.read_text().replace("run(__file__)", REPRODUCE))
    with started(command) as process:
        wait_for(lambda: len(list(Path().glob("pid-*"))) == 4)
        before = sorted(Path("out").rglob("*"))
        for more in (["reproduce", "--only", "ex:3.1"], ["run", "ex:3.1"]):
            second = carried_out([sys.executable, "-m", "rlbook", *more, "--out", "out"])
            assert second.returncode == 2
            assert second.stdout == ""
            assert second.stderr == (
                "rlbook: error: another rlbook writes into out: wait for it, or name another "
                "folder with --out\n"
            )
        assert sorted(Path("out").rglob("*")) == before
        os.kill(process.pid, signal.SIGKILL)  # a lock of the system ends with its process
        process.communicate()
    again = carried_out([sys.executable, "-m", "rlbook", "run", "ex:3.1", "--out", "out"])
    assert again.returncode == 0, again.stderr


def test_items_can_be_run_beside_each_other_in_one_folder(tmp_path, capsys):
    with out_folder.writing_into(tmp_path, alone=False):
        assert cli.main(["run", "ex:3.1", "--out", str(tmp_path)]) == 0
        assert cli.main(["reproduce", "--only", "ex:3.1", "--out", str(tmp_path)]) == 2
    assert cli.main(["reproduce", "--only", "ex:3.1", "--out", str(tmp_path)]) == 0
    capsys.readouterr()


def test_a_folder_that_cannot_be_locked_is_written_all_the_same(tmp_path, monkeypatch):
    def no_lock(folder, how):
        raise OSError(errno.ENOLCK, "No locks available")

    for fcntl in (None, SimpleNamespace(flock=no_lock, LOCK_EX=2, LOCK_SH=1, LOCK_NB=4)):
        monkeypatch.setattr(out_folder, "fcntl", fcntl)
        with out_folder.writing_into(tmp_path, alone=True):
            assert (tmp_path / "figures").is_dir()


@UNIX
def test_a_folder_that_may_not_be_written_is_told_before_anything_is_run():
    with TemporaryDirectory() as name:  # nobody may enter pytest's own
        folder = Path(name)
        (folder / "figures").mkdir()
        (folder / "inner" / "figures").mkdir(parents=True)
        modes = {"figures": 0o755, "inner": 0o777, "inner/figures": 0o555, ".": 0o555}
        for path, mode in modes.items():
            (folder / path).chmod(mode)
        code = (  # modes do not bind root: it becomes nobody, who need not be able to read modules
            "import os, sys; from rlbook import cli; cli.load_chapters(); "
            "cli.load_chapters = lambda: None; os.geteuid() or os.setuid(65534); "
            "sys.exit(cli.main(['reproduce', '--only', 'ex:3.1', '--out', sys.argv[1]]))"
        )
        inner = folder / "inner"
        for out, named in ((folder,) * 2, (folder / "new",) * 2, (inner, inner / "figures")):
            done = carried_out([sys.executable, "-c", code, str(out)])
            assert (done.returncode, done.stdout) == (2, "")
            assert done.stderr == (
                f"rlbook: error: --out must be a folder that can be written, got {named}: "
                "Permission denied\n"
            )
        assert sorted(x.name for x in folder.rglob("*")) == ["figures", "figures", "inner"]
        folder.chmod(0o755)


def die_in_the_middle_of_a_result():
    def half(self, buffer, write=os.write):
        write(self._handle, bytes(buffer)[: len(buffer) // 2])
        os._exit(1)

    Connection._send = half
    return "x" * 1000


def test_a_process_that_dies_as_it_sends_is_not_waited_for():
    with Processes() as processes:
        future = processes.submit(die_in_the_middle_of_a_result)
        assert isinstance(future.exception(timeout=60), BrokenExecutor)


@pytest.mark.parametrize("n", ["1", "2"])
def test_a_full_disk_is_one_line_with_the_files_name(tmp_path, monkeypatch, capfd, n):
    @contextmanager
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")  # as the system says it: no name
        yield

    given = ["reproduce", "--only", "fig:3.4", "--jobs", n, "--out", str(tmp_path)]
    assert cli.main([*given, "--quick"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    monkeypatch.setattr(out_folder, "whole_file", full)
    capfd.readouterr()
    assert cli.main(given) == 2
    out, err = capfd.readouterr()
    assert out == ""
    name = err.removeprefix(f"rlbook: error: cannot write {tmp_path / 'figures'}{os.sep}fig-3.4")
    assert name[1:] == ".svg: No space left on device\n"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@UNIX
def test_a_report_that_does_not_fit_leaves_the_old_one_whole(tmp_path):
    from resource import RLIMIT_FSIZE, setrlimit

    given = [sys.executable, "-m", "rlbook", "reproduce", "--only", "fig:3.4"]
    given += ["--out", str(tmp_path)]
    assert carried_out(given).returncode == 0
    old = {path: path.read_bytes() for path in tmp_path.glob("report.*")}
    size = max(path.stat().st_size for path in (tmp_path / "figures").iterdir()) + 1000
    assert size < len(old[tmp_path / "report.html"])
    done = carried_out(
        [*given, "--seed", "1"], preexec_fn=lambda: setrlimit(RLIMIT_FSIZE, (size, size))
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"rlbook: error: cannot write {tmp_path / 'report.html'}: File too large\n"
    )
    new = {path: path.read_bytes() for path in tmp_path.glob("report.*")}
    assert new[tmp_path / "report.html"] == old[tmp_path / "report.html"]
    assert json.loads(new[tmp_path / "report.json"])
    assert not list(tmp_path.rglob("*.part"))
