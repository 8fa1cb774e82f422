"""The optimal values with a certificate, fast. The algorithms to be read: dynamic_programming.py.

answer           optimal: asks until it is certain
certificate      how far from v*, at most
choice, cost     which method, and whether compiled loops pay
value_sweeps     value iteration
policy_sweeps    tables; solves says when a policy's equations are solved instead
grid_sweeps      grids, in place
compiled_*       the same, compiled; and what is compiled alone:
    small_models      tables of some dozen states, in one call
    best_first        Dijkstra, where nothing is random
    ordered_sweeps    tables that news crosses state by state, in the order of compiled_order
"""
