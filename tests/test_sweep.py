"""Sweeps: every row once, whatever is killed on the way."""

import csv
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from rlbook import cli, sweep
from rlbook.sweeps.record import Record, name_of

ROOT = Path(__file__).parents[1]
UNIX = pytest.mark.skipif(os.name != "posix", reason="signals of Unix")

CASES = '''
import os, tempfile, time

def note(seed):
    """A file for each call."""
    file, _ = tempfile.mkstemp(f".{os.getpid()}", f"{seed}.", os.environ["SWEEP_CALLS"])
    os.close(file)

def calls(seed):
    return [x for x in os.listdir(os.environ["SWEEP_CALLS"]) if x.startswith(f"{seed}.")]

def value(seed, alpha=0.0):
    note(seed)
    return alpha + seed

def slow(seed, alpha=0.0):
    note(seed)
    time.sleep(0.1)
    return {"sum": alpha + seed, "even": seed % 2 == 0}

def endless(seed):
    note(seed)
    time.sleep(0 if seed == 0 else 600)
    return 0

def mortal(seed):
    """Seed 1 takes its process down at each try, seed 2 at its first one."""
    note(seed)
    if seed == 1 or (seed == 2 and len(calls(2)) == 1):
        os._exit(3)
    time.sleep(0.2)
    return seed

class OddError(Exception):
    def __init__(self, a, b):
        super().__init__("odd")

def faulty(seed, mend=False):
    note(seed)
    if seed == 1 and not os.environ.get("SWEEP_MENDED"):
        raise ZeroDivisionError("seed 1 is bad")
    if seed == 2 and not os.environ.get("SWEEP_MENDED"):
        raise OddError(1, 2)
    return seed

def threads(seed):
    return {x: os.environ.get(x) for x in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}

class Holder:
    def method(self, seed):
        return seed
'''


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """The experiments, in a module that worker processes find; calls(seed): its calls so far."""
    (tmp_path / "sweep_cases.py").write_text(CASES)
    (tmp_path / "calls").mkdir()
    monkeypatch.setenv("SWEEP_CALLS", str(tmp_path / "calls"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("sweep_cases", None)
    yield importlib.import_module("sweep_cases")
    sys.modules.pop("sweep_cases", None)


def seeds_called():
    return Counter(int(x.name.partition(".")[0]) for x in Path("calls").iterdir())


def processes():
    """Those that were at work."""
    return {int(x.suffix[1:]) for x in Path("calls").iterdir()}


def rows_of(path):
    """The rows of the record; each line is whole, the first one is the header."""
    text = Path(path).read_text()
    assert text.endswith("\n")
    header, *rows = map(json.loads, text.splitlines())
    assert list(header) == ["sweep", "settings"]
    return rows


def check_sheet(stem):
    """The sheet has the rows of the record, in its order."""
    with Path(f"{stem}.csv").open(newline="") as file:
        sheet = list(csv.DictReader(file))
    rows = rows_of(f"{stem}.jsonl")
    columns = dict.fromkeys(x for row in rows for x in row)

    def cell(x):
        return "" if x is None else str(x).lower() if isinstance(x, bool) else str(x)

    assert sheet == [{name: cell(row.get(name)) for name in columns} for row in rows]
    assert not list(Path().glob(".*.part"))


# In this process: threads


def in_threads(experiment, grid, seeds, **options):
    with ThreadPoolExecutor(3) as pool:
        return sweep(experiment, grid, seeds, pool, **options)


def test_rows_are_in_order_however_they_come():
    def experiment(seed, a, b):
        time.sleep(0.02 * (seed == 0))
        return {"x": 100 * a + seed, "b again": b}

    rows = in_threads(experiment, {"a": [2, 1], "b": ["u", None]}, range(2))
    assert rows == [
        {"a": a, "b": b, "seed": s, "x": 100 * a + s, "b again": b}
        for a in (2, 1) for b in ("u", None) for s in (0, 1)
    ]  # fmt: skip
    assert in_threads(lambda seed: seed, {}, [7, 3]) == [
        {"seed": 7, "result": 7}, {"seed": 3, "result": 3},
    ]  # fmt: skip


def test_values_survive_in_both_files_and_are_as_python_has_them(tmp_path):
    def experiment(seed, x):
        assert type(x) in (float, int)
        odd = [float("nan"), float("inf"), -float("inf"), 0.1][seed]
        return {
            "odd": odd, "np": np.float64(0.1), "n": np.int32(seed), "yes": np.bool_(seed > 0),
            "text": 'a "b",\n c', "zero-d": np.array(2.5), **({"late": None} if seed else {}),
        }  # fmt: skip

    grid = {"x": np.array([0.1, 3])}
    rows = in_threads(experiment, grid, range(4), out=tmp_path / "a.b")
    assert [repr(row["odd"]) for row in rows] == ["nan", "inf", "-inf", "0.1"] * 2
    assert {type(x) for row in rows for x in row.values()} == {float, int, bool, str, type(None)}
    assert rows[1]["yes"] is True
    before = rows_of(tmp_path / "a.b.jsonl")
    assert len(before) == 8
    again = in_threads(experiment, grid, range(4), out=tmp_path / "a.b")
    assert repr(again) == repr(rows)
    assert repr(rows_of(tmp_path / "a.b.jsonl")) == repr(before)  # none was run again
    text = (tmp_path / "a.b.jsonl").read_text()
    assert '"odd": NaN' in text
    assert '"odd": -Infinity' in text
    check_sheet(tmp_path / "a.b")


LONE = "name \udcff \ud83d"  # what os.fsdecode makes of a file's name; UTF-8 has no such text


def test_text_that_utf_8_cannot_hold_is_escaped_in_the_sheet_and_kept_in_the_record(tmp_path):
    def experiment(seed, x):
        return {"same": x, LONE: seed}

    def run(seeds):
        return in_threads(experiment, {"x": ["a", LONE]}, seeds, out=tmp_path / "r")

    rows = [{"x": x, "seed": s, "same": x, LONE: s} for x in ("a", LONE) for s in range(3)]
    assert run(range(2)) == [row for row in rows if row["seed"] < 2]
    assert run(range(3)) == rows  # opened again, and added to
    assert len(rows_of(tmp_path / "r.jsonl")) == 6
    assert {row["x"] for row in rows_of(tmp_path / "r.jsonl")} == {"a", LONE}
    seen = LONE.encode("ascii", "backslashreplace").decode()
    lines = (tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"x,seed,same,{seen}"
    assert sorted(lines[1:]) == sorted(f"{x},{s},{x},{s}" for x in ("a", seen) for s in range(3))


def test_what_is_there_is_not_run_again_and_more_can_be_added(tmp_path):
    seen = []

    def experiment(seed, a):
        seen.append((a, seed))
        return a + seed

    out = tmp_path / "deep" / "x"
    first = in_threads(experiment, {"a": [0.1, 1]}, range(2), out=out)
    assert in_threads(experiment, {"a": [0.1, 1]}, range(2), out=f"{out}.jsonl") == first
    assert len(seen) == 4
    more = in_threads(experiment, {"a": [1.0, np.float64(0.1), True]}, range(3), out=out)
    assert sorted(seen[4:], key=str) == [(0.1, 2), (1.0, 2), (True, 0), (True, 1), (True, 2)]
    assert [row["result"] for row in more] == [1, 2, 3, 0.1, 1.1, 2.1, 1, 2, 3]
    assert len(rows_of(f"{out}.jsonl")) == 9  # those that this sweep did not ask for are kept
    check_sheet(out)


@pytest.mark.parametrize("cut", [1, 9, "header", "empty"])
def test_half_a_line_is_dropped_and_its_row_run_again(tmp_path, cut):
    def experiment(seed):
        seen.append(seed)
        return seed

    seen, out = [], tmp_path / "x"
    in_threads(experiment, {}, range(3), out=out)
    whole = out.with_suffix(".jsonl").read_bytes()
    left = {"header": whole[:10], "empty": b""}.get(cut) if isinstance(cut, str) else whole[:-cut]
    out.with_suffix(".jsonl").write_bytes(left)
    seen.clear()
    assert [row["result"] for row in in_threads(experiment, {}, range(3), out=out)] == [0, 1, 2]
    assert len(seen) == (3 if isinstance(cut, str) else 1)
    assert sorted(row["seed"] for row in rows_of(f"{out}.jsonl")) == [0, 1, 2]
    check_sheet(out)


def other_experiment(seed):
    return seed


def an_experiment(seed, a=0):
    return seed


@pytest.mark.parametrize(
    ("experiment", "grid", "content"),
    [
        (other_experiment, {}, None),
        (an_experiment, {"a": [1]}, None),
        (an_experiment, {}, "something else\nof mine\n"),
        (an_experiment, {}, "something else"),
        (an_experiment, {}, "+ a line that is no row\n"),
        (an_experiment, {}, '+{"sede": 5}\n'),
    ],
)
def test_a_file_of_something_else_is_left_alone(tmp_path, experiment, grid, content):
    in_threads(an_experiment, {}, [0], out=tmp_path / "x")
    path = tmp_path / "x.jsonl"
    if content:
        path.write_text(path.read_text() + content[1:] if content[0] == "+" else content)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"out must be .*x\.jsonl"):
        in_threads(experiment, grid, [1], out=tmp_path / "x")
    assert path.read_bytes() == before


def test_files_of_one_sweep_can_be_joined(tmp_path):
    for name, seeds in (("a", [0, 1]), ("b", [1, 2])):
        in_threads(an_experiment, {}, seeds, out=tmp_path / name)
    both = (tmp_path / "a.jsonl").read_bytes() + (tmp_path / "b.jsonl").read_bytes()
    (tmp_path / "c.jsonl").write_bytes(both)
    record = Record(tmp_path / "c", "test_sweep:an_experiment", [])
    assert [row["seed"] for row in record.rows] == [0, 1, 2]
    record.close()


def test_two_sweeps_in_one_file_do_not_mix(tmp_path):
    def experiment(seed):
        if seed == 1:
            other = Record(tmp_path / "x", name_of(experiment), [])
            other.add({"seed": 9, "result": 9})
            other.close()
        return seed

    with pytest.raises(RuntimeError, match="another sweep writes into") as caught:
        sweep(experiment, {}, range(5), Lazy(1), out=tmp_path / "x")
    assert caught.value.__cause__ is None
    assert [row["seed"] for row in rows_of(tmp_path / "x.jsonl")] == [0, 9]  # and nothing after it
    check_sheet(tmp_path / "x")


def test_a_full_disk_leaves_whole_lines(tmp_path):
    record = Record(tmp_path / "x", "e", [])
    record.add({"seed": 0})
    file = record._file

    class Full:
        def __getattr__(self, name):
            return getattr(file, name)

        def write(self, line):
            return file.write(line[:5])

    record._file = Full()
    with pytest.raises(OSError, match="No space left"):
        record.add({"seed": 1})
    record._file = file
    record.add({"seed": 2})
    record.close()
    assert [row["seed"] for row in rows_of(tmp_path / "x.jsonl")] == [0, 2]


def test_a_sheet_that_is_held_open_elsewhere_stops_nothing(tmp_path, monkeypatch):
    record = Record(tmp_path / "x", "e", [])
    record.add({"seed": 0})

    def held(self, *args, **options):
        raise PermissionError("in use")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", held)
        record.add({"seed": 1})
    record.close()
    check_sheet(tmp_path / "x")
    assert len(rows_of(tmp_path / "x.jsonl")) == 2


class Lazy(Executor):
    """Runs a job when so many wait as fit the window, and knows how many waited at most."""

    def __init__(self, window):
        self.jobs, self.most, self.window = [], 0, window

    def submit(self, function, /, *args):
        future = Future()
        self.jobs.append((future, function, args))
        self.most = max(self.most, len(self.jobs))
        if len(self.jobs) == self.window:
            for future_, function_, args_ in self.jobs:
                future_.set_result(function_(*args_))
            self.jobs.clear()
        return future


def test_an_executor_never_holds_more_than_the_window(monkeypatch):
    monkeypatch.setattr(sys.modules["rlbook.sweeps.run"], "WINDOW", 20)
    pool = Lazy(20)
    assert len(sweep(an_experiment, {}, range(200), pool)) == 200
    assert pool.most == 20


def test_rows_are_in_the_file_as_they_come(tmp_path):
    def experiment(seed):
        there.append(len(rows_of(tmp_path / "x.jsonl")))
        return seed

    there = []
    sweep(experiment, {}, range(5), Lazy(1), out=tmp_path / "x")
    assert there == [0, 1, 2, 3, 4]


def test_progress():
    seen = []
    in_threads(an_experiment, {"a": [1, 2]}, range(3), progress=lambda *x: seen.append(x))
    assert [x[:2] for x in seen] == [(k, 6) for k in range(7)]
    assert seen[0][2] is None
    assert seen[-1][2] == 0
    assert all(x[2] > 0 for x in seen[1:-1])


def test_time_left_is_of_what_was_run_now(tmp_path):
    def experiment(seed):
        time.sleep(0.1)
        return seed

    with ThreadPoolExecutor(1) as pool:
        sweep(experiment, {}, range(8), pool, out=tmp_path / "x")
        seen = []
        sweep(
            experiment, {}, range(12), pool, out=tmp_path / "x", progress=lambda *x: seen.append(x)
        )
    assert [x[0] for x in seen] == [8, 9, 10, 11, 12]
    assert seen[2][2] == pytest.approx(0.2, rel=0.5)  # and not a fifth of it


def test_what_is_cancelled_or_interrupted(tmp_path):
    def experiment(seed):
        time.sleep(0.05)
        return seed

    def progress(done, total, left):
        if done == 3:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            sweep(experiment, {}, range(500), pool, out=tmp_path / "x", progress=progress)
        assert pool.submit(int).result() == 0  # it is not shut down, and what waited is gone
        assert time.monotonic() - start < 5
    assert [row["seed"] for row in rows_of(tmp_path / "x.jsonl")] == [0, 1, 2]
    check_sheet(tmp_path / "x")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"experiment": 3}, "experiment must be a function, got 3"),
        ({"experiment": lambda: 0}, "experiment must take seed and the names in the grid"),
        ({"grid": {"b": [1]}}, "experiment must take .*unexpected keyword argument 'b'"),
        ({"grid": [1]}, "grid must be a dict"),
        ({"grid": {"seed": [1]}}, "grid must have names of arguments other than seed, got 'seed'"),
        ({"grid": {"a b": [1]}}, "grid must have names"),
        ({"grid": {"a": []}}, r"grid\['a'\] must have different values, one or more, got \[\]"),
        ({"grid": {"a": [1, 1.0]}}, r"grid\['a'\] must have different values"),
        ({"grid": {"a": "xyz"}}, r"grid\['a'\] must be a list of values, got 'xyz'"),
        ({"grid": {"a": 3}}, r"grid\['a'\] must be a list of values, got 3"),
        ({"grid": {"a": [[1, 2]]}}, r"grid\['a'\] must be a number, a text, True, False or None"),
        ({"seeds": 5}, r"seeds must be whole numbers, such as range\(10\), got 5"),
        ({"seeds": []}, r"seeds must be different whole numbers, one or more, got \[\]"),
        ({"seeds": [1, 1]}, "seeds must be different whole numbers"),
        ({"seeds": [0.5]}, r"seeds\[0\] must be a whole number, 0 or more, got 0.5"),
        ({"out": ""}, "out must be a path such as results/epsilon, got ''"),
        ({"out": 3}, "out must be a path such as results/epsilon, got 3"),
        ({"out": Path()}, "out must be a path such as results/epsilon, got "),
        ({"progress": 3}, "progress must be a function or None, got 3"),
        (
            {"executor": 4},
            r"executor must be a concurrent\.futures\.Executor or None, got 4: for 4 processes say "
            "workers=4$",
        ),
        ({"executor": "dask"}, r"executor must be a concurrent.* or None, got 'dask'$"),
        ({"executor": ThreadPoolExecutor}, "executor must be a concurrent.* or None, got <class"),
        ({"workers": 2}, "workers must be None where an executor is given, got 2"),
        ({"workers": 0}, "workers must be a whole number, 1 or more, got 0"),
        ({"experiment": lambda seed: 0, "executor": None}, "experiment must be a function at the"),
    ],
)
def test_bad_arguments(changed, message):
    given = {"experiment": an_experiment, "grid": {}, "seeds": [0], "executor": Lazy(1)}
    with pytest.raises(ValueError, match=message):
        sweep(**(given | changed))


