"""Homework 7. [Zhao chapter 7]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw07", "", chapter=7, about="")
