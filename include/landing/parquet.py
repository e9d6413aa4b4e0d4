"""Batches become Parquet files of bounded size, in memory that does not grow with them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.contracts import SourceContract, Table
from include.contracts.bronze import TECHNICAL_COLUMNS, data_type
from include.landing.content import ContentHash
from include.landing.manifest import LandingError, StagedFile
from include.landing.profile import Rows
from include.landing.settings import file_bytes as configured_file_bytes

ROW_GROUP_ROWS = 65_536
FROM_METADATA = {"_loaded_at": "METADATA$START_SCAN_TIME", "_file": "METADATA$FILENAME"}
"""Bronze columns that COPY fills itself, because a file cannot know them."""

REPEATING = ("_op", "_partition", "_run_id", "_unchanged", "_rescued")
"""Written once per distinct value. In keys, moments and positions, of which each is another, looking for
repetition took half of the writing and made files a third larger; the compressor finds what there is."""

_TYPES = {
    "varchar": pa.string(),
    "variant": pa.string(),
    "timestamp_ntz(6)": pa.timestamp("us"),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Load:
    """What one run loads: a source's partition."""

    contract: SourceContract
    partition: date
    run_id: str

    @property
    def added(self) -> dict[str, pa.Scalar]:
        """The columns that are the same for every row of the run."""
        return {"_partition": pa.scalar(self.partition, pa.date32()), "_run_id": pa.scalar(self.run_id)}


@dataclass(frozen=True)
class WrittenFile:
    """A finished file on local disk, and what it will be known as on the stage."""

    path: Path
    staged: StagedFile


def write(
    batches: Iterable[Rows],
    load: Load,
    folder: Path,
    *,
    file_bytes: int | None = None,
    row_group_rows: int = ROW_GROUP_ROWS,
) -> Iterator[WrittenFile]:
    """Files in `folder`, each as soon as it is full; the caller may remove it before asking for the next.

    Tables may alternate in `batches`. Where a file ends depends on its rows alone, so the same rows give the
    same hashes. Held in memory: one row group per table. `file_bytes` is the deployment's where not given.
    """
    limit = file_bytes or configured_file_bytes()
    writers: dict[str, _Writer] = {}
    for batch in batches:
        if batch.table not in writers:
            table = load.contract.table(batch.table)
            writers[table.name] = _Writer(load, table, folder, limit, row_group_rows)
        yield from writers[batch.table].add(batch.rows)
    for writer in writers.values():
        yield from writer.finish()


def file_schema(table: Table) -> pa.Schema:
    """The columns of a file: the contracted ones, then those of bronze that COPY does not fill itself."""
    contracted = [pa.field(column.name, _TYPES[data_type(column)]) for column in table.columns]
    technical = [
        pa.field(column.name, _TYPES[column.data_type])
        for column in TECHNICAL_COLUMNS
        if column.name not in FROM_METADATA
    ]
    return pa.schema([*contracted, *technical])


class _Writer:
    """The files of one table, one after the other."""

    def __init__(self, load: Load, table: Table, folder: Path, file_bytes: int, row_group_rows: int) -> None:
        self._load = load
        self._table = table
        self._partial = folder / f"{load.contract.name}__{table.name}.partial"
        self._file_bytes = file_bytes
        self._group = row_group_rows
        self._schema = file_schema(table)
        self._extracted = pa.schema([field for field in self._schema if field.name not in load.added])
        self._pending: list[pa.Table] = []
        self._open: _OpenFile | None = None

    def add(self, rows: pa.Table) -> Iterator[WrittenFile]:
        if rows.num_rows == 0:
            return
        self._pending.append(self._fitted(rows))
        held = pa.concat_tables(self._pending)
        while held.num_rows >= self._group:
            yield from self._write(held.slice(0, self._group))
            held = held.slice(self._group)
        self._pending = [held] if held.num_rows else []

    def finish(self) -> Iterator[WrittenFile]:
        for rows in self._pending:
            yield from self._write(rows)
        self._pending = []
        yield from self._close()

    def _fitted(self, rows: pa.Table) -> pa.Table:
        try:
            return rows.select(self._extracted.names).cast(self._extracted)
        except (KeyError, pa.ArrowInvalid) as error:
            raise LandingError(
                f"rows of {self._load.contract.name}.{self._table.name} do not have the contracted columns "
                f"({error}); this is a fault in extraction, not in the source"
            ) from error

    def _write(self, rows: pa.Table) -> Iterator[WrittenFile]:
        if self._open is None:
            self._open = _OpenFile(self._partial, self._schema)
        self._open.write(rows, self._load)
        if self._open.content.size >= self._file_bytes:
            yield from self._close()

    def _close(self) -> Iterator[WrittenFile]:
        if self._open is None:
            return
        done, self._open = self._open, None
        done.writer.close()
        name = f"{_safe(self._load.contract.name, self._table.name, done.first, done.last)}.parquet"
        path = self._partial.rename(self._partial.with_name(name))
        staged = StagedFile(
            table=self._table.name,
            name=f"{self._table.name}/{self._load.partition}/{name}",
            rows=done.rows,
            bytes=path.stat().st_size,
            sha256=done.content.hexdigest(),
            first_position=done.first,
            last_position=done.last,
        )
        yield WrittenFile(path, staged)


class _OpenFile:
    """A file being written: its hash, its rows and their positions so far."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.writer = pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=list(REPEATING))
        self.content = ContentHash()
        self.rows = 0
        self.first = self.last = ""
        self._schema = schema

    def write(self, rows: pa.Table, load: Load) -> None:
        self.content.update(rows)
        self.rows += rows.num_rows
        reach = pc.min_max(rows["_position"]).as_py()
        self.first = min(self.first or reach["min"], reach["min"])
        self.last = max(self.last, reach["max"])
        for name, value in load.added.items():
            rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
        self.writer.write_table(rows.select(self._schema.names), row_group_size=rows.num_rows)


def _safe(*parts: str) -> str:
    return "__".join(re.sub(r"[^A-Za-z0-9._-]", "-", part) for part in parts)
