"""Large values that an update of the key left alone, asked from the source.

The stream does not repeat them, and under the new key there is no earlier row that has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import sql

from include.contracts import Table
from include.extract.cdc.quoting import source_name, text_of

Values = Mapping[str, str | None]
Reread = Callable[[Table, Values, Sequence[str]], Values]


def current_values(
    connection: psycopg.Connection[tuple[Any, ...]], table: Table, key: Values, names: Sequence[str]
) -> Values:
    """Some columns of the row with this key as it is now; empty if there is none.

    The row may have changed again since. That change is in the stream too, further on, so the last row of a
    key is right in any case.
    """
    where = sql.SQL(" and ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in key.items()
    )
    query = sql.SQL("select {} from only {} where {}").format(
        sql.SQL(", ").join(text_of(name) for name in names), source_name(table), where
    )
    try:
        row = connection.execute(query).fetchone()
    except (psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedTable):
        return {}  # renamed or dropped since: `prepare` says so
    return {} if row is None else dict(zip(names, row, strict=True))
