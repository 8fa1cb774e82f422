"""Homework 6. [Zhao chapter 6]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw06", "", chapter=6, about="")