def test_results_must_have_names_of_their_own(tmp_path):
    with pytest.raises(
        ValueError, match=r"results must not have the name of a setting, got \['a'\]"
    ):
        in_threads(lambda seed, a: {"a": 1}, {"a": [1]}, [0], out=tmp_path / "x")
    assert rows_of(tmp_path / "x.jsonl") == []


@pytest.mark.parametrize(
    ("result", "message"),
    [([1, 2], "result 'result' must be a number"), ({"x": {}}, "result 'x' must be a number"),
     ({3: 1}, "results must have strings as names"), (1j, "must be a number")],
)  # fmt: skip
def test_a_result_that_is_no_row_fails_alone(result, message):
    with pytest.raises(RuntimeError, match="1 of 3 rows failed") as caught:
        in_threads(lambda seed: result if seed == 1 else 0, {}, range(3))
    assert isinstance(caught.value.__cause__, ValueError)
    assert message in str(caught.value)
    assert [row["seed"] for row in caught.value.rows] == [0, 2]


def test_the_name_of_an_experiment():
    assert name_of(an_experiment) == "test_sweep:an_experiment"
    assert name_of(partial(an_experiment, a=1)) == "test_sweep:an_experiment"


# In processes


def test_processes_have_one_thread_and_the_environment_stays(cases, monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    (row,) = sweep(cases.threads, {}, [0])
    assert row == {"seed": 0, "OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "1"}
    assert "MKL_NUM_THREADS" not in os.environ


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


@pytest.mark.parametrize("make", [lambda c: c.Holder().method, lambda c: partial(c.value, alpha=1)])
def test_what_cannot_be_imported_by_name(cases, make):
    experiment = make(cases)
    with pytest.raises(ValueError, match="top level of a file"):
        sweep(experiment, {}, [0])


# Scripts and the command line


def command(*given, **options):
    return subprocess.run(
        [sys.executable, *map(str, given)], capture_output=True, text=True, timeout=60, **options
    )


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


def test_the_function_and_its_module_have_one_name():
    code = (
        "import rlbook.sweeps.run; from rlbook import sweep; from concurrent.futures import *\n"
        "print(sweep(lambda seed: seed, {}, [3], ThreadPoolExecutor(1)))\n"
    )
    assert command("-c", code).stdout == "[{'seed': 3, 'result': 3}]\n"


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


@contextmanager
def started(*given):
    """A sweep in a process group of its own, which Ctrl-C can reach; nothing of it stays."""
    with subprocess.Popen(
        [sys.executable, "-m", "rlbook", "sweep", *given], text=True, stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def wait_for(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@UNIX
@pytest.mark.parametrize("how", ["kill", "interrupt", "terminate"])
def test_a_sweep_that_was_killed_goes_on_without_losing_or_repeating_a_row(cases, how):
    given = ["sweep_cases:slow", "--seeds", "14", "--set", "alpha=0.5", "--workers", "2", "--out=x"]
    path = Path("x.jsonl")
    with started(*given) as process:
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
    with started("sweep_cases:endless", "--seeds", "3", "--workers", "2", "--out", "x") as process:
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


def test_the_command_with_a_file_and_failures(cases, capfd):
    given = ["sweep", "sweep_cases.py:faulty", "--seeds", "4", "--out", "deep/x", "--workers=1"]
    assert cli.main(given) == 1
    out, err = capfd.readouterr()
    assert err.splitlines() == [
        "failed: seed=1: ZeroDivisionError: seed 1 is bad",
        "failed: seed=2: RuntimeError: OddError: odd",
        "2 rows failed; the same command tries them again",
    ]
    assert out.splitlines() == [
        "seeds     result", "    2  1.5 (1.5)", "rows: deep/x.jsonl, deep/x.csv",
    ]  # fmt: skip


def test_the_command_names_the_files_it_wrote_and_shows_no_empty_table(cases, capfd):
    given = ["sweep", "sweep_cases:value", "--seeds", "7,", "--workers", "1", "--out", "o/g.csv"]
    assert cli.main(given) == 0
    out = capfd.readouterr().out
    assert out.splitlines() == ["seeds  result", "    1   7 (-)", "rows: o/g.jsonl, o/g.csv"]
    assert sorted(x.name for x in Path("o").iterdir()) == ["g.csv", "g.jsonl"]
    given = ["sweep", "sweep_cases:faulty", "--seeds", "1:3", "--workers", "1", "--out", "f"]
    assert cli.main(given) == 1
    out, err = capfd.readouterr()
    assert out == "rows: f.jsonl, f.csv\n"
    assert err.count("failed: seed=") == 2


def test_the_command_shows_text_that_utf_8_cannot_hold(cases):
    code = (
        "import sys; from rlbook import cli; sys.exit(cli.main(['sweep', 'sweep_cases:faulty', "
        "'--set', 'mend=yes,\\udcff', '--seeds', '1', '--workers', '1', '--out', 'o']))"
    )
    for _ in range(2):  # the second time the record is opened again
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False,
            encoding="utf-8", env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "\\udcff      1   0 (-)" in done.stdout


def test_progress_is_for_a_terminal(cases, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    given = ["sweep", "sweep_cases:value", "--set", "alpha=1", "--seeds", "2,5", "--out", "x"]
    assert cli.main([*given, "--workers", "1"]) == 0
    err = capsys.readouterr().err
    assert "\r\x1b[K0/2" in err
    assert " s left  alpha=1 seed=2\r" in err
    assert "\r\x1b[K2/2  0 s left  alpha=1 seed=5\r\x1b[K" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nothing"], "the experiment must be FILE.py:FUNCTION or MODULE:FUNCTION"),
        (["none.py:f"], "the experiment must be FILE.py:FUNCTION"),
        (["sweep_none:f"], "cannot import sweep_none: ModuleNotFoundError"),
        (["broken.py:f"], "cannot import broken.py: ZeroDivisionError: division by zero ("),
        (["json.py:f"], "json.py must have another name: there is a module json already"),
        (["sweep_cases:none"], "sweep_cases has no function 'none'"),
        (["sweep_cases:value", "--set", "beta=1"], "experiment must take seed and the names"),
        (["sweep_cases:value", "--set", "alpha=1", "--set", "alpha=2"], "--set must name each"),
        (["sweep_cases:value", "--set", "alpha=1,1.0"], "grid['alpha'] must have different values"),
    ],
)
def test_one_line_and_status_2(cases, words, message, capsys):
    Path("broken.py").write_text("1 / 0\n")
    Path("json.py").write_text("")
    assert cli.main(["sweep", *words, "--out", "x"]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"rlbook: error: {message}")
    assert err.count("\n") == 1
    assert not Path("x.jsonl").exists()


@pytest.mark.parametrize(
    "words",
    [["--set", "a"], ["--set", "a=1,,2"], ["--seeds", "0"], ["--seeds", "-1"], ["--seeds", ","],
     ["--seeds", "1,,"], ["--seeds", "5:5"], ["--seeds", "5:"], ["--seeds", ":5"],
     ["--seeds", "1:2:3"], ["--seeds", ""], ["--seeds", "1,x"],
     ["--workers", "0"], ["--workers", "2", "--scheduler", "x"]],
)  # fmt: skip
def test_what_argparse_refuses(words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["sweep", "m:f", "--out", "x", *words])
    assert stopped.value.code == 2


def test_a_cluster_needs_its_extra(cases, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    given = ["sweep", "sweep_cases:value", "--out", "x", "--scheduler", "tcp://127.0.0.1:1"]
    assert cli.main(given) == 2
    err = capsys.readouterr().err
    assert err == "rlbook: error: --scheduler needs dask: pip install 'rlbook[cluster]'\n"


def test_values_of_the_command_line():
    from rlbook.sweeps.command import _seeds, _values
    from rlbook.sweeps.summary import duration

    assert _values("a=1,0.5,true,false,1e-3,relu") == ("a", [1, 0.5, True, False, 0.001, "relu"])
    assert [_seeds(x) for x in ("3", "3,7", "7,", "0,", "5:7", "3,7,10:13,")] == [
        [0, 1, 2], [3, 7], [7], [0], [5, 6], [3, 7, 10, 11, 12],
    ]  # fmt: skip
    assert [duration(x) for x in (7.4, 99, 600, 7200)] == ["7 s", "99 s", "10 min", "2 h"]


def test_help_teaches_at_once():
    done = command("-X", "importtime", "-m", "rlbook", "sweep", "--help")
    assert done.returncode == 0
    assert "rlbook sweep examples/sweep_epsilon.py:experiment" in done.stdout
    assert "rlbook.sweeps.run\n" not in done.stderr  # what runs a sweep is not loaded
    assert "gymnasium" not in done.stderr


def test_the_example(tmp_path):
    given = ["--set", "alpha=0.2", "--set", "epsilon=0.5", "--set", "steps=2000", "--seeds", "2"]
    file = ROOT / "examples" / "sweep_epsilon.py"
    words = ["-m", "rlbook", "sweep", f"{file}:experiment", *given, "--out", tmp_path / "x"]
    done = command(*words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for row in rows_of(tmp_path / "x.jsonl"):
        assert 0 < row["loss"] < row["error"] < 10.1


def test_the_example_as_a_script_stops_in_one_line(tmp_path):
    code = (
        "import runpy, rlbook, sys\n"
        "def sweep(*args, **options): raise KeyboardInterrupt\n"
        "rlbook.sweep = sweep\n"
        "runpy.run_path(sys.argv[1], run_name='__main__')\n"
    )
    done = command("-c", code, ROOT / "examples" / "sweep_epsilon.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (130, "interrupted: no row is kept\n")
