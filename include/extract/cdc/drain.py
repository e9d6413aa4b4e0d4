"""The changes since the last load, up to a fixed point of the source's log."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import psycopg
import pyarrow as pa
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
from include.extract.cdc.stream import streamed
from include.extract.cdc.truth import truth_now
from include.extract.identifiers import IdentifierKey

Connection = psycopg.Connection[tuple[Any, ...]]

# One result brings about 1.6 times as many changes a second, but the source gathers all of it, in memory and
# then in temporary files, before the first row leaves: about as many bytes as the log has, so at most these.
STREAM_BYTES = 1 << 30


@contextmanager
def drain(
    contract: SourceContract,
    dsn: str,
    *,
    after: str,
    key: IdentifierKey,
    batch_bytes: int,
    truth_seconds: float,
    stream_bytes: int,
) -> Iterator[Extraction]:
    """Look at what the slot holds: it stays there until `confirm`, so this can be repeated.

    Two ways bring the same messages to one decoder. Which of them is the log's to say: from where the source
    begins to decode, which is the oldest transaction that was open at the last confirmation, up to the stop.
    """
    with named(contract, "finding where to stop"), closing(connect(contract, dsn)) as connection:
        slot.release(connection, contract)
        held = slot.usable(connection, contract, after)
        beat(connection, contract)
        truth = truth_now(contract, dsn, truth_seconds)
        stop = truth.lsn if truth else _end_of_log(connection)
        if stop <= lsn_of(after):
            raise slot.behind(contract, after, stop)
    # The source gives transactions whose commit record begins before `stop`.
    reading = _read(
        contract,
        dsn,
        after=lsn_of(after),
        stop=stop,
        streaming=stop - held.restart > stream_bytes,
        key=key,
        batch_bytes=batch_bytes,
    )
    with closing(reading) as batches:
        states = truth.states if truth else {}
        yield Extraction(position(stop - 1), snapshot=False, batches=batches, truth=states)


def _end_of_log(connection: Connection) -> int:
    # What is on disk, not what is written: that can lie before a commit that did not wait for the disk.
    ((end,),) = connection.execute("select pg_current_wal_flush_lsn()::text").fetchall()
    return from_pg(end)


def _read(
    contract: SourceContract,
    dsn: str,
    *,
    after: int,
    stop: int,
    streaming: bool,
    key: IdentifierKey,
    batch_bytes: int,
) -> Generator[Batch]:
    tables = {table.read_as(CdcTableRead).table: table for table in contract.tables}
    with named(contract, "reading changes"), closing(connect(contract, dsn)) as questions:
        if streaming:
            beat(questions, contract)  # a transaction behind `stop`, for the stream to end at
            reading = streamed(contract, dsn, after=after, stop=stop, batch_bytes=batch_bytes)
        else:
            reading = _peeked(contract, dsn, stop=stop, batch_bytes=batch_bytes)
        reread = partial(current_values, questions)
        decoder = Decoder(tables, after=after, before=stop, key=key, reread=reread)
        with closing(reading) as columns:
            for messages in columns:
                yield from decoder.feed(messages)


def _peeked(contract: SourceContract, dsn: str, *, stop: int, batch_bytes: int) -> Generator[pa.BinaryArray]:
    """The messages of all that the slot holds, as one query's result, in batches."""
    read = contract.read_as(CdcRead)
    query = sql.SQL(
        "select data from pg_logical_slot_peek_binary_changes({}, {}, null, 'proto_version', '1', "
        "'publication_names', {})"
    ).format(read.slot, to_pg(stop), sql.Identifier(read.publication).as_string(None))
    with connect_arrow(contract, dsn) as connection:
        for messages in read_arrow(connection, query.as_string(None), batch_bytes):
            yield messages.column(0)
