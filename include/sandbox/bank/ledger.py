"""What the bank has lived, recorded in its databases so that nothing is lived twice or half.

The world itself is not stored here: it is a pure function of its spec and of the days lived, and is lived
again when it is not remembered (see memory.py). Each chapter of a day commits together with a row that says
so.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from include.sandbox.bank.chapters import Chapter, run
from include.sandbox.bank.spec import WorldSpec

ONE_AT_A_TIME = 4_711_002  # advisory lock: two processes never advance one bank together

_CHAPTERS = """
create schema if not exists bank;
create table if not exists bank.chapter (
    day date,
    name text,
    rows_touched bigint not null,
    primary key (day, name)
);
"""
_DAYS = """
create table if not exists bank.world (
    singleton boolean primary key default true check (singleton),
    seed integer not null,
    people integer not null,
    history_days integer not null,
    last_day date not null
);
create table if not exists bank.lived_day (
    day date primary key,
    drop_activity double precision not null,
    world_digest text not null,
    finished boolean not null default false
);
"""


class BankError(Exception):
    """The bank cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class LivedDay:
    """A day begun: `finished` once every part of it is committed. The last day of history is the first."""

    day: dt.date
    drop_activity: float
    world_digest: str
    finished: bool


@contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """An autocommitting connection; transactions are opened where they belong."""
    with psycopg.connect(dsn, autocommit=True, options="-c TimeZone=UTC") as connection:
        yield connection


@contextmanager
def alone(vendors: psycopg.Connection) -> Iterator[None]:
    """Keep every other process from living this bank's days meanwhile."""
    vendors.execute("select pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
    try:
        yield
    finally:
        vendors.execute("select pg_advisory_unlock(%s)", (ONE_AT_A_TIME,))


def prepare(vendors: psycopg.Connection, *others: psycopg.Connection) -> None:
    """Make the ledger's tables: the days lived in the vendors' database, the chapters in each."""
    vendors.execute(_CHAPTERS + _DAYS)
    for database in others:
        database.execute(_CHAPTERS)


def founded_spec(vendors: psycopg.Connection) -> WorldSpec | None:
    """The spec of the world that these databases hold, None where there is none."""
    if vendors.execute("select to_regclass('bank.world')").fetchone() == (None,):
        return None
    with vendors.cursor(row_factory=class_row(WorldSpec)) as cursor:
        return cursor.execute("select last_day, people, history_days, seed from bank.world").fetchone()


def found(vendors: psycopg.Connection, spec: WorldSpec) -> None:
    vendors.execute(
        "insert into bank.world (seed, people, history_days, last_day) values (%s, %s, %s, %s)",
        (spec.seed, spec.people, spec.history_days, spec.last_day),
    )


def lived_days(vendors: psycopg.Connection) -> list[LivedDay]:
    """All days begun, in order; the first is the last day of history."""
    with vendors.cursor(row_factory=class_row(LivedDay)) as cursor:
        query = "select day, drop_activity, world_digest, finished from bank.lived_day order by day"
        return cursor.execute(query).fetchall()


def begin(vendors: psycopg.Connection, day: dt.date, drop_activity: float, world_digest: str) -> None:
    vendors.execute(
        "insert into bank.lived_day (day, drop_activity, world_digest) values (%s, %s, %s)"
        " on conflict (day) do nothing",
        (day, drop_activity, world_digest),
    )


def finish(vendors: psycopg.Connection, day: dt.date) -> None:
    vendors.execute("update bank.lived_day set finished = true where day = %s", (day,))


def commit(connection: psycopg.Connection, day: dt.date, chapters: Sequence[Chapter]) -> int:
    """Commit each chapter that has not been, in its own transaction. Returns rows touched now."""
    total = 0
    for chapter in chapters:
        with connection.transaction():
            claimed = connection.execute(
                "insert into bank.chapter (day, name, rows_touched) values (%s, %s, 0)"
                " on conflict do nothing returning name",
                (day, chapter.name),
            ).fetchone()
            if claimed is None:
                continue
            touched = run(connection, chapter.statements)
            connection.execute(
                "update bank.chapter set rows_touched = %s where day = %s and name = %s",
                (touched, day, chapter.name),
            )
            total += touched
    return total
