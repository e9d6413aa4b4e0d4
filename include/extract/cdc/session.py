"""Connections to a source database. All see values in the same text form, whatever the server's settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import adbc_driver_manager.dbapi
import adbc_driver_postgresql.dbapi
import psycopg
from adbc_driver_postgresql import StatementOptions
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from include.contracts import SourceContract

if TYPE_CHECKING:
    import pyarrow as pa

# Several are in the making at a time. Batches of 16 MiB are a tenth faster and take 80 MB more.
BATCH_BYTES = 4 << 20
_TEXT_FORM = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    # A table with row security then refuses to be read, where otherwise some of its rows would be left out.
    "row_security": "off",
}


def application_name(contract: SourceContract) -> str:
    """How our sessions are named in the source's pg_stat_activity."""
    return f"governed-analytics {contract.name}"[:63]


def connect(contract: SourceContract, dsn: str) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection for questions and orders. Each statement commits by itself."""
    return psycopg.connect(_conninfo(contract, dsn), autocommit=True)


def connect_replication(
    contract: SourceContract, dsn: str, settings: Mapping[str, str] | None = None
) -> psycopg.Connection[tuple[Any, ...]]:
    """A connection that speaks the replication protocol, in the database of the DSN.

    `settings` are the server's, for this session: it takes no `set`.
    """
    return psycopg.connect(_conninfo(contract, dsn, settings, replication="database"), autocommit=True)


@contextmanager
def connect_arrow(contract: SourceContract, dsn: str) -> Iterator[adbc_driver_manager.dbapi.Connection]:
    """A connection that reads results as Arrow."""
    with adbc_driver_postgresql.dbapi.connect(_conninfo(contract, dsn), autocommit=True) as connection:
        yield connection


def read_arrow(
    connection: adbc_driver_manager.dbapi.Connection, query: str, batch_bytes: int = BATCH_BYTES
) -> Iterator[pa.RecordBatch]:
    """The query's result in batches of about `batch_bytes`, never more than one in memory."""
    options = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(batch_bytes)}
    with connection.cursor(adbc_stmt_kwargs=options) as cursor:
        cursor.execute(query)
        yield from cursor.fetch_record_batch()


def _conninfo(
    contract: SourceContract, dsn: str, settings: Mapping[str, str] | None = None, **more: str
) -> str:
    given = str(conninfo_to_dict(dsn).get("options") or "")
    pinned = " ".join(f"-c {name}={value}" for name, value in {**_TEXT_FORM, **(settings or {})}.items())
    return make_conninfo(
        dsn,
        application_name=application_name(contract),
        client_encoding="UTF8",
        connect_timeout="15",
        options=f"{given} {pinned}".strip(),
        **more,
    )
