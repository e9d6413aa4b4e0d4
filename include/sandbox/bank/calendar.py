"""Business days in Toronto, measured in whole microseconds of UTC since 1970."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from include.sandbox.bank.columns import Array

TORONTO = ZoneInfo("America/Toronto")
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def midnight(date: dt.date) -> int:
    """The first instant of `date` in Toronto."""
    return int(dt.datetime.combine(date, dt.time(), TORONTO).timestamp()) * SECOND


@dataclass(frozen=True)
class BusinessDay:
    """One day in Toronto: `start` belongs to it, `end` to the next. 23, 24 or 25 hours long."""

    date: dt.date
    start: int
    end: int

    @classmethod
    def of(cls, date: dt.date) -> "BusinessDay":
        return cls(date, midnight(date), midnight(date + dt.timedelta(days=1)))

    @classmethod
    def numbered(cls, number: int) -> "BusinessDay":
        return cls.of(dt.date.fromordinal(number))

    @property
    def number(self) -> int:
        return self.date.toordinal()

    @property
    def last_instant(self) -> int:
        """The moment at which 'at the end of the day' is judged."""
        return self.end - 1

    def scatter(self, rng: np.random.Generator, count: int, since: float = 0.0, until: float = 1.0) -> Array:
        """`count` moments spread evenly over a part of the day, given as fractions of its length."""
        return self.at(rng.uniform(since, until, count))

    def at(self, fractions: Array) -> Array:
        """The moments at these fractions (0 <= f < 1) of the day."""
        return np.asarray(self.start + np.floor(fractions * (self.end - self.start)).astype(np.int64))


def utc_texts(moments: Array, suffix: str) -> list[str]:
    """ISO 8601 with six decimals in UTC, `suffix` naming the zone ('Z' or '+00')."""
    return [text + suffix for text in np.datetime_as_string(moments.astype("datetime64[us]"), unit="us")]


def toronto_texts(moments: Array) -> list[str]:
    """ISO 8601 with six decimals and Toronto's offset at that moment."""
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return [
        (epoch + dt.timedelta(microseconds=moment)).astimezone(TORONTO).isoformat(timespec="microseconds")
        for moment in moments.tolist()
    ]
