"""From pgoutput messages to rows of contracted tables, a whole Arrow batch of messages at a time."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from include.contracts import Table
from include.extract.batch import Batch
from include.extract.cdc import messages as pg
from include.extract.cdc.errors import MalformedStreamError
from include.extract.cdc.frames import Frames, Mask, integers
from include.extract.cdc.messages import Relation, Transactions
from include.extract.cdc.reread import Reread
from include.extract.cdc.rows import changed_rows, truncated_row
from include.extract.identifiers import IdentifierKey


class Decoder:
    """Decodes one drain. Feed it the messages in order: it carries transactions and relations across batches.

    Args:
        tables: contracted table by its name in the stream, `schema.table`. Other relations are passed over.
        after: transactions that committed at or before this LSN are passed over.
        before: so are those that committed at or after this one.
        key: replaces restricted values.
        reread: asks the source for large values that the stream leaves out for good.
    """

    def __init__(
        self, tables: Mapping[str, Table], *, after: int, before: int, key: IdentifierKey, reread: Reread
    ) -> None:
        self._tables = tables
        self._after = after
        self._before = before
        self._key = key
        self._reread = reread
        self._relations: dict[int, Relation] = {}
        self._last = Transactions.none()

    def feed(self, messages: pa.BinaryArray) -> Iterator[Batch]:
        """The rows in these messages: per table one batch, or several where the table's columns changed.

        Raises:
            MalformedStreamError: the bytes are not what the protocol says.
        """
        try:
            yield from self._batches(Frames.of(messages))
        except (IndexError, struct.error) as error:
            raise MalformedStreamError("a message ends before what it announces") from error

    def _batches(self, frames: Frames) -> Iterator[Batch]:
        if not len(frames):
            return
        kinds = frames.data[frames.starts]
        unknown = kinds[~np.isin(kinds, pg.KNOWN)]
        if len(unknown):
            raise MalformedStreamError(f"a message is of kind {chr(unknown[0])!r}, which protocol 1 has not")
        transactions = self._transactions(frames, kinds)
        wanted = (transactions.lsns > self._after) & (transactions.lsns < self._before)
        described = [
            (index, Relation.parse(frames.message(index)))
            for index in np.flatnonzero(kinds == pg.RELATION).tolist()
        ]
        for start, end in pairwise(self._edges(described, len(frames))):
            self._relations |= {
                relation.oid: relation for index, relation in described if start <= index < end
            }
            within = np.zeros(len(frames), np.bool_)
            within[start:end] = wanted[start:end]
            yield from self._rows(frames, kinds, transactions, within)

    def _transactions(self, frames: Frames, kinds: NDArray[np.uint8]) -> Transactions:
        begins = np.flatnonzero(kinds == pg.BEGIN)
        at = frames.starts[begins]
        # The transaction each message is in: 0 is the one that the batch before left open.
        which = np.cumsum(kinds == pg.BEGIN)
        lsns = np.concatenate((self._last.lsns, integers(frames.data, at + 1, 8)))
        committed = integers(frames.data, at + 9, 8) + pg.EPOCH_MICROSECONDS
        committed = np.concatenate((self._last.committed, committed))
        changes = 2 * np.cumsum(np.isin(kinds, pg.ROW_CHANGES) | (kinds == pg.TRUNCATE))
        earlier = np.concatenate((-self._last.numbers, changes[begins]))
        found = Transactions(lsns[which], committed[which], changes - earlier[which])
        self._last = found.take(np.array([-1]))
        return found

    def _edges(self, described: list[tuple[int, Relation]], end: int) -> list[int]:
        """Where to cut: before each Relation message that differs from the last one of its table."""
        known = dict(self._relations)
        edges = [0]
        for index, relation in described:
            if known.get(relation.oid, relation) != relation:
                edges.append(index)
            known[relation.oid] = relation
        return [*edges, end]

    def _rows(
        self, frames: Frames, kinds: NDArray[np.uint8], transactions: Transactions, within: Mask
    ) -> Iterator[Batch]:
        changes = np.flatnonzero(within & np.isin(kinds, pg.ROW_CHANGES))
        oids = integers(frames.data, frames.starts[changes] + 1, 4)
        emptied: dict[int, list[int]] = {}
        for index in np.flatnonzero(within & (kinds == pg.TRUNCATE)).tolist():
            for oid in pg.truncated(frames.message(index)):
                emptied.setdefault(oid, []).append(index)
        for oid in sorted({*np.unique(oids).tolist(), *emptied}):
            relation = self._relation(oid)
            table = self._tables.get(relation.name)
            if table is None:
                continue
            parts = [truncated_row(table, transactions, index) for index in emptied.get(oid, ())]
            if len(mine := changes[oids == oid]):
                parts += changed_rows(
                    relation, table, frames, transactions, mine, key=self._key, reread=self._reread
                )
            rows = pa.concat_tables(parts)
            yield Batch(table.name, rows.sort_by("_position") if len(parts) > 1 else rows)

    def _relation(self, oid: int) -> Relation:
        if oid not in self._relations:
            raise MalformedStreamError(f"rows of relation {oid} before its description")
        return self._relations[oid]
