"""The causes that a difference can have, in the order in which they are tried: the first that fits is it.

A cause of a row speaks of a whole row, whose key is not found once on each side; a cause of a value speaks of
one column of a row that both sides have.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """A cause: its name in reports and files, how it is decided, and what to do about it."""

    name: str
    title: str
    decided: str
    advice: str


UNREADABLE = Cause(
    "unreadable",
    "legacy value cannot be read",
    "The legacy text is no number, date or truth value in the format that the file is said to have.",
    "Correct `decimal`, `thousands`, `dates` or `nulls`; if the format is right, the extract is wrong there.",
)
DUPLICATE_LEGACY = Cause(
    "duplicate_in_legacy",
    "key twice in the extract",
    "More than one legacy row has the key. Its values are not compared: which row would be meant is a guess.",
    "Add the key column that tells the rows apart, or find out why the old process counts twice.",
)
DUPLICATE_MART = Cause(
    "duplicate_in_mart",
    "key twice in the mart",
    "More than one mart row has the key. Its values are not compared.",
    "Add the key column that tells the rows apart. A mart's own key is unique: its tests say so.",
)
LATE = Cause(
    "late_data",
    "late data",
    "The mart's day lies behind the last day of the extract: the old process was run before it was there.",
    "Nothing, if the extract was cut then. Cut the extract later, or compare up to its last day.",
)
ONLY_LEGACY = Cause(
    "only_in_legacy",
    "only in the extract",
    "The mart has no row of this key.",
    "Ask what the old process counts that the contract does not: test accounts, leads, closed products.",
)
ONLY_MART = Cause(
    "only_in_mart",
    "only in the mart",
    "The extract has no row of this key, and the day is one that the extract covers.",
    "Ask what the old process leaves out: a filter, a source it never read.",
)
NULL_OR_ZERO = Cause(
    "null_or_zero",
    "empty against zero",
    "One side is empty and the other is zero, false or an empty text.",
    "Agree on what empty means. If it is the same to everybody, ignore the cause with that as the reason.",
)
FACTOR = Cause(
    "factor",
    "constant factor or sign",
    "In nine of ten rows of the column, legacy divided by mart gives one and the same factor, and here too.",
    "Units: cents, percent, thousands, debit against credit. Give the column a `scale` and compare again.",
)
DAY_SHIFT = Cause(
    "day_shift",
    "shifted by one day",
    "The legacy value is the mart's of the day before or after, and so it is in four of five differences of "
    "the column or of the same key. For a row: the mart has it, with equal values, one day off.",
    "Time zone: the old process counts days in UTC, the contract in Toronto. Give `timezone` where the "
    "extract has moments; else explain and accept.",
)
TEXT_FORM = Cause(
    "text_form",
    "text written differently",
    "The texts agree once case, accents and spaces are taken away.",
    "Usually harmless. Ignore the cause, or let the owner of the list correct it.",
)
DEFINITION = Cause(
    "definition",
    "another definition",
    "None of the other causes fits.",
    "Look at the samples, hold the old formula against the clause of the contract, and decide.",
)

CAUSES = (
    DUPLICATE_LEGACY, DUPLICATE_MART, UNREADABLE, LATE, NULL_OR_ZERO, FACTOR, TEXT_FORM, DAY_SHIFT,
    ONLY_LEGACY, ONLY_MART, DEFINITION,
)  # fmt: skip
BY_NAME = {cause.name: cause for cause in CAUSES}

FACTOR_SHARE = 0.9
"""The share of a column's pairs, both sides not zero, that one factor has to explain."""
FACTOR_ROWS = 3
"""Fewer pairs than this prove no factor."""
SHIFT_SHARE = 0.8
"""The share of differences, of a column or of a key over its days, that one direction has to explain."""
SHIFT_ROWS = 3
"""Fewer differences than this prove no shift of values."""
