import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: as the command line has it

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import settings

mpl.use("Agg")
settings.register_profile("ci", derandomize=True)  # what is green on one machine is green on all
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture
def rng():
    return np.random.default_rng(20)
