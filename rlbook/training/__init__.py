"""A run from its beginning to its end, compiled where that pays. Stands above every method.

loop         train, score                   compiled            what has a compiled twin, and when
many_seeds   train_many                     compiled_tabular    the loop of tables
evaluation   how good it is on the way      compiled_linear     the loop of features
compiled_streams   numpy's random numbers inside
"""
