"""A pgoutput stream written byte by byte from the protocol's documentation.

https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pyarrow as pa

UNCHANGED = object()
COMMITTED = datetime(2026, 11, 18, 4, 0, 0, 123456, tzinfo=UTC)
Value = object  # str, None or UNCHANGED


def begin(lsn: int, committed: datetime = COMMITTED, xid: int = 7) -> bytes:
    since_2000 = committed - datetime(2000, 1, 1, tzinfo=UTC)
    microseconds = (since_2000.days * 86400 + since_2000.seconds) * 10**6 + since_2000.microseconds
    return struct.pack(">cQqI", b"B", lsn, microseconds, xid)


def commit(lsn: int) -> bytes:
    return struct.pack(">cBQQq", b"C", 0, lsn, lsn + 48, 0)


def relation(oid: int, name: str, *columns: str) -> bytes:
    schema, table = (part.encode() + b"\0" for part in name.split("."))
    described = b"".join(
        struct.pack(">B", 0) + column.encode() + b"\0" + struct.pack(">Ii", 25, -1) for column in columns
    )
    return struct.pack(">cI", b"R", oid) + schema + table + b"d" + struct.pack(">H", len(columns)) + described


def row(*values: Value) -> bytes:
    cells = []
    for value in values:
        if value is None:
            cells.append(b"n")
        elif value is UNCHANGED:
            cells.append(b"u")
        else:
            text = str(value).encode()
            cells.append(b"t" + struct.pack(">I", len(text)) + text)
    return struct.pack(">H", len(values)) + b"".join(cells)


def insert(oid: int, *values: Value) -> bytes:
    return struct.pack(">cIc", b"I", oid, b"N") + row(*values)


def update(oid: int, *values: Value, former: tuple[Value, ...] | None = None, mark: bytes = b"K") -> bytes:
    old = b"" if former is None else mark + row(*former)
    return struct.pack(">cI", b"U", oid) + old + b"N" + row(*values)


def delete(oid: int, *values: Value, mark: bytes = b"K") -> bytes:
    return struct.pack(">cIc", b"D", oid, mark) + row(*values)


def truncate(*oids: int) -> bytes:
    return struct.pack(">cIB", b"T", len(oids), 0) + struct.pack(f">{len(oids)}I", *oids)


def origin(name: str) -> bytes:
    return struct.pack(">cQ", b"O", 1) + name.encode() + b"\0"


def described_type(oid: int, name: str) -> bytes:
    return struct.pack(">cI", b"Y", oid) + b"public\0" + name.encode() + b"\0"


def logical_message(content: bytes) -> bytes:
    return struct.pack(">cBQ", b"M", 1, 5) + b"prefix\0" + struct.pack(">I", len(content)) + content


def column(*messages: bytes) -> pa.BinaryArray:
    return pa.array(messages, pa.binary())
