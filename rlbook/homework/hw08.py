"""Homework 8. [Zhao chapter 8]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw08", "", chapter=8, about="")
