"""The optimal values with a certificate, fast. The algorithms to be read: dynamic_programming.py.

answer         optimal: chooses a way, stops when sure    certificate    how far from v*, at most
policy_sweeps  tables                                     grid_sweeps    grids, in place
compiled_*     the same, compiled
"""
