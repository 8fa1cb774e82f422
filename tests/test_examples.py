"""The examples do what they say."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


def test_three_toy_worlds_are_learned():
    script = ROOT / "examples" / "learn_toy_text.py"
    assert len(script.read_text().splitlines()) <= 25
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    best = {"FrozenLake": 0.542, "CliffWalking": -12.248, "Taxi": 6.327}
    for line in lines:
        value, known = map(float, re.findall(r"(-?[0-9.]+), best +(-?[0-9.]+)", line)[0])
        assert known == pytest.approx(best[line.split()[0]], abs=5e-4)
        assert abs(value - known) <= 0.05 * abs(known), line


def test_cartpole_says_what_it_does():
    script = ROOT / "examples" / "cartpole.py"
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--methods {DQN,A2C,REINFORCE}" in done.stdout
    run = [sys.executable, script, "--seeds", "1", "--methods", "REINFORCE", "--steps", "8000"]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0].split() == ["method", "seed", "475", "after", "best", "last", "CPU", "s"]
    name, seed, after, best, last, _ = lines[1].split()
    assert (name, seed, after) == ("REINFORCE", "0", "never")
    assert 9 < float(last) <= float(best) <= 500
    assert lines[2].split() == ["REINFORCE", "0", "of", "1", "seeds"]


# The pendulum

PENDULUM = [sys.executable, str(ROOT / "examples" / "pendulum.py")]
UNIX = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of Unix")


def pendulum(file, *arguments):
    given = [*PENDULUM, "--checkpoint", str(file), *map(str, arguments)]
    return subprocess.run(given, capture_output=True, text=True, timeout=60)


def started(file, *arguments, **options):
    """It runs; Ctrl-C will reach it even where the tests themselves run in the background."""
    given = [*PENDULUM, "--checkpoint", str(file), *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.Popen(
        given, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **pipes
    )


def arrays(file):
    with np.load(file) as archive:
        return {x: (archive[x].dtype.str, archive[x].tobytes()) for x in archive.files}


def episodes(file):
    with np.load(file) as archive:
        return int(archive["n_episodes"])


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """8 episodes: 5 of warm-up, 3 of learning."""
    file = tmp_path_factory.mktemp("pendulum") / "whole.npz"
    done = pendulum(file, "--episodes", 8, "--every", 2)
    assert (done.returncode, done.stderr) == (0, "")  # in a pipe there is no progress
    return file, done.stdout.splitlines()


def test_pendulum_says_what_it_does(uninterrupted, tmp_path):
    file, lines = uninterrupted
    assert [line.split(":")[0] for line in lines] == [
        *(f"episode {k:>4}" for k in (2, 4, 6, 8)), "without noise, 20 episodes"
    ]  # fmt: skip
    for line in lines[:4]:
        assert -2000 < float(line.split(":")[1]) < 0
    assert -2000 < float(lines[4].split()[4]) < 0
    assert episodes(file) == 8
    help_text = pendulum(tmp_path / "none", "--help").stdout
    for option in ("--episodes", "--seed", "--checkpoint FILE", "--every N"):
        assert option in help_text
    assert not list(tmp_path.iterdir())


@UNIX
def test_pendulum_killed_twice_is_pendulum_never_stopped(uninterrupted, tmp_path):
    whole, lines = uninterrupted
    file, held = tmp_path / "killed.npz", 0
    for last in (2, 6):  # during warm-up, and after it
        run = started(file, "--episodes", 8, "--every", 2)
        if held:
            assert run.stdout.readline() == f"going on after episode {held}\n"
        end = time.monotonic() + 30
        while (not file.exists() or episodes(file) < last) and time.monotonic() < end:
            time.sleep(0.002)
        run.kill()
        run.communicate()
        held = episodes(file)
        assert held >= last
        assert run.returncode == -signal.SIGKILL or held == 8  # or it was faster
    done = pendulum(file, "--episodes", 8, "--every", 2)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == lines[-1]
    assert arrays(file) == arrays(whole)


def test_pendulum_may_be_given_more_episodes_later(uninterrupted, tmp_path):
    whole, lines = uninterrupted
    file = tmp_path / "later.npz"
    assert pendulum(file, "--episodes", 5, "--every", 3).returncode == 0
    assert episodes(file) == 5
    done = pendulum(file, "--episodes", 8, "--every", 5)
    assert done.stdout.splitlines()[0] == "going on after episode 5"
    assert done.stdout.splitlines()[-1] == lines[-1]
    assert arrays(file) == arrays(whole)
    again = pendulum(file, "--episodes", 8)  # it is there already: nothing to learn
    assert again.stdout.splitlines() == ["going on after episode 8", lines[-1]]
    assert arrays(file) == arrays(whole)


@UNIX
def test_ctrl_c_stops_pendulum_between_two_steps(uninterrupted, tmp_path):
    file = tmp_path / "stopped.npz"
    run = started(file, "--episodes", 1000, "--every", 2)
    assert run.stdout.readline().startswith("episode    2:")
    time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == 130
    assert errors == f"stopped: {file} holds {episodes(file)} episodes\n"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    done = pendulum(file, "--episodes", 8, "--every", 2)
    assert done.returncode == 0
    assert arrays(file) == arrays(uninterrupted[0])


@UNIX
def test_ctrl_c_while_pendulum_is_scored(tmp_path):
    file = tmp_path / "stopped.npz"
    run = started(file, "--episodes", 1, "--every", 1)
    assert run.stdout.readline().startswith("episode    1:")
    time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == 130
    assert errors == f"stopped: {file} holds 1 episodes\n"
    assert episodes(file) == 1


@UNIX
def test_pendulum_on_a_terminal(tmp_path):
    ours, theirs = os.openpty()
    run = started(tmp_path / "none.npz", "--every", 1000, "--episodes", 1000, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"episode 2 of 1000" not in shown:
        shown += os.read(ours, 1000)
    run.send_signal(signal.SIGINT)
    assert run.communicate(timeout=30)[0] == ""
    assert run.returncode == 130
    while True:
        try:
            more = os.read(ours, 1000)
        except OSError:  # the terminal is closed
            break
        if not more:
            break
        shown += more
    os.close(ours)
    assert shown.startswith(b"\r\x1b[Kepisode 1 of 1000\r\x1b[Kepisode 2 of 1000")
    assert shown.endswith(b"\r\x1b[Kstopped: nothing was saved yet\r\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--episodes", 0], "--episodes and --every must be 1 or more"),
        (["--every", 0], "--episodes and --every must be 1 or more"),
        (["--seed", -1], "--seed 0 or more"),
        (["--seed", 2**32, "--episodes", 1], "--seed"),
        (["--seed", "zero"], "argument --seed: invalid int value: 'zero'"),
        (["--checkpoint", "."], "--checkpoint"),
        (["--checkpoint", "no/such/folder.npz", "--episodes", 1], "--checkpoint"),
    ],
)
def test_bad_arguments_of_pendulum(arguments, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = pendulum(tmp_path / "none.npz", *arguments)
    assert_refused(done, text)
    assert not list(tmp_path.iterdir())


def assert_refused(done, text):
    *usage, error = done.stderr.splitlines()
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (2, "")
    assert error.startswith("pendulum.py: error: ")
    assert text in error
    assert usage[0].startswith("usage: pendulum.py")


@pytest.mark.parametrize("damage", ["text", "cut", "another agent", "another part"])
def test_a_damaged_checkpoint_of_pendulum(damage, uninterrupted, tmp_path):
    good, file = uninterrupted[0].read_bytes(), tmp_path / "damaged.npz"
    content = {"text": b"episode 8\n", "cut": good[: len(good) // 2]}.get(damage, good)
    file.write_bytes(content)
    if damage.startswith("another"):
        with np.load(file) as archive:
            parts = {name: archive[name] for name in archive.files}
        name = {"another agent": "agent", "another part": "rng"}[damage]
        np.savez(file, **parts | {name: np.array("DQN")})
        content = file.read_bytes()
    assert_refused(pendulum(file), "--checkpoint: path must be a checkpoint")
    assert file.read_bytes() == content  # it is not written over
