"""A sweep on a real cluster of dask, one of whose worker processes is killed on the way."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from sweep_helpers import rows_of

from rlbook import cli, sweep

distributed = pytest.importorskip("distributed", reason="needs the extra cluster: dask.distributed")

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # dask's own, of slow disks and ports in use
    pytest.mark.skipif(os.name != "posix", reason="kills a process as Unix does"),
]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes, each minded by a nanny that replaces it."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as found:  # fmt: skip
        yield found


def test_every_row_is_there_once_though_a_worker_is_killed(cluster, tmp_path):
    def experiment(seed, alpha, folder):  # dask sends it by value
        note = Path(folder, f"{alpha} {seed} {os.getpid()} {time.monotonic_ns()}")
        note.touch()
        time.sleep(0.15)
        note.rename(f"{note} done")
        return {"sum": alpha + seed, "process": os.getpid()}

    def at_work(pid):
        """The jobs that a process has begun and not ended."""
        notes = [x.name.split() for x in calls.iterdir()]
        ended = {tuple(x[:4]) for x in notes if len(x) == 5}
        begun = {tuple(x[:4]) for x in notes} - ended
        return [(float(x[0]), int(x[1])) for x in begun if int(x[2]) == pid]

    def progress(done, total, left):
        if done == 8:
            while not at_work(victim):
                time.sleep(0.001)
            os.kill(victim, signal.SIGKILL)
            lost.extend(at_work(victim))

    calls, lost = tmp_path / "calls", []
    calls.mkdir()
    with distributed.Client(cluster) as client:
        pids = set(client.run(os.getpid).values())
        assert len(pids - {os.getpid()}) == 2
        victim = min(pids)
        grid = {"alpha": [0.5, 1], "folder": [str(calls)]}
        rows = sweep(
            experiment, grid, range(16), client.get_executor(), out=tmp_path / "x",
            progress=progress,
        )  # fmt: skip
    assert [(row["alpha"], row["seed"]) for row in rows] == [
        (alpha, seed) for alpha in (0.5, 1) for seed in range(16)
    ]
    assert all(row["sum"] == row["alpha"] + row["seed"] for row in rows)
    assert at_work(victim) == lost  # it was killed in the middle of a job,
    assert len(lost) == 1
    (again,) = [row for row in rows if (row["alpha"], row["seed"]) == lost[0]]
    assert again["process"] != victim  # which another one did
    assert {row["process"] for row in rows} >= pids
    held = rows_of(tmp_path / "x.jsonl")
    assert len(held) == len(rows)
    assert all(row in held for row in rows)


def test_the_command_sends_a_file_to_the_workers(cluster, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "here alone"
    folder.mkdir()
    (folder / "sent_case.py").write_text(
        "import os\n"
        "def twice(x): return 2 * x\n"
        "def experiment(seed, a): return {'x': twice(a) + seed, 'pid': os.getpid()}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    words = ["--set", "a=1,2", "--seeds", "5", "--out", "x"]
    given = [
        "sweep",
        "here alone/sent_case.py:experiment",
        "--scheduler",
        cluster.scheduler_address,
    ]
    assert cli.main([*given, *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines[:3]] == [
        ["a", "seeds", "x", "pid"], ["1", "5", "4", "(0.71)"], ["2", "5", "6", "(0.71)"],
    ]  # fmt: skip
    rows = rows_of("x.jsonl")
    assert len(rows) == 10
    assert os.getpid() not in {row["pid"] for row in rows}


def test_what_the_workers_cannot_import_fails_and_does_not_wait_for_ever(
    cluster, tmp_path, monkeypatch, capsys
):
    (tmp_path / "not_there_case.py").write_text("def experiment(seed): return seed\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    given = ["sweep", "not_there_case:experiment", "--scheduler", cluster.scheduler_address]
    assert cli.main([*given, "--seeds", "2", "--out", "x"]) == 1
    assert "failed: seed=0: ModuleNotFoundError: No module named 'not_" in capsys.readouterr().err


def test_a_scheduler_that_is_none(tmp_path, capsys):
    words = ["json:dumps", "--out", str(tmp_path / "x"), "--scheduler", "none://here"]
    assert cli.main(["sweep", *words]) == 2
    assert capsys.readouterr().err.startswith("rlbook: error: --scheduler must be the address of")
