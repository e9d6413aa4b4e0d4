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
FIRST_DAY = dt.date(1970, 1, 1).toordinal()


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
    offsets = _offsets(moments, TORONTO)
    written = {seconds: _offset_text(seconds) for seconds in np.unique(offsets).tolist()}
    return [
        text + written[seconds]
        for text, seconds in zip(local_texts(moments, TORONTO), offsets.tolist(), strict=True)
    ]


def local_texts(moments: Array, zone: ZoneInfo) -> list[str]:
    """ISO 8601 with six decimals by the clock on the wall, which does not say where the wall is."""
    local = moments + _offsets(moments, zone) * SECOND
    return utc_texts(local, "")


def toronto_days(moments: Array) -> Array:
    """The ordinal of the day in Toronto that contains each moment."""
    return np.asarray((moments + _offsets(moments, TORONTO) * SECOND) // DAY + FIRST_DAY)


def _offsets(moments: Array, zone: ZoneInfo) -> Array:
    """Seconds that the zone is ahead of UTC. Clocks are changed on the hour, so one answer serves an hour."""
    hours, place = np.unique(moments // HOUR, return_inverse=True)
    found = [dt.datetime.fromtimestamp(hour * 3600, zone).utcoffset() for hour in hours.tolist()]
    seconds = [int(offset.total_seconds()) if offset else 0 for offset in found]
    return np.array(seconds, np.int64)[place]


def _offset_text(seconds: int) -> str:
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02d}:{minutes:02d}"
