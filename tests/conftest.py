import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: as the command line has it

import gymnasium
import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

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
