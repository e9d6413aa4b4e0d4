"""A stretch of the changes that a slot holds, as rows. Nothing is taken from the slot."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from functools import partial

import pyarrow as pa
from psycopg import sql

from include.contracts import CdcRead, CdcTableRead, SourceContract, Table
from include.extract.ahead import ahead
from include.extract.batch import Batch
from include.extract.cdc.decoder import Decoder
from include.extract.cdc.errors import named
from include.extract.cdc.positions import to_pg
from include.extract.cdc.publication import beat
from include.extract.cdc.reread import current_values
from include.extract.cdc.session import connect, connect_arrow, read_arrow
from include.extract.cdc.slot import Slot
from include.extract.cdc.stream import streamed
from include.extract.identifiers import IdentifierKey

# One result brings about 1.6 times as many changes a second, but the source gathers all of it, in memory and
# then in temporary files, before the first row leaves: about as many bytes as the log has, so at most these.
STREAM_BYTES = 1 << 30


def changes(
    contract: SourceContract,
    dsn: str,
    held: Slot,
    tables: Iterable[Table],
    *,
    after: int,
    stop: int,
    key: IdentifierKey,
    batch_bytes: int,
    stream_bytes: int,
) -> Generator[Batch]:
    """The changes of `tables` in transactions that committed behind LSN `after` and before LSN `stop`.

    Two ways bring the same messages to one decoder. Which of them is the log's to say: from where the source
    begins to decode, which is the oldest transaction that was open at the last confirmation, up to the stop.
    """
    followed = {table.read_as(CdcTableRead).table: table for table in tables}
    with named(contract, "reading changes"), closing(connect(contract, dsn)) as questions:
        if stop - held.restart > stream_bytes:
            beat(questions, contract)  # a transaction behind `stop`, for the stream to end at
            reading = streamed(contract, dsn, after=after, stop=stop, batch_bytes=batch_bytes)
        else:
            reading = _peeked(contract, dsn, stop=stop, batch_bytes=batch_bytes)
        reread = partial(current_values, questions)
        decoder = Decoder(followed, after=after, before=stop, key=key, reread=reread)
        with closing(reading), closing(ahead(reading)) as columns:
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
