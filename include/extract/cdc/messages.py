"""The messages of PostgreSQL's pgoutput protocol, version 1, that a decoder has to know.

Source: https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from include.extract.cdc.errors import MalformedStreamError

BEGIN, COMMIT, RELATION = ord("B"), ord("C"), ord("R")
INSERT, UPDATE, DELETE, TRUNCATE = ord("I"), ord("U"), ord("D"), ord("T")
ORIGIN, TYPE, MESSAGE = ord("O"), ord("Y"), ord("M")
KNOWN = np.array([BEGIN, COMMIT, RELATION, INSERT, UPDATE, DELETE, TRUNCATE, ORIGIN, TYPE, MESSAGE], np.uint8)
ROW_CHANGES = np.array([INSERT, UPDATE, DELETE], np.uint8)
OPERATIONS = {INSERT: "insert", UPDATE: "update", DELETE: "delete"}

NEW_ROW = ord("N")  # before a row as it is now; a former row is marked K (key only) or O (whole)

# PostgreSQL counts microseconds from 2000-01-01, Arrow from 1970-01-01.
EPOCH_MICROSECONDS = 946_684_800_000_000


@dataclass(frozen=True)
class Relation:
    """A table as the stream describes it before its rows: its published columns, in order."""

    oid: int
    name: str  # schema.table
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, message: bytes) -> Relation:
        """From a Relation message."""
        (oid,) = struct.unpack_from(">I", message, 1)
        schema, at = _text(message, 5)
        table, at = _text(message, at)
        (count,) = struct.unpack_from(">H", message, at + 1)  # behind the replica identity's letter
        at += 3
        columns = []
        for _ in range(count):
            name, at = _text(message, at + 1)  # behind the flags
            columns.append(name)
            at += 8  # type and its modifier
        return cls(oid, f"{schema}.{table}", tuple(columns))


def truncated(message: bytes) -> tuple[int, ...]:
    """The oids of the relations that a Truncate message empties."""
    (count,) = struct.unpack_from(">I", message, 1)
    return struct.unpack_from(f">{count}I", message, 6)  # behind the options


@dataclass(frozen=True)
class Transactions:
    """For each message of a batch: the transaction it is in, and its place in it.

    Attributes:
        lsns: LSN of the commit record.
        committed: microseconds since 1970-01-01 UTC.
        numbers: 2 for the first change of a transaction, 4 for the second: an odd number is free for a row
            that has to come just before a change.
    """

    lsns: NDArray[np.int64]
    committed: NDArray[np.int64]
    numbers: NDArray[np.int64]

    @classmethod
    def none(cls) -> Transactions:
        """What is known before the first message."""
        nothing = np.zeros(1, np.int64)
        return cls(nothing, nothing, nothing)

    def take(self, which: NDArray[np.intp]) -> Transactions:
        """Those of some of the messages."""
        return Transactions(self.lsns[which], self.committed[which], self.numbers[which])

    def earlier(self) -> Transactions:
        """The places just before these."""
        return Transactions(self.lsns, self.committed, self.numbers - 1)


def _text(message: bytes, at: int) -> tuple[str, int]:
    end = message.find(b"\0", at)
    if end < 0:
        raise MalformedStreamError("a name does not end")
    return message[at:end].decode(), end + 1
