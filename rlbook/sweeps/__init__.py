"""One experiment over settings and seeds, in many processes, into files that can be continued.

run        sweep                              command      rlbook sweep, in a shell
jobs       how an executor runs jobs          processes    worker processes
record     the files, and the rows in them    summary      a table of means
checks     what may be swept
"""
