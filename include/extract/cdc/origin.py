"""What the rows of a snapshot depend on. Tables that two tries have read fit together where it is equal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import psycopg

from include.contracts import CdcRead, CdcTableRead, SourceContract, Table
from include.extract.cdc.positions import to_pg
from include.extract.identifiers import IdentifierKey


@dataclass(frozen=True)
class Server:
    """A database server, told apart from its copies: a promoted or restored one is on another timeline."""

    system: str
    timeline: int


def server_of(replication: psycopg.Connection[Any]) -> Server:
    """The server at the other end of a replication connection."""
    ((system, timeline, *_),) = replication.execute("IDENTIFY_SYSTEM").fetchall()
    return Server(str(system), int(timeline))


def origin(contract: SourceContract, server: Server, start: int, *, key: IdentifierKey, anew: bool) -> str:
    """In words, for whoever looks at the record of a snapshot; no secret and no value of a row is in it.

    Args:
        start: where the changes of the slot begin. Equal starts are one slot that nobody has moved since.
        anew: whether each table begins with a truncate.
    """
    tables = json.dumps([_described(table) for table in contract.tables])
    return (
        f"slot {contract.read_as(CdcRead).slot} from {to_pg(start)} of server {server.system}, timeline "
        f"{server.timeline}; contract {contract.version}, columns "
        f"{hashlib.sha256(tables.encode()).hexdigest()[:16]}; identifier key {key.key_id}; "
        f"{'read anew' if anew else 'first read'}"
    )


def _described(table: Table) -> list[Any]:
    """All of a table's contract that decides how its rows are read, written to files and counted."""
    columns = [
        [
            column.name,
            column.logical_type,
            column.physical_type,
            column.key,
            column.classification,
            column.zoned,
        ]
        for column in table.columns
    ]
    return [table.name, table.read_as(CdcTableRead).table, columns]
