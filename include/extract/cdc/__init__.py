"""PostgreSQL read as changes (logical replication, pgoutput): snapshot first, then drains to a fixed point.

Each step is its own task, can be killed at any line and run again::

    prepare(contract, dsn)                 # the publication; checks come before anything is changed
    with extract(contract, dsn, after=position, key=key) as read:  # whole tables where `after` is None
        for batch in read.batches:
            ...                            # land it; note that a table is whole where `batch.completes`
        ...                                # note read.stop in the load ledger, together with the rows
    confirm(contract, dsn, read.stop)      # only now may the source forget them

`read.truth()` is the source's own count and checksum per table at `read.stop`: what bronze is held against.

Nothing is taken from the slot while reading. What was loaded and not yet confirmed is read again and skipped.
Tables noted as whole need not be read again when a snapshot is cut short; `snapshot.py` says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from include.contracts import SourceContract
from include.extract.cdc import slot
from include.extract.cdc.changes import STREAM_BYTES
from include.extract.cdc.drain import drain
from include.extract.cdc.errors import MalformedStreamError, SnapshotNeededError, named
from include.extract.cdc.extraction import Extraction
from include.extract.cdc.publication import prepare
from include.extract.cdc.session import BATCH_BYTES, connect
from include.extract.cdc.snapshot import Finished, snapshot
from include.extract.cdc.truth import TRUTH_SECONDS, SourceState, compared
from include.extract.errors import ContractViolationError
from include.extract.identifiers import IdentifierKey

__all__ = [
    "ContractViolationError",
    "Extraction",
    "MalformedStreamError",
    "SnapshotNeededError",
    "SourceState",
    "compared",
    "confirm",
    "extract",
    "prepare",
]


def _none(_: str) -> dict[str, str]:
    return {}


@contextmanager
def extract(
    contract: SourceContract,
    dsn: str,
    *,
    after: str | None,
    key: IdentifierKey,
    resnapshot: bool = False,
    finished: Finished = _none,
    batch_bytes: int = BATCH_BYTES,
    truth_seconds: float = TRUTH_SECONDS,
    stream_bytes: int = STREAM_BYTES,
) -> Iterator[Extraction]:
    """Read what is not loaded yet. Call `prepare` first.

    Args:
        contract: a contract of kind cdc.
        dsn: its database.
        after: the last position in the load ledger. None, while nothing has been loaded, reads whole tables.
        key: replaces restricted values before they are handed over.
        resnapshot: read whole tables although something has been loaded.
        finished: asked at most once, for tables of a snapshot that need not be read again; by default none.
        batch_bytes: about how much is held in memory at a time.
        truth_seconds: how long the source may take over one table to say its exact state at `stop`, which
            reads that table once; 0 leaves `truth` empty.
        stream_bytes: from more than so much of the source's log, changes are streamed, not asked for as one
            result.

    Raises:
        SnapshotNeededError: the source no longer holds every change after `after`.
        SourceError: the source cannot be reached or read; also while iterating.
    """
    if after is None or resnapshot:
        anew = after is not None
        with snapshot(
            contract,
            dsn,
            key=key,
            anew=anew,
            finished=finished,
            batch_bytes=batch_bytes,
            truth_seconds=truth_seconds,
            stream_bytes=stream_bytes,
        ) as whole_tables:
            yield whole_tables
    else:
        with drain(
            contract,
            dsn,
            after=after,
            key=key,
            batch_bytes=batch_bytes,
            truth_seconds=truth_seconds,
            stream_bytes=stream_bytes,
        ) as changes:
            yield changes


def confirm(contract: SourceContract, dsn: str, position: str) -> None:
    """Let the source forget everything up to a position that the load ledger holds. Can be repeated.

    Raises:
        SnapshotNeededError: the replication slot is gone.
        SourceError: the source cannot be reached.
    """
    with named(contract, "confirming what was loaded"), closing(connect(contract, dsn)) as connection:
        slot.advance(connection, contract, position)
