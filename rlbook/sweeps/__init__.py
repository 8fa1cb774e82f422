"""One experiment over settings and seeds, on many processes, into a CSV that can be taken up again.

run       sweep                          command   rlbook sweep
record    the CSV, the rows done         processes worker processes
checks    what may be swept
"""
