"""Homework 2. [Zhao chapter 2]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw02", "", chapter=2, about="")
