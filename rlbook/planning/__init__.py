"""The optimal values with a certificate, fast. The algorithms to be read: dynamic_programming.py.

answer         optimal: asks until it is certain          certificate    how far from v*, at most
cost           what decides: compiled or not, and in order or not
policy_sweeps  tables                                     grid_sweeps    grids, in place
compiled_*     the same, compiled; and compiled alone:
compiled_ordered_sweeps    tables that news crosses state by state, in the order of compiled_order
"""
