"""Names of contracted tables and columns as SQL."""

from __future__ import annotations

from collections.abc import Container, Sequence

from psycopg import sql

from include.contracts import CdcTableRead, Table


def text_of(column: str) -> sql.Composed:
    """A column as the change stream writes it; a cast differs for some types (boolean, char)."""
    return sql.SQL("case when {0} is distinct from null then format('%s', {0}) end").format(
        sql.Identifier(column)
    )


def announced_query(table: Table) -> sql.Composed | None:
    """Asks which announced columns the table has, as the transaction sees it; None: there is nothing to ask.

    Inside an older snapshot that is how the table was then, whatever it has become since.
    """
    announced = [column.name for column in table.columns if column.announced_for is not None]
    if not announced:
        return None
    return sql.SQL(
        "select attname::text from pg_attribute join pg_class on pg_class.oid = attrelid "
        "join pg_namespace on pg_namespace.oid = relnamespace "
        "where nspname || '.' || relname = {} and attname in ({}) and not attisdropped"
    ).format(table.read_as(CdcTableRead).table, sql.SQL(", ").join(map(sql.Literal, announced)))


def texts_of(table: Table, names: Sequence[str], announced: Container[str]) -> list[sql.Composed]:
    """These columns as the change stream writes them; null for an announced one that is not `announced`."""
    return [
        text_of(name)
        if table.column(name).announced_for is None or name in announced
        else sql.Composed([sql.SQL("null::text")])
        for name in names
    ]


def source_name(table: Table) -> sql.Identifier:
    """The table's name at the source, quoted."""
    return sql.Identifier(*table.read_as(CdcTableRead).table.split("."))
