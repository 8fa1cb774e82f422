"""The items of the book: printed numbers, claims, verdicts, and the report of a run.

items        an item, its parts, the verdict             claims     numbers that depend on chance
report       runs items, writes report.json and .html    tails      how rare a number is
tables       the two sides of an item, in words          page       the report as HTML
out_folder   the folder that a run writes into           jobs       items in several processes
seen         an item in a notebook                       show       what is known of a number
"""

from rlbook.book.claims import Estimate, Reference, Share, at_least, at_most, mean_of, share_of
from rlbook.book.items import (
    ITEMS,
    Item,
    Part,
    Result,
    best_actions,
    item,
    listed,
    load_chapters,
    printed,
    printed_parts,
    reference,
    select,
)

__all__ = [
    "ITEMS",
    "Estimate",
    "Item",
    "Part",
    "Reference",
    "Result",
    "Share",
    "at_least",
    "at_most",
    "best_actions",
    "item",
    "listed",
    "load_chapters",
    "mean_of",
    "printed",
    "printed_parts",
    "reference",
    "select",
    "share_of",
]
