"""Homework 1. [Zhao chapter 1]"""

from rlbook.homework.task import Homework

HOMEWORK = Homework("hw01", "", chapter=1, about="")
