"""The homeworks: hw01 ... hw12 declare their tasks, the files beside them the laws.

A file hwNN holds what students read and the solutions; hwNN_... what an answer must obey, and the
known mistakes. chains, grid_laws, public_grid and their like are shared by chapters 1 to 4.
"""
