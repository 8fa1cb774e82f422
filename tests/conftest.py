import atexit
import os
import shutil
import signal
import sys
import tempfile
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: as the command line has it

# Fonts and settings are matplotlib's own, here and in every process that a test starts. A user's
# list of fonts may have been written by an environment that was taken away while it drew: its fonts
# are missing then, and matplotlib says so on stderr.
os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp(prefix="rlbook-tests-matplotlib-")

import gymnasium
import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings
from jobs_cases import write_chapter

from rlbook.book.items import ITEMS, Item

atexit.register(shutil.rmtree, os.environ["MPLCONFIGDIR"], ignore_errors=True)
pytest.register_assert_rewrite("planning_cases")  # so that what fails in it shows its numbers
mpl.use("Agg")
settings.register_profile("ci", derandomize=True)  # what is green on one machine is green on all
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def installed():
    """{name: id} of Gymnasium's worlds as installed: Taxi is Taxi-v3 or Taxi-v4."""
    return {x.rpartition("-v")[0]: x for x in gymnasium.registry}


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture
def cases(tmp_path, monkeypatch):
    """The experiments of sweep_cases.py, in a folder of their own, which worker processes find."""
    shutil.copy(Path(__file__).with_name("sweep_cases.py"), tmp_path)
    (tmp_path / "calls").mkdir()
    monkeypatch.setenv("SWEEP_CALLS", str(tmp_path / "calls"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    sys.modules.pop("sweep_cases", None)
    yield import_module("sweep_cases")
    sys.modules.pop("sweep_cases", None)


@pytest.fixture
def extra_item(monkeypatch):
    """Registers items for one test, behind all others."""

    def add(name, function):
        function.__doc__ = "Is this a question?"
        monkeypatch.setitem(ITEMS, name, Item((name,), "ch99_extra", function))

    return add


@pytest.fixture
def script(tmp_path, monkeypatch):
    """jobs_cases.write_chapter, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return write_chapter


@pytest.fixture
def way(request):
    """One of planning_cases.WAYS."""
    if request.param.compiled:
        pytest.importorskip("numba", reason="the extra `fast` is not installed")
    return request.param


@pytest.fixture
def never_endless():
    """A search that does not end is a failure."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_):
        raise TimeoutError("endless")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 20)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
