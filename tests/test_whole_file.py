"""Whole or not at all, and in its place: behind a link, beside a device, through every writer."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common import write
from rlbook import Reinforce, Softmax, sweep
from rlbook.book import report
from rlbook.functions.parametric import Table
from rlbook.whole_file import whole_file


def agent():
    policy = Softmax(Table(3, 2))
    return Reinforce(policy, gamma=0.9, alpha=0.1, rng=np.random.default_rng(0))


def sweep_into(path):
    with ThreadPoolExecutor(1) as pool:
        sweep(lambda seed: seed, {}, range(2), pool, out=path)


WRITERS = {
    "agent.npz": lambda path: agent().save(path),
    "report.json": lambda path: report.write_whole(path, "[]\n"),
    "rows.csv": sweep_into,
    "numbers.json": lambda path: write(path, {}, []),
}


@pytest.fixture
def linked(tmp_path):
    """A link in one folder to a file in another: here/NAME -> ../there/real."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()

    def make(name):
        link = tmp_path / "here" / name
        try:
            link.symlink_to(Path("..") / "there" / "real")
        except OSError:
            pytest.skip("links need a right on Windows")
        return link, tmp_path / "there" / "real"

    return make


@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing yet"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_link_stays_and_what_it_leads_to_is_written(name, there, linked):
    link, real = linked(name)
    if there:
        real.write_text("old")
    WRITERS[name](link)
    assert link.is_symlink()
    assert not real.is_symlink()
    assert link.read_bytes() == real.read_bytes() not in (b"", b"old")
    assert [x.name for x in real.parent.iterdir()] == ["real"]
    assert {x.name for x in link.parent.iterdir()} == {name, *(["rows.jsonl"] * ("rows" in name))}


def test_what_was_saved_through_a_link_is_loaded_through_it(linked):
    link, _ = linked("agent")
    one, other = agent(), agent()
    one.policy.theta[:] = np.arange(6)
    one.save(link)
    other.load(link)
    assert np.array_equal(other.policy.theta, np.arange(6))


def test_behind_a_link_a_file_is_whole_or_as_it_was(linked):
    link, real = linked("x")
    real.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(link) as file:  # noqa: PT012
        file.write(b"half")
        raise ZeroDivisionError
    assert real.read_text() == "old"
    assert [x.name for x in real.parent.iterdir()] == ["real"]
    assert [x.name for x in link.parent.iterdir()] == ["x"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name")
def test_a_pipe_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        agent().save(pipe)
        (tmp_path / "copy").write_bytes(read.result(timeout=20))
    assert pipe.is_fifo()
    agent().load(tmp_path / "copy")


def test_a_folder_is_not_written_over(tmp_path):
    with pytest.raises(OSError, match=r"folder|directory|denied"), whole_file(tmp_path):
        raise AssertionError("it was opened")
    assert tmp_path.is_dir()
