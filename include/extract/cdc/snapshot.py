"""Whole tables, each as it was at an exact point of the slot's changes: no gap, no overlap.

A first try makes the slot together with a snapshot, and reads every table as of the slot's start. An exported
snapshot dies with the session that made it; the slot stays, and holds every change since. So a try that finds
the slot of one that was cut short goes on:

1. A passing slot gives another snapshot and its point, later than the first. Tables that were not read yet
   are read in it.
2. Tables that were read get their changes from the slot, from where each was read up to that same point.

All tables are then whole as of one point, the new one, as if all had been read there, and nobody behind this
needs to know how many tries there were. PostgreSQL brings the tables of a new subscription together so, too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from adbc_driver_manager import dbapi
from psycopg import sql

from include.contracts import SourceContract, Table
from include.extract.batch import Batch, row_schema
from include.extract.cdc import slot
from include.extract.cdc.changes import changes
from include.extract.cdc.errors import named
from include.extract.cdc.extraction import Extraction
from include.extract.cdc.messages import Transactions
from include.extract.cdc.origin import origin, server_of
from include.extract.cdc.positions import lsn_of, position
from include.extract.cdc.quoting import announced_query, source_name, texts_of
from include.extract.cdc.rows import assemble, keyed
from include.extract.cdc.session import connect, connect_arrow, connect_replication, read_arrow
from include.extract.cdc.truth import truth_in
from include.extract.identifiers import IdentifierKey

Finished = Callable[[str], Mapping[str, str]]
"""Given an origin: the tables that tries of it have read whole, each with its try's `Extraction.stop`."""

log = logging.getLogger(__name__)


@contextmanager
def snapshot(
    contract: SourceContract,
    dsn: str,
    *,
    key: IdentifierKey,
    anew: bool,
    finished: Finished,
    batch_bytes: int,
    truth_seconds: float,
    stream_bytes: int,
) -> Iterator[Extraction]:
    """Read every contracted table but those that are `finished`; where none is, make the slot afresh.

    Args:
        finished: asked at most once. All that it names is left out, and its changes since are read.
        anew: rows of these tables have been loaded before. Each table then begins with a truncate, which
            takes back what is no longer there.
    """
    with ExitStack() as reading:
        with ExitStack() as making:
            with named(contract, "making the replication slot"):
                questions = making.enter_context(closing(connect(contract, dsn)))
                replication = making.enter_context(closing(connect_replication(contract, dsn)))
                origin_at = partial(origin, contract, server_of(replication), key=key, anew=anew)
                slot.release(questions, contract)
                held = slot.find(questions, contract)
            # A slot that somebody has moved has another origin, and so has one that was made again.
            done = finished(origin_at(held.confirmed)) if held and not held.lost else {}
            with named(contract, "making the replication slot"):
                if not done:
                    slot.drop(questions, contract)
                # Asked before the slot is made: all that it will bring was committed later.
                (now,) = questions.execute("select clock_timestamp() at time zone 'UTC'").fetchall()[0]
                start, name = (slot.create_passing if done else slot.create)(replication, contract)
            with named(contract, "reading the snapshot"):
                session = reading.enter_context(_inside(contract, dsn, name))
            truth = reading.enter_context(truth_in(contract, dsn, name, truth_seconds))
        # The snapshot is the sessions' own now: who made it is gone, and a passing slot with it.

        # The first change may have been committed at `start` itself: the snapshot's position is before that.
        taken = _Taken(start - 1, now)
        left = [table for table in contract.tables if table.name not in done]
        rows = _read(contract, session, left, taken, key=key, anew=anew, batch_bytes=batch_bytes)
        since: Generator[Batch] = (_ for _ in ())
        if held and done:
            log.info("%s: %s read by an earlier try; going on", contract.name, ", ".join(sorted(done)))
            since = _since(
                contract,
                dsn,
                held,
                done,
                stop=start,
                key=key,
                batch_bytes=batch_bytes,
                stream_bytes=stream_bytes,
            )
        with closing(rows), closing(since):
            yield Extraction(
                position(taken.lsn),
                snapshot=True,
                batches=chain(rows, since),
                truth=truth,
                origin=origin_at(held.confirmed if held and done else start),
            )


@contextmanager
def _inside(contract: SourceContract, dsn: str, name: str) -> Iterator[dbapi.Connection]:
    """A session that sees the source as the exported snapshot has it, for as long as it is open."""
    with connect_arrow(contract, dsn) as connection:
        with connection.cursor() as cursor:
            cursor.execute("begin transaction isolation level repeatable read, read only")
            cursor.execute(f"set transaction snapshot '{name}'")
        yield connection


@dataclass(frozen=True)
class _Taken:
    """A snapshot: the last LSN it holds, when it was taken (UTC)."""

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
    contract: SourceContract,
    session: dbapi.Connection,
    tables: Sequence[Table],
    taken: _Taken,
    *,
    key: IdentifierKey,
    anew: bool,
    batch_bytes: int,
) -> Generator[Batch]:
    with named(contract, "reading the snapshot"):
        for table in tables:
            if anew:
                yield Batch(table.name, assemble(table, {}, taken.rows(0, 1), pa.array(["truncate"])))
            number = 1
            there: list[str] = []
            if question := announced_query(table):
                with session.cursor() as cursor:
                    cursor.execute(question.as_string(None))
                    there = [name for (name,) in cursor.fetchall()]
            for read in read_arrow(session, _query(table, there), batch_bytes):
                columns = keyed(table, dict(zip(table.column_names, read.columns, strict=True)), key)
                operations = pa.repeat("snapshot", read.num_rows)
                yield Batch(
                    table.name, assemble(table, columns, taken.rows(number, read.num_rows), operations)
                )
                number += read.num_rows
            yield Batch(table.name, row_schema(table).empty_table(), completes=True)
        session.close()  # a snapshot that is held keeps the source from cleaning up


def _since(
    contract: SourceContract,
    dsn: str,
    held: slot.Slot,
    done: Mapping[str, str],
    *,
    stop: int,
    key: IdentifierKey,
    batch_bytes: int,
    stream_bytes: int,
) -> Generator[Batch]:
    """The changes of tables that were read before, each from where it was read; `stop` is an LSN."""
    reading = changes(
        contract,
        dsn,
        held,
        [table for table in contract.tables if table.name in done],
        after=min(map(lsn_of, done.values())),
        stop=stop,
        key=key,
        batch_bytes=batch_bytes,
        stream_bytes=stream_bytes,
    )
    with closing(reading) as batches:
        for batch in batches:
            # Tries before this one may have read different tables, each as of its own point.
            rows = batch.rows.filter(pc.greater(batch.rows["_position"], done[batch.table]))
            if rows.num_rows:
                yield replace(batch, rows=rows)


def _query(table: Table, announced: Sequence[str]) -> str:
    columns = sql.SQL(", ").join(texts_of(table, table.column_names, announced))
    return sql.SQL("select {} from only {}").format(columns, source_name(table)).as_string(None)
