"""The changes since the last load, up to a fixed point of the source's log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg

from include.contracts import SourceContract
from include.extract.cdc import slot
from include.extract.cdc.changes import changes
from include.extract.cdc.errors import named
from include.extract.cdc.extraction import Extraction
from include.extract.cdc.positions import from_pg, lsn_of, position
from include.extract.cdc.publication import beat
from include.extract.cdc.session import connect
from include.extract.cdc.truth import truth_now, unknown
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
    stream_bytes: int,
) -> Iterator[Extraction]:
    """Look at what the slot holds: it stays there until `confirm`, so this can be repeated."""
    with ExitStack() as asking:
        with named(contract, "finding where to stop"), closing(connect(contract, dsn)) as connection:
            slot.release(connection, contract)
            held = slot.usable(connection, contract, after)
            beat(connection, contract)
            known = asking.enter_context(truth_now(contract, dsn, truth_seconds))
            stop, truth = known or (_end_of_log(connection), unknown)
            if stop <= lsn_of(after):
                raise slot.behind(contract, after, stop)
        # The source gives transactions whose commit record begins before `stop`.
        reading = changes(
            contract,
            dsn,
            held,
            contract.tables,
            after=lsn_of(after),
            stop=stop,
            key=key,
            batch_bytes=batch_bytes,
            stream_bytes=stream_bytes,
        )
        with closing(reading) as batches:
            yield Extraction(position(stop - 1), snapshot=False, batches=batches, truth=truth)


def _end_of_log(connection: Connection) -> int:
    # What is on disk, not what is written: that can lie before a commit that did not wait for the disk.
    ((end,),) = connection.execute("select pg_current_wal_flush_lsn()::text").fetchall()
    return from_pg(end)
