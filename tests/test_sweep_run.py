"""A sweep runs each setting with each seed, and reports each row as it comes."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sweep_helpers import Lazy, an_experiment, check_sheet, command, in_threads, rows_of

from rlbook import sweep


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


def test_sweep_is_the_function_and_goes_by_its_name():
    code = (
        "import pickle, rlbook.sweeps.run; from rlbook import sweep\n"
        "from concurrent.futures import *\n"
        "assert pickle.loads(pickle.dumps(sweep)) is sweep is rlbook.sweeps.run.sweep\n"
        "print(sweep(lambda seed: seed, {}, [3], ThreadPoolExecutor(1)))\n"
    )
    assert command("-c", code).stdout == "[{'seed': 3, 'result': 3}]\n"
