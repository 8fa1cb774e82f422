"""The optimal values with a certificate, fast. The algorithms to be read: dynamic_programming.py.

answer         optimal: asks until it is certain          certificate    how far from v*, at most
cost           what decides: compiled or not
policy_sweeps  tables                                     grid_sweeps    grids, in place
compiled_*     the same, compiled
"""
