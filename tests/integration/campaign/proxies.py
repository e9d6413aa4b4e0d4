"""What stands between a step and its servers, and stops the traffic at a chosen request.

A gate waits for a request by its SQL. When it comes the step stands still, at a place that the product knows
nothing of: before the server has seen the request, while the server works, or when it has answered and the
answer is not through. Whoever set the gate then breaks what it likes.
"""

from __future__ import annotations

import gzip
import json
import re
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

PATIENCE = 60


class When(Enum):
    """How far a request has come."""

    ASKED = "before it arrives"
    WORKING = "while it is worked on"
    ANSWERED = "when its answer is on the way"


class CutError(Exception):
    """The connection was cut at a gate."""


@dataclass
class Gate:
    """The `nth` request that matches `sql`. Stops it once."""

    sql: str
    when: When
    nth: int = 1
    reached: threading.Event = field(default_factory=threading.Event)
    _opened: threading.Event = field(default_factory=threading.Event)
    _seen: int = 0

    def is_for(self, sql: str) -> bool:
        """Whether this request is the one; to be asked once for each."""
        if self.reached.is_set() or not re.search(self.sql, sql, re.IGNORECASE):
            return False
        self._seen += 1
        return self._seen == self.nth

    def stop(self) -> None:
        """Stand here until it opens, then be cut off."""
        self.reached.set()
        self._opened.wait(PATIENCE)
        raise CutError

    def open(self) -> None:
        self._opened.set()


class Proxy(ABC):
    """Listens on a port of its own in front of a server on loopback."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._gate: Gate | None = None
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # Closing alone does not wake the thread that waits in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    @contextmanager
    def gate(self, gate: Gate) -> Iterator[Gate]:
        """The gate stands while the block runs."""
        self._gate = gate
        try:
            yield gate
        finally:
            self._gate = None
            gate.open()

    def cut(self) -> None:
        """Every connection ends here, as when a cable is pulled. New ones may be made."""
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with suppress(OSError, CutError, EOFError), client:
            server = socket.create_connection(("127.0.0.1", self._server_port))
            self._open |= {client, server}
            try:
                with server:
                    self._carry(client, server)
            finally:
                self._open -= {client, server}

    @abstractmethod
    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what either side sends, until one ends."""

    def _gate_for(self, sql: str) -> Gate | None:
        gate = self._gate
        return gate if gate is not None and gate.is_for(sql) else None


class WarehouseProxy(Proxy):
    """In front of the warehouse: HTTP, one request after the other on each connection."""

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        while True:
            request = _http_message(client)
            gate = self._gate_for(_statement(*request))
            if gate and gate.when is When.ASKED:
                gate.stop()
            server.sendall(b"".join(request))
            if gate and gate.when is When.WORKING:
                gate.stop()
            answer = _http_message(server)
            if gate:
                gate.stop()
            client.sendall(b"".join(answer))


class PostgresProxy(Proxy):
    """In front of PostgreSQL: its messages, both ways at once."""

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        (length,) = struct.unpack("!i", start := _exactly(client, 4))
        server.sendall(start + _exactly(client, length - 4))
        asked: list[Gate] = []
        answers = threading.Thread(target=self._answers, args=(client, server, asked), daemon=True)
        answers.start()
        try:
            while True:
                kind, message = _postgres_message(client)
                gate = self._gate_for(message[5:].decode("utf-8", "replace")) if kind in b"QP" else None
                if gate and gate.when is When.ASKED:
                    gate.stop()
                if gate:
                    asked.append(gate)
                server.sendall(message)
        finally:
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            answers.join()

    @staticmethod
    def _answers(client: socket.socket, server: socket.socket, asked: list[Gate]) -> None:
        done = False
        with suppress(OSError, CutError, EOFError):
            while True:
                kind, message = _postgres_message(server)
                if asked and asked[0].when is When.WORKING and kind in b"dD":
                    client.sendall(message)  # some of the answer is through, the rest is not
                    asked.pop().stop()
                # Only when it is ready for more has it committed.
                done = bool(asked) and (done or kind == b"C")
                if done and kind == b"Z":
                    asked.pop().stop()
                client.sendall(message)
        for end in (client, server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _exactly(source: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = source.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _postgres_message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, 5)
    (length,) = struct.unpack("!i", head[1:])
    return head[:1], head + _exactly(source, length - 4)


def _http_message(source: socket.socket) -> tuple[bytes, bytes]:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += _exactly(source, 1)
    found = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return head, _exactly(source, int(found[1]) if found else 0)


def _statement(head: bytes, body: bytes) -> str:
    """The SQL of a request, empty for one that has none."""
    if b"/queries/v1/query-request" not in head.split(b"\r\n", 1)[0]:
        return ""
    text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    return str(json.loads(text).get("sqlText", "")).strip()
