"""Homework 5. [Zhao chapter 5]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw05", "", chapter=5, about="")
