"""The services' one way to PostgreSQL."""

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
from psycopg import sql

Query = LiteralString | sql.Composed


class Store:
    """One connection, one statement at a time; opened again when the server was restarted."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock = asyncio.Lock()
        self._connection: psycopg.AsyncConnection | None = None

    async def read(self, query: Query, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The query's rows. A lost connection is opened again once."""
        try:
            return await self._rows(query, parameters)
        except psycopg.OperationalError:
            return await self._rows(query, parameters)

    async def write(self, query: Query, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, committed when this returns; it is not tried twice. Returns its rows."""
        return await self._rows(query, parameters)

    async def run_script(self, script: LiteralString, lock: int) -> None:
        """Run several statements as one transaction, one process at a time."""
        async with self._lock:
            connection = await self._open()
            async with connection.transaction():
                await connection.execute("select pg_advisory_xact_lock(%s)", (lock,))
                await connection.execute(script)

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def _rows(self, query: Query, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        async with self._lock:
            cursor = await (await self._open()).execute(query, parameters)
            return await cursor.fetchall() if cursor.description else []

    async def _open(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, options="-c TimeZone=UTC", connect_timeout=10
            )
        return self._connection
