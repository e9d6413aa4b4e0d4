"""The source's own state at an exact point of its history: what bronze is held against.

Reading a table takes time, and its changes go on. So the reading is made inside a snapshot that the source
exports together with a point of its log. The snapshot has exactly the transactions that committed before that
point, and the extraction stops there. Bronze, rebuilt up to `Extraction.stop`, then has to be the same rows.
The source is asked while its rows or changes are read, not before: a load takes no longer for it.

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from include.contracts import SourceContract, Table
from include.contracts.bronze import data_type
from include.extract.cdc.quoting import announced_query, source_name, texts_of
from include.extract.cdc.session import connect, connect_replication
from include.extract.cdc.slot import create_passing

TRUTH_SECONDS = 300.0
WAIT_SECONDS = 10
_LOOK_AGAIN_SECONDS = 0.1

Connection = psycopg.Connection[tuple[Any, ...]]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceState:
    """One table at a point of its history, in canonical form: how many rows, and the checksum over them."""

    rows: int
    checksum: int


States = Mapping[str, SourceState]
"""The states of contracted tables, by name; empty where there are none to be had."""
Truth = Callable[[], States]
"""Waits until the source has answered."""


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


def unknown() -> States:
    """The truth where nobody asks."""
    return {}


@contextmanager
def truth_now(contract: SourceContract, dsn: str, seconds: float) -> Iterator[tuple[int, Truth] | None]:
    """A point a moment from now, as LSN, and the source's state with all that committed before it and nothing
    else; None, with a warning, where there is none to be had.

    Such a point is found once the transactions that are open now have ended. The drain does not wait for one
    that stays open longer than `WAIT_SECONDS`: it then has no reading.

    Args:
        contract: a contract of kind cdc.
        dsn: its database.
        seconds: how long the source may take over one table; 0 asks for no reading.
    """
    with ExitStack() as asking:
        found = None
        if seconds:
            with _excused(contract):
                settings = {"lock_timeout": f"{WAIT_SECONDS}s"}
                with closing(connect_replication(contract, dsn, settings)) as replication:
                    start, name = create_passing(replication, contract)
                    truth = asking.enter_context(truth_in(contract, dsn, name, seconds))
                found = start, truth
        yield found


@contextmanager
def truth_in(contract: SourceContract, dsn: str, snapshot: str, seconds: float) -> Iterator[Truth]:
    """The states in a snapshot that the source has exported, and that may go once this has begun.

    They are worked out beside what is done meanwhile. Where that ends early, so does this.
    """
    with ExitStack() as asking:
        truth: Truth = unknown
        if seconds:
            with _excused(contract):
                session = asking.enter_context(closing(connect(contract, dsn)))
                _enter(session, snapshot, seconds)
                beside = asking.enter_context(ThreadPoolExecutor(1, thread_name_prefix="truth"))
                answer = beside.submit(_states, contract, session)
                asking.callback(_end, session, answer)
                truth = answer.result
        yield truth


def _enter(session: Connection, snapshot: str, seconds: float) -> None:
    session.execute("begin transaction isolation level repeatable read, read only")
    session.execute(sql.SQL("set transaction snapshot {}").format(snapshot))
    session.execute(sql.SQL("set local lock_timeout = {}").format(round(WAIT_SECONDS * 1000)))
    session.execute(sql.SQL("set local statement_timeout = {}").format(round(seconds * 1000)))


def _end(session: Connection, answer: Future[States]) -> None:
    """Whoever has not waited for the answer wants none. Cancelling ends one question; there may be more."""
    while not answer.done():
        with suppress(psycopg.Error):  # the source may be what ended it all
            session.cancel_safe()
        wait([answer], timeout=_LOOK_AGAIN_SECONDS)


def _states(contract: SourceContract, session: Connection) -> States:
    with _excused(contract), closing(session):  # a snapshot that is held keeps the source from cleaning up
        states = {}
        for table in contract.tables:
            question = announced_query(table)
            there = [name for (name,) in session.execute(question).fetchall()] if question else []
            ((rows, checksum),) = session.execute(_query(table, there)).fetchall()
            states[table.name] = SourceState(int(rows), int(checksum))
        return states
    return {}


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
