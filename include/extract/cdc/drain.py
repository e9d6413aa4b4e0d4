"""The changes since the last load, up to a fixed point of the source's log."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from include.contracts import CdcRead, CdcTableRead, SourceContract
from include.extract.batch import Batch
from include.extract.cdc import slot
from include.extract.cdc.decoder import Decoder
from include.extract.cdc.errors import named
from include.extract.cdc.extraction import Extraction
from include.extract.cdc.positions import from_pg, lsn_of, position, to_pg
from include.extract.cdc.publication import beat
from include.extract.cdc.reread import current_values
from include.extract.cdc.session import connect, connect_arrow, read_arrow
from include.extract.cdc.truth import truth_now
from include.extract.identifiers import IdentifierKey

Connection = psycopg.Connection[tuple[Any, ...]]


@contextmanager
def drain(
    contract: SourceContract,
    dsn: str,
    *,
    after: str,
    key: IdentifierKey,
    batch_bytes: int,
    truth_seconds: float,
) -> Iterator[Extraction]:
    """Peek at what the slot holds: it stays there until `confirm`, so this can be repeated."""
    with named(contract, "finding where to stop"), closing(connect(contract, dsn)) as connection:
        slot.release(connection, contract)
        slot.usable(connection, contract, after)
        beat(connection, contract)
        truth = truth_now(contract, dsn, truth_seconds)
        stop = truth.lsn if truth else _end_of_log(connection)
        if stop <= lsn_of(after):
            raise slot.behind(contract, after, stop)
    # The source gives transactions whose commit record begins before `stop`.
    reading = _read(contract, dsn, after=after, stop=stop, key=key, batch_bytes=batch_bytes)
    with closing(reading) as batches:
        states = truth.states if truth else {}
        yield Extraction(position(stop - 1), snapshot=False, batches=batches, truth=states)


def _end_of_log(connection: Connection) -> int:
    # What is on disk, not what is written: that can lie before a commit that did not wait for the disk.
    ((end,),) = connection.execute("select pg_current_wal_flush_lsn()::text").fetchall()
    return from_pg(end)


def _read(
    contract: SourceContract, dsn: str, *, after: str, stop: int, key: IdentifierKey, batch_bytes: int
) -> Generator[Batch]:
    tables = {table.read_as(CdcTableRead).table: table for table in contract.tables}
    with (
        named(contract, "reading changes"),
        closing(connect(contract, dsn)) as questions,
        connect_arrow(contract, dsn) as stream,
    ):
        reread = partial(current_values, questions)
        decoder = Decoder(tables, after=lsn_of(after), before=stop, key=key, reread=reread)
        for messages in read_arrow(stream, _query(contract, stop), batch_bytes):
            yield from decoder.feed(messages.column(0))


def _query(contract: SourceContract, stop: int) -> str:
    read = contract.read_as(CdcRead)
    return (
        sql.SQL(
            "select data from pg_logical_slot_peek_binary_changes({}, {}, null, 'proto_version', '1', "
            "'publication_names', {})"
        )
        .format(read.slot, to_pg(stop), sql.Identifier(read.publication).as_string(None))
        .as_string(None)
    )
