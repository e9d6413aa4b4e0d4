"""What the source publishes: the contracted columns of the contracted tables, and nothing else.

All checks come before anything is changed at the source, because a publication can hurt: once a table without
a replica identity is published, PostgreSQL refuses the application's updates and deletes of it. What remains
is that while the publication names a column its type cannot be altered, and dropping it takes CASCADE.

A list of columns leaves out what is added to the table until the list is changed, and what is written in
between has left without it, for ever. So a table that waits for an announced column is published whole, as
long as every column it has is contracted: the new column is in the changes from its first row on. The next
`prepare` names it in the list. Where the table has other columns too they stay in the source, and the column
is one that the contract comes to name: `prepare` asks for a snapshot.
Source: https://www.postgresql.org/docs/current/logical-replication-publication.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from include.contracts import CdcRead, CdcTableRead, SourceContract, Table
from include.extract.cdc import slot as slots
from include.extract.cdc.catalogue import SourceTable, check_server, check_tables
from include.extract.cdc.errors import SnapshotNeededError, named
from include.extract.cdc.session import connect
from include.extract.errors import SourceRefusedError

Connection = psycopg.Connection[tuple[Any, ...]]

HEARTBEAT = "governed_analytics.heartbeat"
_HEARTBEAT_SCHEMA = HEARTBEAT.partition(".")[0]
_HEARTBEAT_TABLE = (
    f"create table if not exists {HEARTBEAT} (slot text primary key, beat_at timestamptz not null)"
)
LOCK_SECONDS = 10
_OPERATIONS = sql.SQL("(publish = 'insert, update, delete, truncate', publish_via_partition_root = false)")


@dataclass(frozen=True)
class _Published:
    """Which columns of a table are published, and whether by a list of their names or because all are."""

    columns: frozenset[str]
    by_name: bool


def prepare(contract: SourceContract, dsn: str, *, day: date = date.max, resnapshot: bool = False) -> None:
    """Make the source publish what its contract names. Changes nothing where that is so already.

    Args:
        contract: a contract of kind cdc.
        dsn: its database, as a role that may replicate and owns the tables.
        day: the business day that is to be read. Left out, every announced column has to be there.
        resnapshot: the next extract reads all tables anew, so changes may be missing before it.

    Raises:
        ContractViolationError: the source lacks something contracted, or publishing it would break what
            writes it.
        SnapshotNeededError: rows written so far do not hold something that the contract has come to name.
        SourceError: the source cannot be reached, or cannot be read as changes.
    """
    with named(contract, "preparing the publication"), connect(contract, dsn) as connection:
        check_server(connection, contract)
        tables = check_tables(connection, contract, day)
        if resnapshot:
            slots.drop(connection, contract)
        connection.execute(sql.SQL("set lock_timeout = '{}s'").format(LOCK_SECONDS))
        with connection.transaction():
            _make_heartbeat(connection, contract)
            _publish(connection, contract, tables)


def beat(connection: Connection, contract: SourceContract) -> None:
    """Write to the heartbeat table. When this returns, all that committed before is in the log, on disk.

    A slot keeps the whole server's log from the last transaction it was told of, so a source that rests, in a
    server that does not, would fill its disk. Each drain beats first, because only a drain moves the slot:
    there is then always a transaction to move it to. Its row is in the stream, and in no contract.
    """
    with connection.transaction():
        connection.execute("set local synchronous_commit = on")
        connection.execute(
            f"""
            insert into {HEARTBEAT} (slot, beat_at) values (%s, clock_timestamp())
            on conflict (slot) do update set beat_at = excluded.beat_at
            """,  # noqa: S608 -- a constant of ours
            [contract.read_as(CdcRead).slot],
        )


def _make_heartbeat(connection: Connection, contract: SourceContract) -> None:
    """Make the heartbeat table, unless there is one: whoever may not make it may still use it.

    Raises:
        SourceRefusedError: this role may do neither; the message has the SQL for one that may.
    """
    if _has_heartbeat(connection):
        return
    try:
        with connection.transaction():
            connection.execute(f"create schema if not exists {_HEARTBEAT_SCHEMA}")
            connection.execute(_HEARTBEAT_TABLE)
    except psycopg.errors.InsufficientPrivilege as error:
        ((role,),) = connection.execute("select quote_ident(current_user)").fetchall()
        raise SourceRefusedError(
            f"{contract.name}: role {role} may not make table {HEARTBEAT}, without which an idle source "
            f"keeps its log for ever ({error.diag.message_primary}); have an administrator of it run\n"
            f"create schema if not exists {_HEARTBEAT_SCHEMA};\n"
            f"grant usage on schema {_HEARTBEAT_SCHEMA} to {role};\n"
            f"{_HEARTBEAT_TABLE};\n"
            f"alter table {HEARTBEAT} owner to {role};"
        ) from error


def _has_heartbeat(connection: Connection) -> bool:
    """Whether there is a heartbeat table that this role may write and publish."""
    row = connection.execute(
        """
        select pg_has_role(relowner, 'usage') and has_schema_privilege(relnamespace, 'usage')
        from pg_class join pg_namespace on pg_namespace.oid = relnamespace
        where nspname || '.' || relname = %s
        """,
        [HEARTBEAT],
    ).fetchone()
    return row is not None and row[0]


def _publish(connection: Connection, contract: SourceContract, tables: Mapping[str, SourceTable]) -> None:
    wanted = {
        table.read_as(CdcTableRead).table: _wanted(table, tables[table.name]) for table in contract.tables
    }
    exists, found = _found(connection, contract)
    new = [
        f"{name}.{column}"
        for name, table in wanted.items()
        for column in sorted(table.columns - (found[name].columns if name in found else frozenset()))
    ]
    if new and slots.find(connection, contract) is not None:
        raise SnapshotNeededError(
            f"{contract.name}: publication {contract.read_as(CdcRead).publication} has not carried "
            f"{', '.join(new)} so far, so rows written before now lack them; trigger {contract.dag_id} with "
            f"resnapshot to read all its tables anew"
        )
    filled = [
        f"{table.read_as(CdcTableRead).table}.{column.name}"
        for table in contract.tables
        if _no_longer_waits(table.read_as(CdcTableRead).table, wanted, found)
        for column in table.columns
        if column.announced_for is not None and column.name in tables[table.name].defaulted
    ]
    if filled and slots.find(connection, contract) is not None:
        raise SnapshotNeededError(
            f"{contract.name}: {', '.join(filled)} came with a default, which gave rows a value without a "
            f"change that could be read; trigger {contract.dag_id} with resnapshot to read all its tables "
            f"anew"
        )
    wanted[HEARTBEAT] = _Published(frozenset({"slot", "beat_at"}), by_name=True)
    if found == wanted:
        return
    name = sql.Identifier(contract.read_as(CdcRead).publication)
    items = sql.SQL(", ").join(_item(name, table) for name, table in wanted.items())
    if exists:
        connection.execute(sql.SQL("alter publication {} set table {}").format(name, items))
        connection.execute(sql.SQL("alter publication {} set {}").format(name, _OPERATIONS))
    else:
        connection.execute(
            sql.SQL("create publication {} for table {} with {}").format(name, items, _OPERATIONS)
        )


def _no_longer_waits(name: str, wanted: Mapping[str, _Published], found: Mapping[str, _Published]) -> bool:
    return name in found and wanted[name].by_name and not found[name].by_name


def _wanted(table: Table, found: SourceTable) -> _Published:
    there = found.columns.keys() & set(table.column_names)
    awaits_all = len(there) < len(table.columns) and there == found.columns.keys()
    # PostgreSQL takes no column list, not even a full one, with replica identity FULL.
    return _Published(frozenset(there), by_name=found.identity != "f" and not awaits_all)


def _found(connection: Connection, contract: SourceContract) -> tuple[bool, dict[str, _Published]]:
    """Whether the publication exists, and what it publishes: nothing, if its settings are not ours."""
    name = contract.read_as(CdcRead).publication
    row = connection.execute(
        """
        select oid, puballtables or exists (select from pg_publication_namespace where pnpubid = pub.oid),
               pubinsert and pubupdate and pubdelete and pubtruncate and not pubviaroot
        from pg_publication as pub
        where pubname = %s
        """,
        [name],
    ).fetchone()
    if row is None:
        return False, {}
    oid, whole_schemas, all_operations = row
    if whole_schemas:
        raise SourceRefusedError(
            f"{contract.name}: publication {name} publishes whole schemas, uncontracted columns included; "
            f"drop it, or name another in {contract.path.name}"
        )
    if not all_operations:
        return True, {}
    rows = connection.execute(
        """
        select nspname || '.' || relname, prattrs is not null, array(
            select attname::text from pg_attribute
            where attrelid = prrelid and attnum > 0 and not attisdropped
                and (prattrs is null or attnum = any (prattrs::int2[]))
        )
        from pg_publication_rel
        join pg_class on pg_class.oid = prrelid
        join pg_namespace on pg_namespace.oid = relnamespace
        where prpubid = %s and prqual is null
        """,
        [oid],
    )
    return True, {table: _Published(frozenset(columns), by_name) for table, by_name, columns in rows}


def _item(name: str, table: _Published) -> sql.Composed:
    item = sql.SQL("only {}").format(sql.Identifier(*name.split(".")))
    if not table.by_name:
        return item
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in sorted(table.columns))
    return sql.SQL("{} ({})").format(item, columns)
