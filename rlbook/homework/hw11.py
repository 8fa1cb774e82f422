"""Homework 11. [Zhao chapter 11]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw11", "", chapter=11, about="")
