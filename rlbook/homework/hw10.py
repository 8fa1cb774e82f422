"""Homework 10. [Zhao chapter 10]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw10", "", chapter=10, about="")
