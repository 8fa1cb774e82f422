"""Coursework: what students write, who checks it, and which equation a wrong answer breaks.

task        a task: solution, cases, laws        hw01 ... hw12   the homeworks, a file each
laws        an equation and its known mistakes   catalogue       all of them, found by what is typed
draw        random cases, and smaller ones       words           cases and places in words
worlds      models for the cases                 given           what a student's function is given
judge       right, wrong, or not yet written     reading         arrays from whatever was returned
sandbox     the student's process, from here     student         the same, from inside
wire        what is sent between the two         calling         one call, and what can go wrong
folder      `rlbook new`                         command         `rlbook check`
report      text, JSON, HTML                     notebook        `check(function, "alg:4.1")`
"""
