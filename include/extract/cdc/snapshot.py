"""Whole tables, as they were at the very point where the slot's changes begin: no gap, no overlap."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from psycopg import sql

from include.contracts import SourceContract, Table
from include.extract.batch import Batch
from include.extract.cdc import slot
from include.extract.cdc.errors import named
from include.extract.cdc.extraction import Extraction
from include.extract.cdc.messages import Transactions
from include.extract.cdc.positions import position
from include.extract.cdc.quoting import announced_query, source_name, texts_of
from include.extract.cdc.rows import assemble, keyed
from include.extract.cdc.session import connect, connect_arrow, connect_replication, read_arrow
from include.extract.cdc.truth import truth_in
from include.extract.identifiers import IdentifierKey


@contextmanager
def snapshot(
    contract: SourceContract,
    dsn: str,
    *,
    key: IdentifierKey,
    anew: bool,
    batch_bytes: int,
    truth_seconds: float,
) -> Iterator[Extraction]:
    """Make the slot afresh and read every contracted table as of the point its changes start from.

    If this is cut short nothing of it is kept: the next try starts over with another slot.

    Args:
        anew: rows of these tables have been loaded before. Each table then begins with a truncate, which
            takes back what is no longer there.
    """
    with named(contract, "making the replication slot"):
        with closing(connect(contract, dsn)) as connection:
            slot.drop(connection, contract)
            # Asked before the slot is made: all that it will bring was committed later.
            (now,) = connection.execute("select clock_timestamp() at time zone 'UTC'").fetchall()[0]
        replication = connect_replication(contract, dsn)
    with closing(replication):
        with named(contract, "making the replication slot"):
            start, name = slot.create(replication, contract)
        # The first change may have been committed at `start` itself: the snapshot's position is before that.
        taken = _Taken(name, start - 1, now)
        reading = _read(contract, dsn, taken, key=key, anew=anew, batch_bytes=batch_bytes)
        states = truth_in(contract, dsn, name, truth_seconds)
        with closing(reading) as batches:
            yield Extraction(position(taken.lsn), snapshot=True, batches=batches, truth=states)


@dataclass(frozen=True)
class _Taken:
    """An exported snapshot: its name at the source, the last LSN it holds, when it was taken (UTC)."""

    name: str
    lsn: int
    at: datetime

    def rows(self, first: int, count: int) -> Transactions:
        """The places of `count` rows from number `first` on, as if one transaction had written them all."""
        return Transactions(
            np.full(count, self.lsn, np.int64),
            np.full(count, np.datetime64(self.at, "us").astype(np.int64)),
            np.arange(first, first + count, dtype=np.int64),
        )


def _read(
    contract: SourceContract, dsn: str, taken: _Taken, *, key: IdentifierKey, anew: bool, batch_bytes: int
) -> Generator[Batch]:
    with named(contract, "reading the snapshot"), connect_arrow(contract, dsn) as connection:
        with connection.cursor() as cursor:
            cursor.execute("begin transaction isolation level repeatable read, read only")
            cursor.execute(f"set transaction snapshot '{taken.name}'")
        for table in contract.tables:
            if anew:
                yield Batch(table.name, assemble(table, {}, taken.rows(0, 1), pa.array(["truncate"])))
            number = 1
            there: list[str] = []
            if question := announced_query(table):
                with connection.cursor() as cursor:
                    cursor.execute(question.as_string(None))
                    there = [name for (name,) in cursor.fetchall()]
            for read in read_arrow(connection, _query(table, there), batch_bytes):
                columns = keyed(table, dict(zip(table.column_names, read.columns, strict=True)), key)
                operations = pa.repeat("snapshot", read.num_rows)
                yield Batch(
                    table.name, assemble(table, columns, taken.rows(number, read.num_rows), operations)
                )
                number += read.num_rows


def _query(table: Table, announced: Sequence[str]) -> str:
    columns = sql.SQL(", ").join(texts_of(table, table.column_names, announced))
    return sql.SQL("select {} from only {}").format(columns, source_name(table)).as_string(None)
