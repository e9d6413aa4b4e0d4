"""The replication slot: the source's own note of how far its changes have been taken."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from include.contracts import CdcRead, SourceContract
from include.extract.cdc.errors import SnapshotNeededError
from include.extract.cdc.positions import from_pg, lsn_of, to_pg
from include.extract.cdc.session import application_name
from include.extract.errors import SourceError, SourceRefusedError

Connection = psycopg.Connection[tuple[Any, ...]]

RELEASE_SECONDS = 60
_NOWHERE = "0/0"


@dataclass(frozen=True)
class Slot:
    """A logical slot as the source shows it."""

    name: str
    confirmed: int  # LSN: transactions that committed before it are not sent again
    restart: int  # LSN: where the source begins to decode; what it has to keep of its log starts here
    holder: int | None  # process id of the session that uses it now
    lost: str | None  # why the source no longer holds its changes


def find(connection: Connection, contract: SourceContract) -> Slot | None:
    """The contract's slot, or None.

    Raises:
        SourceRefusedError: a slot of that name exists and is not ours to use.
    """
    name = contract.read_as(CdcRead).slot
    row = connection.execute(
        """
        select plugin, database, current_database(), confirmed_flush_lsn::text, restart_lsn::text,
               active_pid,
               case when wal_status = 'lost' then wal_status end
        from pg_replication_slots
        where slot_name = %s
        """,
        [name],
    ).fetchone()
    if row is None:
        return None
    plugin, database, here, confirmed, restart, holder, lost = row
    if plugin != "pgoutput" or database != here:
        raise SourceRefusedError(
            f"{contract.name}: replication slot {name} exists but decodes {plugin} in database {database}, "
            f"not pgoutput in {here}; name another slot in {contract.path.name}"
        )
    return Slot(name, from_pg(confirmed or _NOWHERE), from_pg(restart or _NOWHERE), holder, lost)


def usable(connection: Connection, contract: SourceContract, after: str) -> Slot:
    """The contract's slot, sure to hold every change after position `after`.

    Raises:
        SnapshotNeededError: it does not.
    """
    slot = find(connection, contract)
    if slot is None:
        raise _missing(contract, after, f"replication slot {contract.read_as(CdcRead).slot} is gone")
    if slot.lost:
        raise _missing(contract, after, f"the source has discarded what replication slot {slot.name} held")
    if slot.confirmed > lsn_of(after) + 1:
        raise _missing(contract, after, f"replication slot {slot.name} is already at {to_pg(slot.confirmed)}")
    return slot


def behind(contract: SourceContract, after: str, stop: int) -> SnapshotNeededError:
    """The error for a source whose history ends before what was loaded from it."""
    reason = (
        f"the source's log ends at {to_pg(stop)}, so this is not the server that was loaded, or an old copy"
    )
    return _missing(contract, after, reason)


def release(connection: Connection, contract: SourceContract) -> None:
    """End sessions of ours that still use the slot: a task that was killed leaves one working for nobody.

    Raises:
        SourceError: somebody else uses it.
    """
    give_up = time.monotonic() + RELEASE_SECONDS
    while (slot := find(connection, contract)) is not None and slot.holder is not None:
        row = connection.execute(
            "select application_name from pg_stat_activity where pid = %s", [slot.holder]
        ).fetchone()
        if row is not None and row[0] != application_name(contract):
            raise SourceError(
                f"{contract.name}: replication slot {slot.name} is in use by {row[0] or 'somebody unnamed'} "
                f"(process {slot.holder}); only this pipeline may read it, so stop that and clear the task"
            )
        if time.monotonic() > give_up:
            raise SourceError(
                f"{contract.name}: process {slot.holder} of an earlier try still uses replication slot "
                f"{slot.name} after {RELEASE_SECONDS} s; ask the source's administrator to end it, then "
                f"clear the task"
            )
        connection.execute("select pg_terminate_backend(%s, 1000)", [slot.holder])


def create(replication: Connection, contract: SourceContract) -> tuple[int, str]:
    """Make the slot; the LSN its changes start from and the name of the snapshot of everything before.

    The snapshot lives until the connection is used again or closed. Making the slot waits for transactions
    that are open at the source to end.
    """
    order = sql.SQL("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput (SNAPSHOT 'export')")
    row = replication.execute(order.format(sql.Identifier(contract.read_as(CdcRead).slot))).fetchone()
    assert row is not None  # noqa: S101 -- the order answers with one row or an error
    return from_pg(row[1]), row[2]


def create_passing(replication: Connection, contract: SourceContract) -> tuple[int, str]:
    """As `create`, with a slot that goes when the connection is closed: a snapshot whose LSN is known."""
    name = f"{contract.read_as(CdcRead).slot[:50]}_{replication.info.backend_pid}"
    order = sql.SQL("CREATE_REPLICATION_SLOT {} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')")
    ((_, start, snapshot, _),) = replication.execute(order.format(sql.Identifier(name))).fetchall()
    return from_pg(start), snapshot


def drop(connection: Connection, contract: SourceContract) -> None:
    """Remove the slot if there is one."""
    release(connection, contract)
    if (slot := find(connection, contract)) is not None:
        connection.execute("select pg_drop_replication_slot(%s)", [slot.name])


def advance(connection: Connection, contract: SourceContract, position: str) -> None:
    """Tell the source that everything up to a position has been taken. Never moves back.

    Raises:
        SnapshotNeededError: there is no slot to tell.
    """
    release(connection, contract)
    slot = find(connection, contract)
    if slot is None:
        raise _missing(contract, position, f"replication slot {contract.read_as(CdcRead).slot} is gone")
    target = lsn_of(position) + 1
    if slot.confirmed < target:
        connection.execute("select pg_replication_slot_advance(%s, %s::pg_lsn)", [slot.name, to_pg(target)])


def _missing(contract: SourceContract, after: str, reason: str) -> SnapshotNeededError:
    return SnapshotNeededError(
        f"{contract.name}: {reason}; changes after position {after} are lost, so trigger {contract.dag_id} "
        f"with resnapshot to read all its tables anew"
    )
