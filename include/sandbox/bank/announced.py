"""Columns that a source announced in its contract, and the day on which the bank begins to send them.

Sources are ready early: on the second day lived after history, or on the day announced where that comes
first. So at whatever date a bank is founded, a column appears in the middle of what it lives, and none is
ever missing on a day on which its contract has it.
"""

from include.contracts import load_sources
from include.sandbox.bank.spec import WorldSpec

LIVED_DAYS_WITHOUT = 1


def first_day(spec: WorldSpec, source: str, table: str, column: str) -> int:
    """The number of the first day on which the column is there; 0 for one that was always there.

    Raises KeyError where the contract has no such column.
    """
    announced_for = load_sources()[source].table(table).column(column).announced_for
    if announced_for is None:
        return 0
    return min(announced_for.toordinal(), spec.last_day.toordinal() + LIVED_DAYS_WITHOUT + 1)
