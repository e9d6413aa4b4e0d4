"""Names of contracted tables and columns as SQL."""

from __future__ import annotations

from psycopg import sql

from include.contracts import CdcTableRead, Table


def text_of(column: str) -> sql.Composed:
    """A column as the change stream writes it; a cast differs for some types (boolean, char)."""
    return sql.SQL("case when {0} is distinct from null then format('%s', {0}) end").format(
        sql.Identifier(column)
    )


def source_name(table: Table) -> sql.Identifier:
    """The table's name at the source, quoted."""
    return sql.Identifier(*table.read_as(CdcTableRead).table.split("."))
