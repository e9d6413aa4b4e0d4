"""A day's work on a database: chapters, each one transaction, of inserts, updates, deletes, a new column."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from include.sandbox.bank.columns import Array

PART_ROWS = 50_000
Row = Sequence[str | int | bool | None]


@dataclass(frozen=True)
class Insert:
    """New rows, in the order of `columns`."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Update:
    """Rows that are there already; the first of `columns` is the key, only the others are written."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Upsert:
    """Rows that may be there already; the first of `columns` is the key."""

    table: str
    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Delete:
    """Rows to take away, by key; a key that is not there is no error."""

    table: str
    key: str
    keys: Sequence[str | int]


@dataclass(frozen=True)
class AddColumn:
    """A new column of a table that is in use, by its type in PostgreSQL; rows that are there stay empty."""

    table: str
    column: str
    data_type: str


Statement = AddColumn | Insert | Update | Upsert | Delete


@dataclass(frozen=True)
class Chapter:
    """Statements that happen together or not at all, under a name that is unique within a day.

    `statements` may be made as they are asked for, and then only once.
    """

    name: str
    statements: Iterable[Statement]


def inserts(
    table: str, columns: tuple[str, ...], rows_of: Callable[[Array], Sequence[Row]], numbers: Array
) -> Iterator[Insert]:
    """New rows by their numbers in the world, made in parts: a long history does not fit into memory."""
    for start in range(0, len(numbers), PART_ROWS):
        yield Insert(table, columns, rows_of(numbers[start : start + PART_ROWS]))


def run(connection: psycopg.Connection, statements: Iterable[Statement]) -> int:
    """Run statements inside the caller's transaction. Returns the number of rows they touched."""
    touched = 0
    with connection.cursor() as cursor:
        for statement in statements:
            match statement:
                case Insert(table, columns, rows):
                    _copy(cursor, _name(table), columns, rows)
                    touched += len(rows)
                case Update(table, columns, rows) | Upsert(table, columns, rows):
                    touched += _from_side_table(cursor, statement, _name(table), columns, rows)
                case AddColumn(table, column, data_type):
                    query = sql.SQL("alter table {} add column {} {}").format(
                        _name(table), sql.Identifier(column), sql.Identifier(data_type)
                    )
                    cursor.execute(query)
                case Delete(table, key, keys):
                    query = sql.SQL("delete from {} where {} = any(%s)").format(
                        _name(table), sql.Identifier(key)
                    )
                    touched += cursor.execute(query, (list(keys),)).rowcount
    return touched


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _copy(cursor: psycopg.Cursor, table: sql.Identifier, columns: Sequence[str], rows: Sequence[Row]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as copy:
        for row in rows:
            copy.write_row(row)


def _from_side_table(
    cursor: psycopg.Cursor,
    statement: Update | Upsert,
    table: sql.Identifier,
    columns: tuple[str, ...],
    rows: Sequence[Row],
) -> int:
    if not rows:
        return 0
    side = sql.Identifier("side")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(
        sql.SQL("create temp table {} on commit drop as select {} from {} limit 0").format(side, names, table)
    )
    _copy(cursor, side, columns, rows)
    key, *others = map(sql.Identifier, columns)
    if isinstance(statement, Update):
        query = sql.SQL("update {table} as t set {sets} from {side} as s where t.{key} = s.{key}").format(
            table=table,
            side=side,
            key=key,
            sets=sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(name) for name in others),
        )
    else:
        query = sql.SQL(
            "insert into {table} ({names}) select {names} from {side}"
            " on conflict ({key}) do update set {sets}"
        ).format(
            table=table,
            side=side,
            key=key,
            names=names,
            sets=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(name) for name in others),
        )
    touched = cursor.execute(query).rowcount
    cursor.execute(sql.SQL("drop table {}").format(side))
    return touched
