"""What the theorems are tried on: seeds of random models, discounts, with and without ends."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

gammas = st.sampled_from([0.0, 0.3, 0.9, 0.99])
ends = st.sampled_from([0.0, 0.3])
seeds = st.integers(0, 2**32 - 1)
many = settings(max_examples=150, deadline=None)


def policy_of(rng, model):
    return rng.dirichlet(np.ones(model.n_actions), size=model.n_states)
