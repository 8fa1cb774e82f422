"""All benchmarks in one run: their numbers change together or not at all."""

import importlib
import json
import subprocess

import pytest

from benchmarks import setting

together = importlib.import_module("benchmarks.__main__")
STAND_IN = """
import argparse, json, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--json", type=pathlib.Path)
parser.add_argument("--short", action="store_true")
args = parser.parse_args()
print("the table of {name}")
about = {{"short": args.short, "commit": {commit!r}, "seconds": 2, "load after": 1.0}}
args.json.write_text(json.dumps({{"setting": about, "rows": [{name!r}]}}))
raise SystemExit({status})
"""


@pytest.fixture
def stand_ins(tmp_path, monkeypatch):
    """make(name, status, commit): a benchmark that only says what it was asked for."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(together, "MODULES", {})
    monkeypatch.setattr(setting, "commit", lambda: "abc1234")

    def make(name, status=0, commit="abc1234"):
        source = STAND_IN.format(name=name, status=status, commit=commit)
        (tmp_path / f"stand_in_{name}.py").write_text(source)
        together.MODULES[name] = f"stand_in_{name}"

    return make


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "results"
    found.mkdir()
    for name in ("one", "two"):
        (found / f"{name}.json").write_text("old")
    return found


def test_all_numbers_are_of_one_run(stand_ins, folder, capfd):
    stand_ins("one")
    stand_ins("two")
    together.main(["--short", "--folder", str(folder)])
    numbers = {x.stem: json.loads(x.read_text()) for x in folder.iterdir()}
    assert {name: found["rows"] for name, found in numbers.items()} == {
        "one": ["one"],
        "two": ["two"],
    }
    one, two = numbers["one"]["setting"], numbers["two"]["setting"]
    assert one == two
    assert one["together"] == ["one", "two"]
    assert one["short"] is True
    assert one["commit"] == "abc1234"
    assert set(one) >= {"run", "load before", "load after", "seconds"}
    out = capfd.readouterr().out
    assert out.index("the table of one") < out.index("the table of two") < out.index("Written to")


def test_some_say_which_were_run_together(stand_ins, folder):
    for name in ("one", "two", "three"):
        stand_ins(name)
    together.main(["--only", "three", "one", "--folder", str(folder)])
    for name in ("one", "three"):
        found = json.loads((folder / f"{name}.json").read_text())["setting"]
        assert found["together"] == ["one", "three"]  # in the order in which they ran
        assert found["short"] is False
    assert (folder / "two.json").read_text() == "old"
    with pytest.raises(SystemExit):
        together.main(["--only", "four", "--folder", str(folder)])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"status": 3}, "two ended with exit status 3: no file was changed"),
        ({"commit": "def5678"}, "two ran def5678, not abc1234: no file was changed"),
    ],
)
def test_if_one_fails_no_file_changes(wrong, said, stand_ins, folder):
    stand_ins("one")
    stand_ins("two", **wrong)
    with pytest.raises(SystemExit, match=said) as failed:
        together.main(["--folder", str(folder)])
    assert failed.value.code  # the exit status is not 0
    assert {x.name: x.read_text() for x in folder.iterdir()} == {
        "one.json": "old",
        "two.json": "old",
    }


def test_if_one_cannot_be_written_no_file_changes(folder):
    files = {folder / "one.json": {"rows": [1]}, folder / "two.json": {"rows": {1}}}  # a set
    with pytest.raises(TypeError):
        together.replace(files)
    assert {x.name: x.read_text() for x in folder.iterdir()} == {
        "one.json": "old",
        "two.json": "old",
    }


def test_the_commit_says_whether_the_tree_had_changes(tmp_path):
    assert setting.commit(tmp_path) is None

    def git(*command):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", tmp_path, *who, *command], check=True, capture_output=True)

    git("init")
    file, result = tmp_path / "code.py", tmp_path / "benchmarks" / "results" / "one.json"
    result.parent.mkdir(parents=True)
    for path in (file, result):
        path.write_text("1")
    git("add", ".")
    git("commit", "-m", "first")
    first = setting.commit(tmp_path)
    assert len(first) >= 7
    result.write_text("2")  # what a run writes does not change what it measures
    assert setting.commit(tmp_path) == first
    file.write_text("2")
    assert setting.commit(tmp_path) == f"{first} + changes"
    (tmp_path / "inner").mkdir()
    assert setting.commit(tmp_path / "inner") is None  # an rlbook that only lies in a checkout


def test_a_setting_says_when_it_ran_and_on_which_kernel(monkeypatch):
    blas = {"internal_api": "openblas", "num_threads": 1, "architecture": "Zen"}
    openmp = {"internal_api": "openmp", "num_threads": 1}
    monkeypatch.setattr(setting, "pools", lambda: [blas, openmp])
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)
    about = setting.start(short=True, left_out=["much"])
    assert (about["kernel"], about["short"], about["left out"]) == ("Zen", True, ["much"])
    assert 0 <= setting.end(about)["seconds"] < 60
    assert about["run"].endswith(" UTC")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    assert setting.kernel() == "Zen (by OPENBLAS_CORETYPE)"
    monkeypatch.setattr(setting, "pools", lambda: [openmp])
    assert setting.kernel() is None


def test_the_committed_numbers_are_of_one_run():
    found = {
        x.stem: json.loads(x.read_text(encoding="utf-8"))["setting"]
        for x in together.FOLDER.iterdir()
        if x.stem in together.MODULES
    }
    assert set(found) == set(together.MODULES)
    for about in found.values():
        assert about["together"] == list(together.MODULES)
        assert len({(x["run"], x["commit"]) for x in found.values()}) == 1
