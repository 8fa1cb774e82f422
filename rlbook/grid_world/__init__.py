"""Chapter 1: the grid world of the book.

world      GridWorld, to be stepped, drawn, solved      rules    GridModel: the rules, no table
official   the interface of the book's public Python code
"""
