"""Homework 12. [Zhao chapter 12]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw12", "", chapter=12, about="")
