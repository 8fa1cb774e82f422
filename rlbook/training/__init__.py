"""A run from its beginning to its end, compiled where that pays. Stands above every method.

loop         train, score                   choice              is this run compiled?
many_seeds   train_many                     twins               what has a compiled twin
evaluation   how good it is on the way      compiled            train, compiled
compiled_tabular, compiled_linear   the loops of tables, of features; compiled_world, their world
compiled_streams   numpy's random numbers inside
"""
