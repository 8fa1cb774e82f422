"""Homework 9. [Zhao chapter 9]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw09", "", chapter=9, about="")
