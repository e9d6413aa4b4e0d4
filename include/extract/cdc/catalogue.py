"""What the source's own catalogue says of the server and its tables, held against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

from include.contracts import CdcTableRead, SourceContract, Table
from include.extract.errors import ContractViolationError, SourceRefusedError

Connection = psycopg.Connection[tuple[Any, ...]]

OLDEST_VERSION = 15  # the first whose publications name columns
IDENTITY_SETTINGS = {"d": "DEFAULT", "n": "NOTHING", "f": "FULL", "i": "USING INDEX"}


@dataclass(frozen=True)
class SourceTable:
    """A table as it stands at the source.

    Attributes:
        kind: `r` for a table; others are views, partitioned tables and the like.
        persistence: `p` for one whose changes are logged.
        columns: name -> whether the source computes it.
        defaulted: those that a row has a value in without being given one.
        identity: the replica identity, one of `IDENTITY_SETTINGS`.
        identity_columns: what an update or delete tells of the former row; every column when `FULL`.
    """

    kind: str
    persistence: str
    columns: dict[str, bool]
    defaulted: frozenset[str]
    identity: str
    identity_columns: frozenset[str]


def check_server(connection: Connection, contract: SourceContract) -> None:
    """Whether this server can be read as changes at all.

    Raises:
        SourceRefusedError: it cannot; the message says which setting is in the way.
    """
    row = connection.execute(
        """
        select current_setting('server_version_num')::int / 10000, current_setting('wal_level'),
               current_setting('server_encoding'), pg_is_in_recovery(),
               (select rolreplication or rolsuper from pg_roles where rolname = current_user),
               current_user::text
        """
    ).fetchone()
    assert row is not None  # noqa: S101 -- a select without from
    version, wal_level, encoding, standby, may_replicate, role = row
    for wrong, what, then in (
        (version < OLDEST_VERSION, f"it is version {version}", f"upgrade it to {OLDEST_VERSION} or later"),
        (wal_level != "logical", f"its wal_level is {wal_level}", "set it to logical and restart it"),
        (encoding == "SQL_ASCII", "its encoding is SQL_ASCII", "convert it to UTF8"),
        (standby, "it is a standby", "connect to the primary"),
        (not may_replicate, f"role {role} may not replicate", f"run `alter role {role} replication`"),
    ):
        if wrong:
            raise SourceRefusedError(
                f"{contract.name}: the database cannot be read as changes: {what}; {then}"
            )


def check_tables(
    connection: Connection, contract: SourceContract, day: date = date.max
) -> dict[str, SourceTable]:
    """The contracted tables as they stand at the source, by their name in the contract.

    Before its `day`, an announced column may be missing.

    Raises:
        ContractViolationError: one of them is not what the contract says, or cannot be published without
            breaking the application that writes it. All reasons are given, one a line.
    """
    found = {table.name: _read_table(connection, table) for table in contract.tables}
    wrong = [
        line for table in contract.tables for line in _violations(contract, table, found[table.name], day)
    ]
    if wrong:
        raise ContractViolationError("\n".join(wrong))
    return {name: table for name, table in found.items() if table is not None}


def _read_table(connection: Connection, table: Table) -> SourceTable | None:
    """The table as it stands at the source; None if there is none of that name."""
    row = connection.execute(
        """
        select c.oid, c.relkind::text, c.relpersistence::text, c.relreplident::text
        from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname || '.' || c.relname = %s
        """,
        [table.read_as(CdcTableRead).table],
    ).fetchone()
    if row is None:
        return None
    oid, kind, persistence, identity = row
    columns = connection.execute(
        """
        select attname::text, attgenerated <> '', atthasdef or attidentity <> '', attnum in (
            select unnest((indkey::int2[])[0:indnkeyatts - 1]) from pg_index
            where indrelid = attrelid and indisvalid and indimmediate
                and case %s when 'd' then indisprimary when 'i' then indisreplident end
        )
        from pg_attribute
        where attrelid = %s and attnum > 0 and not attisdropped
        """,
        [identity, oid],
    ).fetchall()
    return SourceTable(
        kind=kind,
        persistence=persistence,
        columns={name: computed for name, computed, _, _ in columns},
        defaulted=frozenset(name for name, _, defaulted, _ in columns if defaulted),
        identity=identity,
        identity_columns=frozenset(
            name for name, _, _, is_identity in columns if is_identity or identity == "f"
        ),
    )


def _violations(
    contract: SourceContract, table: Table, found: SourceTable | None, day: date
) -> Iterator[str]:
    """Why this table cannot be published as its contract says: sentences that end with the next step."""
    name = table.read_as(CdcTableRead).table
    where = f"{contract.name}: table {name}"
    owner = f"agree it with {contract.owner} ({contract.channel})"
    if found is None:
        yield f"{where} does not exist at the source; correct its name in {contract.path.name}, or {owner}"
        return
    if found.kind != "r" or found.persistence != "p":
        yield f"{where} is not an ordinary, logged table, so its changes cannot be published; {owner}"
        return
    for column in table.column_names:
        if column not in found.columns and not table.column(column).due_on(day):
            continue
        if column not in found.columns:
            yield (
                f"{where} has no column {column}, which the contract promises; {owner}: put it back, or take "
                f"it out of {contract.path.name} with a new contract version"
            )
        elif found.columns[column]:
            yield (
                f"{where}: column {column} is computed by the source, so it is not in its changes; take it "
                f"out of {contract.path.name} and compute it in staging"
            )
    yield from _identity_violations(contract, table, found, where)


def _identity_violations(
    contract: SourceContract, table: Table, found: SourceTable, where: str
) -> Iterator[str]:
    setting = IDENTITY_SETTINGS[found.identity]
    if not found.identity_columns:
        lacks = "has no primary key" if found.identity == "d" else f"has replica identity {setting}"
        yield (
            f"{where} {lacks}: once it is published, the application's updates and deletes would fail; have "
            f"its owner add a primary key, or run `alter table ... replica identity using index ...`"
        )
        return
    if hidden := sorted(found.identity_columns - set(table.column_names)):
        yield (
            f"{where} is identified by {', '.join(hidden)} too (replica identity {setting}), which the "
            f"contract does not name: once it is published without, the application's updates and deletes "
            f"would fail; name them in {contract.path.name}, or have its owner change the replica identity"
        )
    identified_by = ", ".join(sorted(found.identity_columns))
    if set(table.key) != found.identity_columns and (setting != "FULL" or not table.key):
        yield (
            f"{where} is identified by {identified_by} (replica identity {setting}), but its key in the "
            f"contract is {', '.join(table.key) or 'empty'}: a delete would not tell which row it was; make "
            f"both the same"
        )
