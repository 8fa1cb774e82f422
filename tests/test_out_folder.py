"""The folder of a run: one run writes at a time, and what cannot be written is one clear line."""

import errno
import json
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from jobs_cases import REPRODUCE, SLOW, UNIX, carried_out, started, wait_for

from rlbook import cli
from rlbook.book import out_folder

# Two runs in one folder


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


# Where nothing can be written


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
