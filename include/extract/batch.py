"""What extraction hands to landing: batches of one table's rows, and the window they were read for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from include.contracts import TIMEZONE, Table

CONTROL_FIELDS = (
    pa.field("_op", pa.string(), nullable=False),
    pa.field("_position", pa.string(), nullable=False),
    pa.field("_committed_at", pa.timestamp("us")),
    pa.field("_unchanged", pa.string()),
    pa.field("_rescued", pa.string()),
)
"""What every extracted row carries beside its contracted columns.

`_committed_at` is UTC without a zone, in microseconds; `_unchanged` and `_rescued` hold JSON text or null.
"""


@dataclass(frozen=True)
class Batch:
    """Some rows of one contracted table, in the order of their positions. `rows` has `row_schema`.

    `completes` says that a table which is read whole, as of one point, is whole with these rows. What was
    handed over of it can be kept, whatever becomes of the tables behind it.
    """

    table: str
    rows: pa.Table
    completes: bool = False


def row_schema(table: Table) -> pa.Schema:
    """Every contracted column as text (nested values as JSON text), then the control fields."""
    contracted = [pa.field(column.name, pa.string()) for column in table.columns]
    return pa.schema([*contracted, *CONTROL_FIELDS])


@dataclass(frozen=True)
class Window:
    """The stretch of time one partition reads: `start` included, `end` excluded, both zone-aware.

    `end` is always the partition's own end. `start` is the partition's start, or earlier when a first load
    asks for history.
    """

    partition: date
    start: datetime
    end: datetime

    @classmethod
    def of(cls, key: str, timezone: str = TIMEZONE, since: date | None = None) -> "Window":
        """The business day named by a partition key such as `2026-11-18`, in `timezone`.

        A day is midnight to midnight by the wall clock, so it is 23 or 25 hours long when the clocks change.
        `since` widens the window backwards to that day's midnight.
        """
        try:
            partition = date.fromisoformat(key)
        except ValueError:
            raise ValueError(f"partition key {key!r} is not a day; give one as YYYY-MM-DD") from None
        if since is not None and since > partition:
            raise ValueError(f"since={since} lies after partition {partition}; give a day on or before it")
        zone = ZoneInfo(timezone)
        return cls(
            partition=partition,
            start=datetime.combine(since or partition, time.min, zone),
            end=datetime.combine(partition + timedelta(days=1), time.min, zone),
        )

    @property
    def key(self) -> str:
        """The partition key, `YYYY-MM-DD`."""
        return self.partition.isoformat()

    def days(self) -> Iterator[date]:
        """The business days the window covers, oldest first; the partition is the last."""
        day = self.start.date()
        while day <= self.partition:
            yield day
            day += timedelta(days=1)


def numbered(rows: pa.Table, window: Window, first: int) -> pa.Table:
    """`rows` with positions `<partition>/%010d` from `first` on: the order in which a window was read."""
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64()).cast(pa.string())
    positions = pc.binary_join_element_wise(f"{window.key}/", pc.utf8_lpad(numbers, 10, "0"), "")
    index = rows.schema.get_field_index("_position")
    return rows.set_column(index, CONTROL_FIELDS[1], positions)
