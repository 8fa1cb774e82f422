"""The files of a sweep hold every row once, whatever happens to them."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from sweep_helpers import Lazy, an_experiment, check_sheet, in_threads, rows_of

from rlbook import sweep
from rlbook.sweeps.record import Record, name_of


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
    record = Record(tmp_path / "c", "sweep_helpers:an_experiment", [])
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


def test_the_name_of_an_experiment():
    assert name_of(an_experiment) == "sweep_helpers:an_experiment"
    assert name_of(partial(an_experiment, a=1)) == "sweep_helpers:an_experiment"
