"""The source's own state at an exact point of its history: what bronze is held against.

Reading a table takes time, and its changes go on. So the reading is made inside a snapshot that the source
exports together with a point of its log. The snapshot has exactly the transactions that committed before that
point, and the extraction stops there. Bronze, rebuilt up to `Extraction.stop`, then has to be the same rows.

The canonical form, for whoever computes it elsewhere, in Snowflake's names:

1. The state of a table at a position is the last row per business key at or before it, without deleted keys
   and those that a later truncate took, and with values named in `_unchanged` taken from the row before.
2. A row's text is, over `compared(table)` in that order and with nothing between the columns,
   `coalesce(md5_hex(<column>), '-')`: 32 lower-case hex digits of the MD5 of the value's UTF-8 bytes, or one
   dash where it is null, which an announced column is that the table does not have yet. Nothing can be taken
   for something else, whatever the values hold.
3. A row's number is the first 15 hex digits of `md5_hex(<text>)`, read as a number below 2^60:
   `to_number(left(md5_hex(<text>), 15), 'XXXXXXXXXXXXXXX')`.
4. A table's checksum is the sum of its rows' numbers, 0 for an empty table. It fits NUMBER(38, 0), does not
   depend on the order of rows, and sees a row that is there twice.

MD5 is here to find differences, not to withstand somebody who makes them. One difference is no fault and is
gone with the next load: where an update of the key left a large value alone, bronze has that value as it was
when the source was asked for it (`reread.py`), which may be after the point.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from include.contracts import SourceContract, Table
from include.contracts.bronze import data_type
from include.extract.cdc.quoting import announced_query, source_name, texts_of
from include.extract.cdc.session import connect, connect_replication
from include.extract.cdc.slot import create_passing

TRUTH_SECONDS = 300.0
WAIT_SECONDS = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceState:
    """One table at a point of its history, in canonical form: how many rows, and the checksum over them."""

    rows: int
    checksum: int


@dataclass(frozen=True)
class Truth:
    """The states of the contracted tables, by name, with all that committed before `lsn` and nothing else."""

    lsn: int
    states: Mapping[str, SourceState]


def compared(table: Table) -> tuple[str, ...]:
    """The columns that a checksum is over, in order.

    Left out are restricted ones, which bronze has as keyed hashes, and nested ones, which a VARIANT writes
    its own way.
    """
    return tuple(
        column.name
        for column in table.columns
        if column.name not in table.restricted and data_type(column) == "varchar"
    )


def truth_now(contract: SourceContract, dsn: str, seconds: float) -> Truth | None:
    """The source's state at a point a moment from now; None, with a warning, where there is none to be had.

    Such a point is found once the transactions that are open now have ended. The drain does not wait for one
    that stays open longer than `WAIT_SECONDS`: it then has no reading.

    Args:
        contract: a contract of kind cdc.
        dsn: its database.
        seconds: how long the source may take over one table; 0 asks for no reading.
    """
    if not seconds:
        return None
    with _excused(contract):
        settings = {"lock_timeout": f"{WAIT_SECONDS}s"}
        with closing(connect_replication(contract, dsn, settings)) as replication:
            start, name = create_passing(replication, contract)
            return Truth(start, _states(contract, dsn, name, seconds))
    return None


def truth_in(contract: SourceContract, dsn: str, snapshot: str, seconds: float) -> Mapping[str, SourceState]:
    """The states in a snapshot that the source has exported; empty, with a warning, where there are none."""
    with _excused(contract):
        return _states(contract, dsn, snapshot, seconds) if seconds else {}
    return {}


def _states(contract: SourceContract, dsn: str, snapshot: str, seconds: float) -> dict[str, SourceState]:
    states = {}
    with closing(connect(contract, dsn)) as connection, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute(sql.SQL("set transaction snapshot {}").format(snapshot))
        connection.execute(sql.SQL("set local lock_timeout = {}").format(round(WAIT_SECONDS * 1000)))
        connection.execute(sql.SQL("set local statement_timeout = {}").format(round(seconds * 1000)))
        for table in contract.tables:
            question = announced_query(table)
            there = [name for (name,) in connection.execute(question).fetchall()] if question else []
            ((rows, checksum),) = connection.execute(_query(table, there)).fetchall()
            states[table.name] = SourceState(int(rows), int(checksum))
    return states


def _query(table: Table, announced: Sequence[str]) -> sql.Composed:
    texts: list[sql.Composable] = [
        sql.SQL("coalesce(md5(convert_to({}, 'UTF8')), '-')").format(text)
        for text in texts_of(table, compared(table), announced)
    ] or [sql.SQL("''")]
    return sql.SQL(
        "select count(*), coalesce(sum(('x' || left(md5({}), 15))::bit(60)::bigint), 0) from only {}"
    ).format(sql.SQL(" || ").join(texts), source_name(table))


@contextmanager
def _excused(contract: SourceContract) -> Iterator[None]:
    """A reading is a check on the load: what keeps it from being made does not keep rows from being loaded.

    Where the source cannot be reached at all, the load says so itself.
    """
    try:
        yield
    except psycopg.Error as error:
        log.warning(
            "%s: its tables could not be counted at the point the changes are read to: %s; this load is not "
            "held against the source",
            contract.name,
            error.diag.message_primary or str(error).strip(),
        )
