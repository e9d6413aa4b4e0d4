"""What is compared with what: the content of a reconciliation file, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

Kind = Literal["number", "text", "date", "boolean"]
KINDS: tuple[Kind, ...] = ("number", "text", "date", "boolean")


class ReconcileError(Exception):
    """The comparison cannot be made: what is wrong, where, and what to do about it."""


@dataclass(frozen=True)
class Dialect:
    """How the legacy extract writes things.

    ``dates`` and ``moments`` are Snowflake's date formats. ``timezone`` is the zone that moments of the date
    column are told in; they become Toronto days. Empty where days are written as days.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    skip_lines: int = 0
    decimal: str = "."
    thousands: str = ""
    dates: str = "YYYY-MM-DD"
    timezone: str = ""
    nulls: tuple[str, ...] = ()
    yes: tuple[str, ...] = ("true", "yes", "y", "1", "oui", "vrai")
    no: tuple[str, ...] = ("false", "no", "n", "0", "non", "faux")


@dataclass(frozen=True)
class Legacy:
    """Where the old rows come from: a file, or a query. Without a connection the warehouse answers it.

    ``last_day`` is the last day that the extract covers; without it, the last that it has a row of.
    """

    file: Path | None = None
    query: str = ""
    connection: str = ""
    last_day: date | None = None
    dialect: Dialect = field(default_factory=Dialect)


@dataclass(frozen=True)
class Pair:
    """A legacy column and the one of the mart that it is held against.

    Attributes:
        kind: how the values are read; empty until the mart has been asked for its column's type.
        absolute: how far apart two numbers may be and still agree, in the mart's unit.
        relative: the same, as a share of the mart's value.
        scale: what a legacy number is multiplied with first, such as 0.01 for cents against dollars.
        values: what the extract calls something -> what the mart calls it. Of texts.
        masked: reports show *** instead of the values.
    """

    legacy: str
    mart: str
    kind: Kind | Literal[""] = ""
    absolute: Decimal = Decimal(0)
    relative: Decimal = Decimal(0)
    scale: Decimal = Decimal(1)
    values: tuple[tuple[str, str], ...] = ()
    masked: bool = False


@dataclass(frozen=True)
class Ignored:
    """Differences that somebody has explained. They are counted apart and do not fail the comparison.

    Every attribute that is given must fit; ``where`` maps a legacy key column to values of it.
    """

    reason: str
    columns: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """A reconciliation file. ``mart`` is a relation, or a query in parentheses.

    ``day`` is the date column. Where ``day_is_key`` it belongs to the key: one row per key and day.
    """

    path: Path
    legacy: Legacy
    mart: str
    day: Pair
    day_is_key: bool
    keys: tuple[Pair, ...]
    columns: tuple[Pair, ...]
    ignored: tuple[Ignored, ...] = ()
    missing_is_zero: bool = False

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All columns: the date, the keys, the values."""
        return (self.day, *self.keys, *self.columns)
