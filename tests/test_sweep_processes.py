"""Worker processes: every row once, whatever is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from jobs_cases import started, wait_for
from sweep_helpers import UNIX, check_sheet, command, processes, rows_of, seeds_called

from rlbook import sweep
from rlbook.sweeps.processes import Processes, cores


def test_processes_have_one_thread_and_the_environment_stays(cases, monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    (row,) = sweep(cases.threads, {}, [0])
    assert row == {"seed": 0, "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "1"}
    assert "MKL_NUM_THREADS" not in os.environ


def test_the_number_of_cores_where_python_cannot_say_which_are_ours(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    for known, found in ((7, 7), (None, 1)):
        monkeypatch.setattr(os, "cpu_count", lambda known=known: known)
        assert cores() == found


def test_what_waits_in_a_chain_is_cancelled_at_the_end():
    with Processes() as pool:
        futures = pool.submit_chain(time.sleep, [[0.05]] * 100)
    wait_for(futures[-1].done)
    assert futures[-1].cancelled()


def test_a_process_that_dies_takes_nothing_with_it(cases, tmp_path):
    with pytest.raises(RuntimeError, match=r"1 of 6 rows failed .* seed=1: .* died 3 times") as e:
        sweep(cases.mortal, {}, range(6), workers=2, out="x")
    assert seeds_called() == {0: 1, 1: 3, 2: 2, 3: 1, 4: 1, 5: 1}
    assert e.value.rows == [{"seed": s, "result": s} for s in (0, 2, 3, 4, 5)]
    assert sorted(row["seed"] for row in rows_of("x.jsonl")) == [0, 2, 3, 4, 5]
    check_sheet("x")


def test_an_experiment_that_raises_fails_alone_and_is_tried_again(cases, monkeypatch):
    with pytest.raises(RuntimeError, match="2 of 4 rows failed") as caught:
        sweep(cases.faulty, {}, range(4), workers=1, out="x")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert "seed=1: ZeroDivisionError: seed 1 is bad" in str(caught.value)
    (_, (job, odd)) = caught.value.failed
    assert (job, str(odd)) == ("seed=2", "OddError: odd")  # it cannot be unpickled, and breaks none
    assert [row["seed"] for row in rows_of("x.jsonl")] == [0, 3]
    monkeypatch.setenv("SWEEP_MENDED", "1")
    assert len(sweep(cases.faulty, {}, range(4), workers=2, out="x")) == 4
    assert seeds_called() == {0: 1, 1: 2, 2: 2, 3: 1}


def test_processes_of_somebody_else_that_break(cases):
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        pytest.raises(RuntimeError, match="the executor broke, not all rows were run"),
    ):
        sweep(cases.mortal, {}, range(3), pool, out="x")
    assert [row["seed"] for row in rows_of("x.jsonl")] == [0]


def test_a_script_needs_its_guard_and_a_shell_a_file(tmp_path):
    script = tmp_path / "script.py"
    text = "from rlbook import sweep\ndef f(seed): return seed\n"
    call = "print(sweep(f, {}, range(2), workers=1, out='x'))\n"
    script.write_text(text + call)
    done = command(script, cwd=tmp_path)
    assert done.returncode == 1
    assert "worker processes die as they start" in done.stderr.splitlines()[-1]
    script.write_text(f"{text}if __name__ == '__main__':\n    {call}")
    done = command(script, cwd=tmp_path)
    assert done.stdout == "[{'seed': 0, 'result': 0}, {'seed': 1, 'result': 1}]\n", done.stderr
    assert json.loads((tmp_path / "x.jsonl").read_text().splitlines()[0])["sweep"] == "script:f"
    done = command("-c", text + call, cwd=tmp_path)
    assert "ValueError: experiment must be a function at the top level of a file" in done.stderr


def gone(pids):
    """They are no more, at the latest after ten seconds."""

    def alive(pid):
        if Path("/proc/self/stat").exists():
            stat = Path(f"/proc/{pid}/stat")
            return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
        state = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True)
        return state.stdout.strip() not in (b"", b"Z")

    end = time.monotonic() + 10
    while any(map(alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(map(alive, pids))


def swept(*given):
    """`rlbook sweep`, in the environment of the test."""
    return started([sys.executable, "-m", "rlbook", "sweep", *given], env=None)


@UNIX
@pytest.mark.parametrize("how", ["kill", "interrupt", "terminate"])
def test_a_sweep_that_was_killed_goes_on_without_losing_or_repeating_a_row(cases, how):
    given = ["sweep_cases:slow", "--seeds", "14", "--set", "alpha=0.5", "--workers", "2", "--out=x"]
    path = Path("x.jsonl")
    with swept(*given) as process:
        wait_for(lambda: path.exists() and path.read_bytes().count(b"\n") >= 4)
        if how == "kill":
            process.kill()  # the parent alone: its workers notice
            process.wait()
        else:
            if how == "interrupt":
                os.killpg(process.pid, signal.SIGINT)  # all at once, as a terminal does
            else:
                process.terminate()
            out, err = process.communicate(timeout=20)
            assert process.returncode == (130 if how == "interrupt" else 143)
            assert out == ""
            assert err.startswith("interrupted at ")
            assert err.count("\n") == 1
    pids = processes()
    assert len(pids) == 2
    assert gone(pids)
    if how == "kill":
        with path.open("a") as file:
            file.write('{"alpha": 0.5, "se')  # as if it had been in the middle of a line
    text = path.read_text()
    before = [json.loads(x)["seed"] for x in text[: text.rindex("\n")].splitlines()[1:]]
    assert 3 <= len(before) < 14
    done = command("-m", "rlbook", "sweep", *given)
    assert (done.returncode, done.stderr) == (0, "")
    rows = rows_of(path)
    assert sorted(row["seed"] for row in rows) == list(range(14))
    assert all(row["sum"] == row["seed"] + 0.5 for row in rows)
    assert [row["seed"] for row in rows][: len(before)] == before
    called = seeds_called()
    assert all(called[s] == 1 for s in before)
    assert sum(called.values()) <= 14 + 2  # what was running
    check_sheet("x")
    head, line = done.stdout.splitlines()[:2]
    assert head.split() == ["alpha", "seeds", "sum", "even"]
    assert line.split() == ["0.5", "14", "7", "(1.1)", "0.5", "(0.14)"]


@UNIX
def test_an_interrupt_does_not_wait_for_long_jobs(cases):
    with swept("sweep_cases:endless", "--seeds", "3", "--workers", "2", "--out", "x") as process:
        wait_for(lambda: len(list(Path("calls").iterdir())) == 3)
        wait_for(lambda: Path("x.jsonl").read_bytes().count(b"\n") == 2)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert time.monotonic() - start < 5
    assert (process.returncode, err) == (
        130, "interrupted at 1/3; the same command goes on from there\n",
    )  # fmt: skip
    assert gone(processes())
