"""What staged rows look like, counted while they pass: enough to hold them against their contract, no values.

The counting follows the rows batch by batch, so it costs no second reading and no memory to speak of.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from include.contracts import Column, SourceContract, Table
from include.landing.manifest import Misfits, TableProfile

# Numbers as people write them, too: `$1,204.50`, `28 712,00`. A shape silver cannot cast goes to quarantine
# one by one; only one that nobody could mean counts here.
_THOUSANDS = r"[0-9]{1,3}([,\s\x{a0}\x{202f}][0-9]{3})+"
SHAPES = {
    "integer": rf"-?([0-9]+|{_THOUSANDS})",
    "number": rf"[+-]?[$€]?\s?(([0-9]+|{_THOUSANDS})([.,][0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\s?[$€]?",
    "boolean": r"(?i:t|true|y|yes|on|1|f|false|n|no|off|0)",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9.]+)?",
}
"""By logical type. Text always fits, and nested values are kept as they came."""
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
"""Ends a timestamp, unless its contract says that the source names no zone."""

SAMPLE_ROWS = 1_024
"""Of each batch of a database: there a column has one type, and a change of it shows in every row."""


class Rows(Protocol):
    """Rows of one table: contracted columns and what the extractor adds, VARIANT columns as JSON text."""

    @property
    def table(self) -> str: ...
    @property
    def rows(self) -> pa.Table: ...
    @property
    def completes(self) -> bool: ...


class Profiler:
    """Counts the rows of a run on their way to the stage."""

    def __init__(self, contract: SourceContract) -> None:
        self._counts = {table.name: _Counts(contract, table) for table in contract.tables}

    def watched(self, batches: Iterable[Rows]) -> Iterator[Rows]:
        """The same batches, counted."""
        for batch in batches:
            if batch.table in self._counts:
                self._counts[batch.table].add(batch.rows)
            yield batch

    def profile(self, table: str) -> TableProfile:
        """Of a contracted table, as far as its batches have passed."""
        return self._counts[table].profile()


@dataclass
class _Counts:
    contract: SourceContract
    table: Table
    rows: int = 0
    whole_rows: int = 0
    null_keys: int = 0
    misfits: dict[str, Misfits] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._without_value = set(self.table.column_names)
        self._keys: list[pa.Table] = []
        self._typed = {
            column.name: _shape(column)
            for column in self.table.columns
            if column.logical_type in SHAPES and column.classification != "restricted"
        }

    def add(self, rows: pa.Table) -> None:
        if not rows.num_rows or not set(self.table.column_names) <= set(rows.column_names):
            return  # what lacks contracted columns is refused when it is written
        self.rows += rows.num_rows
        whole = self._whole(rows)
        self.whole_rows += rows.num_rows if whole is None else pc.sum(whole).as_py() or 0
        self._look_for_values(rows, whole)
        self._count_null_keys(rows)
        self._count_misfits(rows.slice(0, SAMPLE_ROWS) if self.contract.kind == "cdc" else rows)
        if self.table.promises.one_row_per_key:
            self._keys.append(_distinct(rows, [*self.table.key, "_committed_at"]))

    def profile(self) -> TableProfile:
        return TableProfile(
            rows=self.rows,
            whole_rows=self.whole_rows,
            null_keys=self.null_keys,
            repeated_keys=self._repeated_keys(),
            empty=tuple(name for name in self.table.column_names if name in self._without_value),
            misfits=dict(self.misfits),
        )

    def _whole(self, rows: pa.Table) -> pa.ChunkedArray | None:
        """Which rows bring every column; None for all. A delete brings the key, a truncate nothing."""
        if self.contract.kind != "cdc":
            return None
        partial = pc.is_in(rows["_op"], pa.array(["delete", "truncate"]))
        return pc.and_(pc.invert(partial), pc.is_null(rows["_unchanged"]))

    def _look_for_values(self, rows: pa.Table, whole: pa.ChunkedArray | None) -> None:
        for name in sorted(self._without_value):
            present = pc.is_valid(rows[name])
            if pc.any(present if whole is None else pc.and_(present, whole)).as_py():
                self._without_value.discard(name)

    def _count_null_keys(self, rows: pa.Table) -> None:
        empty = [pc.is_null(rows[name]) for name in self.table.key if rows[name].null_count]
        if empty:
            lacking = empty[0]
            for other in empty[1:]:
                lacking = pc.or_(lacking, other)
            self.null_keys += pc.sum(pc.and_(lacking, pc.not_equal(rows["_op"], "truncate"))).as_py() or 0

    def _count_misfits(self, rows: pa.Table) -> None:
        for name, shape in self._typed.items():
            values = rows[name]
            seen = len(values) - values.null_count
            fitting = pc.sum(pc.match_substring_regex(values, shape)).as_py() or 0
            before = self.misfits.get(name, Misfits(0, 0))
            self.misfits[name] = Misfits(before.values + seen - fitting, before.of + seen)

    def _repeated_keys(self) -> int:
        """Rows beyond the first of their key. Held until here: the keys of tables that promise this."""
        if not self._keys:
            return 0
        different: int = _distinct(pa.concat_tables(self._keys)).num_rows
        return self.rows - different


def _shape(column: Column) -> str:
    offset = OFFSET if column.logical_type == "timestamp" and column.zoned else ""
    return f"^(?:{SHAPES[column.logical_type]}){offset}$"


def _distinct(rows: pa.Table, names: list[str] | None = None) -> pa.Table:
    names = names or rows.column_names
    return rows.group_by(names).aggregate([])
