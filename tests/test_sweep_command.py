"""`rlbook sweep` in a shell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sweep_helpers import command, rows_of

from rlbook import cli

ROOT = Path(__file__).parents[1]


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
    shown = {7.4: "7 s", 99: "99 s", 100: "2 min", 600: "10 min", 6000: "2 h", 7200: "2 h"}
    assert {x: duration(x) for x in shown} == shown


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
