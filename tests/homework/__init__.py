"""What students write: for each task right answers in several styles, and known mistakes.

A function whose name begins with `right` must be called right. Every other one is wrong, and its
docstring says how it must be named: the equation, a colon, and how the words of "it looks like"
begin.
"""
