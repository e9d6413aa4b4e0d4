"""One table of an API in a stretch of time: what every way of reading has in common."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from include.contracts import SourceContract, Table
from include.extract.identifiers import IdentifierKey
from include.extract.records import rows_of

log = logging.getLogger(__name__)


class Rows(ABC):
    """One table's rows, cut by the cursor and put in order, however they were read."""

    shortest = timedelta(days=1)
    """The shortest stretch worth asking for."""
    longest = timedelta(days=36_500)
    """The longest that one question may be about."""

    def __init__(self, contract: SourceContract, table: Table, cursor: str) -> None:
        self._contract = contract
        self._table = table
        self._cursor = cursor

    @property
    @abstractmethod
    def where(self) -> str:
        """The request, without its query."""

    @property
    def lookback_days(self) -> int:
        """Days before the window that are read again."""
        return 0

    @abstractmethod
    def read(self, start: datetime, end: datetime, key: IdentifierKey) -> Iterator[pa.Table]:
        """What the source sends for `[start, end)`, in its order; it may send more."""

    def rows(self, start: datetime, end: datetime, key: IdentifierKey) -> pa.Table:
        """The rows of `[start, end)` in cursor and key order, positions not yet given."""
        read = list(self.read(start, end, key))
        rows = pa.concat_tables(read) if read else self.rows_of([], key)
        return self._ordered(self._within(rows, start, end))

    def rows_of(self, records: list[dict[str, Any]], key: IdentifierKey) -> pa.Table:
        """Records as rows."""
        return rows_of(self._contract, self._table, records, cursor=self._cursor, where=self.where, key=key)

    def _within(self, rows: pa.Table, start: datetime, end: datetime) -> pa.Table:
        """Leaves out what the source sent beyond the window: it belongs to another partition's."""
        moment = rows["_committed_at"]
        inside = rows.filter(pc.and_(pc.greater_equal(moment, utc(start)), pc.less(moment, utc(end))))
        if beyond := rows.num_rows - inside.num_rows:
            log.warning("%s: left out %d records outside %s to %s", self.where, beyond, start, end)
        return inside

    def _ordered(self, rows: pa.Table) -> pa.Table:
        others = [name for name in self._table.column_names if name not in self._table.key]
        names = ("_committed_at", *self._table.key, *others, "_rescued")
        return rows.sort_by([(name, "ascending") for name in names])


def utc(moment: datetime) -> pa.Scalar:
    """A moment as `_committed_at` holds it."""
    return pa.scalar(moment.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
