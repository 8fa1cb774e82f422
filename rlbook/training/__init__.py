"""A run from its beginning to its end, compiled where that pays. Stands above every method.

loop         train, score                   choice     is this run compiled?
many_seeds   train_many                     twins      what has a compiled twin, and what has none
evaluation   how good it is on the way      kinds      the words between train and compiled loops
pictures     show: what it looks like
compiled     train, compiled                compiled_tabular, compiled_linear   its loops
                                            compiled_world, compiled_streams    what they draw from
"""
