"""Several items at once: one clear line when a process dies or the run is stopped; none is left."""

import errno
import json
import os
import signal
import time
from concurrent.futures import BrokenExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from jobs_cases import REPRODUCE, SLOW, UNIX, carried_out, gone, lines, pids, started, wait_for

from rlbook import cli
from rlbook.book import jobs
from rlbook.sweeps.processes import Processes

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
