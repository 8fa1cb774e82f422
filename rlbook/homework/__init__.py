"""Coursework: what students write, who checks it, and which equation a wrong answer breaks.

tasks       the homeworks, hw01 to hw12          task         a task: solution, cases, laws
catalogue   found by what is typed               laws         an equation and its known mistakes
draw        random cases, and smaller ones       worlds       models for the cases
given       what a function is given ...         words        cases and places in words
given_worlds, given_grid, given_functions        ... chance, worlds to walk in, noise
judge       right, wrong, or not yet written     reading      arrays from whatever was returned
sandbox     the student's process, from here     student      the same, from inside
wire        what is sent between the two         calling      one call, and what can go wrong
checking    a file, task by task                 notebook     `check(function, "alg:4.1")`
command     `rlbook new`, `check`, `grade`       folder       what `rlbook new` writes
report      text, JSON, Gradescope               page         a page to hand in
grade       a folder of hand-ins
"""
