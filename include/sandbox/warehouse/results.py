"""What a statement answers with, before it is put on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from include.sandbox.warehouse.errors import from_duckdb

# Statement types the connector tells apart: https://docs.snowflake.com/en/developer-guide/sql-api/reference
SELECT, INSERT, UPDATE, DELETE, MERGE = 0x1000, 0x3100, 0x3200, 0x3300, 0x3400
OTHER = 0x4000

ROWS_PER_CHUNK = 50_000


@dataclass(frozen=True)
class Column:
    """A result column: its name and its DuckDB type."""

    name: str
    duckdb_type: str


@dataclass(frozen=True)
class Spilled:
    """Later rows of a large result, in a file until the client asks for them."""

    file: Path
    row_count: int

    def table(self) -> pa.Table:
        with pa.OSFile(str(self.file)) as source:
            return pa.ipc.open_file(source).read_all()


@dataclass(frozen=True)
class Result:
    """Rows with their types, or the instructions for an upload."""

    table: pa.Table
    columns: tuple[Column, ...]
    statement_type: int = SELECT
    upload: dict[str, Any] | None = None
    spilled: tuple[Spilled, ...] = ()

    @property
    def row_count(self) -> int:
        return int(self.table.num_rows) + sum(part.row_count for part in self.spilled)

    def whole(self) -> pa.Table:
        """All rows in memory."""
        return pa.concat_tables([self.table, *(part.table() for part in self.spilled)])

    @property
    def is_dml(self) -> bool:
        return self.statement_type in (INSERT, UPDATE, DELETE, MERGE)


def from_cursor(cursor: duckdb.DuckDBPyConnection, *, spill: Path | None = None) -> Result:
    """The whole result of the statement `cursor` has just run.

    With `spill`, a folder, everything after the first rows goes to files there, so that no result has to fit
    in memory.
    """
    columns = tuple(Column(name, str(kind)) for name, kind, *_ in cursor.description or [])
    if spill is None:
        try:
            return Result(cursor.to_arrow_table(), columns)
        except duckdb.Error as error:
            raise from_duckdb(error) from error
    reader = cursor.to_arrow_reader(ROWS_PER_CHUNK)
    batches = batches_of(reader)
    first = next(batches, None)
    table = pa.Table.from_batches([] if first is None else [first], schema=reader.schema)
    return Result(table, columns, spilled=tuple(_spill(batch, spill) for batch in batches))


def batches_of(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    """The reader's batches; Arrow wraps what DuckDB reports halfway in an OSError."""
    try:
        yield from reader
    except OSError as error:
        raise from_duckdb(duckdb.Error(str(error))) from error


def _spill(batch: pa.RecordBatch, folder: Path) -> Spilled:
    folder.mkdir(exist_ok=True)
    file = folder / f"{uuid.uuid4().hex}.arrow"
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return Spilled(file, batch.num_rows)


def rows(
    columns: Sequence[tuple[str, str]], values: Iterable[Sequence[Any]], statement_type: int = SELECT
) -> Result:
    """A result made here; `columns` are (name, DuckDB type), and only the types below are known."""
    arrow = {
        "VARCHAR": pa.string(),
        "BIGINT": pa.int64(),
        "BOOLEAN": pa.bool_(),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    }
    listed = list(values)
    arrays = [pa.array([row[i] for row in listed], arrow[kind]) for i, (_, kind) in enumerate(columns)]
    names = [name for name, _ in columns]
    return Result(pa.table(arrays, names=names), tuple(Column(*column) for column in columns), statement_type)


def status(message: str = "Statement executed successfully.") -> Result:
    """The one-line answer of a statement that returns no rows."""
    return rows([("status", "VARCHAR")], [[message]], OTHER)


def changed(statement_type: int, counts: dict[str, int]) -> Result:
    """The answer of a DML statement, such as {"number of rows inserted": 3}."""
    return rows([(name, "BIGINT") for name in counts], [list(counts.values())], statement_type)
