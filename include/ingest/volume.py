"""How many rows a day of a table usually has, from the days before it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

HISTORY_DAYS = 60
WEEKDAYS, WEEKDAYS_NEEDED = 8, 4
DAYS, DAYS_NEEDED = 28, 7
MAD_TO_SIGMA = 1.4826  # of a normal distribution: the median absolute deviation times this is its sigma
WIDTH = 5.0
LEAST_SHARE = 0.3
POISSON_WIDTH = 4.0
OFF_BY = 3.0


@dataclass(frozen=True)
class Range:
    """The rows that would surprise nobody, both ends included, and the days that says so."""

    low: int
    high: int
    based_on: str

    def holds(self, rows: int) -> bool:
        return self.low <= rows <= self.high


def usual(history: Sequence[tuple[date, int]], day: date) -> Range | None:
    """What to expect of `day`, given (partition, rows) of days before it, oldest first; None: too few.

    A bank's Sundays are not its Mondays, so a day is held against its own weekday as soon as four are known.
    The middle of them and their median absolute deviation do not follow one odd day, as mean and standard
    deviation would. A steady table's deviation is next to nothing, and a small table's count is chance: the
    band is never narrower than 30 % of the middle or four standard deviations of a count.

    Until then the days of all kinds say only what is beyond them by a factor of three.
    """
    weekdays = [rows for earlier, rows in history if earlier.weekday() == day.weekday()][-WEEKDAYS:]
    if len(weekdays) >= WEEKDAYS_NEEDED:
        middle = median(weekdays)
        spread = median(abs(rows - middle) for rows in weekdays)
        margin = max(
            WIDTH * MAD_TO_SIGMA * spread, LEAST_SHARE * middle, POISSON_WIDTH * math.sqrt(max(middle, 1))
        )
        return Range(
            max(0, math.floor(middle - margin)),
            math.ceil(middle + margin),
            f"the last {len(weekdays)} {day:%A}s",
        )
    lately = [rows for _, rows in history][-DAYS:]
    if len(lately) >= DAYS_NEEDED:
        return Range(
            math.floor(min(lately) / OFF_BY),
            math.ceil(max(*lately, 1) * OFF_BY),
            f"the last {len(lately)} days",
        )
    return None
