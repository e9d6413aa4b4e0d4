"""The slot read as a stream (START_REPLICATION), one message at a time and in step with the reader.

The source holds nothing for it but the transaction it is decoding, on its own disk. Nothing is acknowledged:
the replies that keep the session alive name no flushed position, so the slot stays until `confirm` moves it.

Source: https://www.postgresql.org/docs/current/protocol-replication.html
"""

from __future__ import annotations

import selectors
import struct
from array import array
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn

from include.contracts import CdcRead, SourceContract
from include.extract.cdc import messages as pg
from include.extract.cdc.positions import to_pg
from include.extract.cdc.session import connect_replication

# How long the source waits for a sign of life from a reader that is busy landing what it got.
_SETTINGS = {"wal_sender_timeout": "10min"}
_LOOK_AGAIN_SECONDS = 1
_CHANGE, _KEEPALIVE = ord("w"), ord("k")
_HEADER = 25  # of a change: its letter, where it begins and ends, when it was sent


def streamed(
    contract: SourceContract, dsn: str, *, after: int, stop: int, batch_bytes: int
) -> Generator[pa.BinaryArray]:
    """The messages of transactions that committed behind LSN `after` and before LSN `stop`, in batches.

    It ends when the source shows that it is past `stop`: with the next published transaction, or with word
    that it has read its log to there. While nothing is written neither comes, so write a heartbeat first.

    Raises:
        psycopg.Error: the source ended the stream.
    """
    with closing(connect_replication(contract, dsn, _SETTINGS)) as replication:
        _start(replication, contract, after)
        held = _Held()
        for message in _messages(replication, stop):
            held.add(message)
            if len(held.data) >= batch_bytes:
                yield held.column()
                held = _Held()
        if held.data:
            yield held.column()


@dataclass(frozen=True)
class _Held:
    """Messages back to back, and where each ends."""

    data: bytearray = field(default_factory=bytearray)
    edges: array[int] = field(default_factory=lambda: array("i", [0]))

    def add(self, message: memoryview) -> None:
        self.data.extend(message)
        self.edges.append(len(self.data))

    def column(self) -> pa.BinaryArray:
        buffers = [None, pa.py_buffer(self.edges), pa.py_buffer(self.data)]
        return pa.BinaryArray.from_buffers(pa.binary(), len(self.edges) - 1, buffers)


def _start(replication: psycopg.Connection[Any], contract: SourceContract, after: int) -> None:
    read = contract.read_as(CdcRead)
    order = sql.SQL("START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {})").format(
        sql.Identifier(read.slot),
        sql.SQL(to_pg(after + 1)),
        sql.Literal(sql.Identifier(read.publication).as_string(None)),
    )
    result = replication.pgconn.exec_(order.as_string(None).encode())
    if result.status != ExecStatus.COPY_BOTH:
        raise error_from_result(result)


def _messages(replication: psycopg.Connection[Any], stop: int) -> Iterator[memoryview]:
    """The messages of the changes stream, up to the first transaction that commits at `stop` or later."""
    connection = replication.pgconn
    with selectors.DefaultSelector() as readable:
        readable.register(connection.socket, selectors.EVENT_READ)
        while True:
            length, data = connection.get_copy_data(1)
            if length == 0:
                # Waiting here, not in the library, lets signals through. Not for ever: bytes that TLS has
                # taken in and not handed on do not make the socket readable.
                readable.select(_LOOK_AGAIN_SECONDS)
                connection.consume_input()
            elif length < 0:
                raise _ended(connection)
            elif data[0] == _CHANGE:
                message = data[_HEADER:]
                if message[0] == pg.BEGIN and _number(message, 1) >= stop:
                    return
                yield message
            elif data[0] == _KEEPALIVE:
                reached = _number(data, 1)
                if reached >= stop:
                    return
                if data[17]:
                    connection.put_copy_data(_alive(reached))
                    connection.flush()


def _ended(connection: PGconn) -> psycopg.Error:
    """Why the source sends no more."""
    result = connection.get_result()
    if result is not None and result.status == ExecStatus.FATAL_ERROR:
        return error_from_result(result)
    return psycopg.OperationalError("the server ended the stream")


def _number(data: memoryview, at: int) -> int:
    number: int = struct.unpack_from(">Q", data, at)[0]
    return number


def _alive(reached: int) -> bytes:
    """A reply that says how far was read and that nothing of it is safe."""
    return struct.pack(">cQQQqB", b"r", reached, 0, 0, 0, 0)
