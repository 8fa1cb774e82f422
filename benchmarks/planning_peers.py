"""Who solves the problems of benchmarks/planning.py, beside rlbook.

Every solver is asked for values that its own rule of stopping puts within TOL of v*:

    QuantEcon    its rules end at epsilon / 2: the span rule of modified policy iteration, whose
                 answer is the middle of the interval, and the sup norm of value iteration
    mdpsolver    standard updates end at the lower end of an interval as wide as the tolerance; the
                 updates in place ("sor", which divide by one minus the self loop) at half of it
    textbook     max |v_k+1 - v_k| <= TOL (1 - gamma) / gamma, and so the loop in numpy
"""

import math
import time
from functools import partial

import numpy as np

from benchmarks.planning_ours import OURS, SMALL, Library
from benchmarks.planning_problems import TOL

try:
    import quantecon
    import scipy.sparse
    from quantecon.markov import DiscreteDP
except ImportError:
    quantecon = None
try:
    import mdpsolver
    import scipy.sparse
except ImportError:
    mdpsolver = None

DENSE = 100  # states, up to which QuantEcon is tried with dense matrices, too
PART = 200  # states of a sweep from which the time of the textbook loop is told


def rows_of(p, s_next):
    """A sparse row for each pair of state and action: what leads to one state added up."""
    S, A, K = p.shape
    ends = np.arange(0, S * A * K + 1, K)
    rows = scipy.sparse.csr_matrix((p.flatten(), s_next.ravel(), ends), shape=(S * A, S))
    rows.sum_duplicates()
    rows.eliminate_zeros()
    return rows


class QuantEcon(Library):
    """DiscreteDP of state-action pairs with a sparse matrix; dense where it is small."""

    name, installed = "QuantEcon", quantecon is not None

    def build(self, problem, gamma):
        """{form: DiscreteDP}."""
        p, s_next, R = problem.outcomes
        S, A = R.shape
        s, a = np.repeat(np.arange(S), A), np.tile(np.arange(A), S)
        found = {"sparse": DiscreteDP(R.ravel(), rows_of(p, s_next), gamma, s, a)}
        if S <= DENSE:
            found["dense"] = DiscreteDP(R, found["sparse"].Q.toarray().reshape(S, A, S), gamma)
        return found

    def methods(self, problem):
        """Modified policy iteration, value iteration, policy iteration; the likely best first."""
        ways = {f"mpi, k={k}": {"method": "mpi", "k": k} for k in (10, 3, 5)}
        ways |= {"vi": {"method": "vi"}, "mpi, k=20": {"method": "mpi", "k": 20}}
        ways |= {"mpi, k=40": {"method": "mpi", "k": 40}, "pi": {"method": "pi"}}

        def solve(model, gamma, form, way):
            return model[form].solve(**way, epsilon=2 * TOL, max_iter=10**7)

        forms = ("sparse", "dense") if problem.n_states <= DENSE else ("sparse",)
        return {
            f"{name}, {form}": partial(solve, form=form, way=way)
            for form in forms
            for name, way in ways.items()
        }


class MDPSolver(Library):
    """Lists of lists, copied into C++."""

    name, installed = "mdpsolver", mdpsolver is not None
    lists = True

    def build(self, problem, gamma):
        """A model with these numbers."""
        p, s_next, R = problem.outcomes
        rows, (S, A) = rows_of(p, s_next), R.shape
        pairs = list(zip(rows.indptr[:-1].tolist(), rows.indptr[1:].tolist(), strict=True))
        nested = []
        for flat in (rows.data.tolist(), rows.indices.tolist()):
            lists = [flat[i:j] for i, j in pairs]
            nested.append([lists[s * A : s * A + A] for s in range(S)])
        model = mdpsolver.model()
        model.mdp(
            discount=gamma, rewards=R.tolist(), tranMatProbs=nested[0], tranMatColumns=nested[1]
        )
        return model

    def methods(self, problem):
        """Its three algorithms, with updates from the values before and in place; as above."""

        def solve(model, gamma, algorithm, update, limit):
            model.solve(
                algorithm=algorithm, update=update, parIterLim=limit,
                tolerance=TOL if update == "standard" else 2 * TOL,
                initPolicy=[-1], initValueVector=[-1.0],  # begin anew, not where it ended before
                makeFinalCheck=False, parallel=False,
            )  # fmt: skip

        ways = [("mpi", 2), ("mpi", 5), ("vi", 1), ("mpi", 20), ("mpi", 100), ("pi", 1)]
        return {
            f"{algorithm}{f', k={limit}' * (algorithm == 'mpi')}, {update}": partial(
                solve, algorithm=algorithm, update=update, limit=limit
            )
            for update in ("standard", "sor")
            for algorithm, limit in ways
        }

    def values(self, model, answer):
        """It keeps them."""
        return np.array(model.getValueVector())


class Textbook(Library):
    """Value iteration as one writes it down: loops over numpy tables."""

    name = "textbook loop"

    def build(self, problem, gamma):
        """Nothing to build: the tables are there."""
        return problem.outcomes

    def methods(self, problem):
        """Value iteration."""
        return {"vi, sup norm": partial(until_close, sweep=plain_sweep)}

    def seconds(self, model, gamma):
        """From a part of one sweep, and how many it takes."""
        states = range(min(PART, len(model[0])))
        start = time.process_time()
        plain_sweep(*model, np.zeros(len(model[0])), gamma, states)
        part = (time.process_time() - start) * len(model[0]) / len(states)
        least = TOL * (1 - gamma) / gamma / np.abs(model[2]).max()
        return part * math.log(least) / math.log(gamma)

    def values(self, model, answer):
        """The answer is v."""
        return answer


class Numpy(Textbook):
    """The same with whole arrays, as one writes it down in numpy."""

    name = "numpy loop"

    def fits(self, problem):
        """Up to some thousand states: from there on it takes long."""
        return problem.n_states <= SMALL

    def methods(self, problem):
        """Value iteration."""
        return {"vi, sup norm": partial(until_close, sweep=numpy_sweep)}

    def seconds(self, model, gamma):
        """Never too many."""
        return 0.0


def plain_sweep(p, s_next, R, v, gamma, states=None):
    """One step of value iteration; for some states."""
    A, K = p.shape[1:]
    Tv = np.empty(len(v))
    for s in range(len(v)) if states is None else states:
        best = -np.inf
        for a in range(A):
            q = R[s, a]
            for k in range(K):
                q += gamma * p[s, a, k] * v[s_next[s, a, k]]
            best = max(best, q)
        Tv[s] = best
    return Tv


def numpy_sweep(p, s_next, R, v, gamma):
    """One step of value iteration."""
    return (R + gamma * (p * v[s_next]).sum(-1)).max(-1)


def until_close(model, gamma, sweep):
    """Value iteration until two iterates are close."""
    v, change = np.zeros(len(model[0])), np.inf
    while change > TOL * (1 - gamma) / gamma:
        Tv = sweep(*model, v, gamma)
        v, change = Tv, np.abs(Tv - v).max()
    return v


PEERS = (QuantEcon(), MDPSolver())
LOOPS = (Numpy(), Textbook())
LIBRARIES = {x.name: x for x in (*OURS, *PEERS, *LOOPS)}
