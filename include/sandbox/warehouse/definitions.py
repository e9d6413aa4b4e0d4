"""What a table is made of, and how to make another like it.

DuckDB cannot move a table to another schema nor change a column that has a CHECK; both are done by building
the table anew from its definition, inside the transaction that needs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from include.sandbox.warehouse.errors import SnowflakeError, missing_relation, unsupported
from include.sandbox.warehouse.names import ObjectName, fold, literal, quoted
from include.sandbox.warehouse.rewrites.types import duckdb_type, text_length
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.translate import translate

_LENGTH_CHECK = re.compile(r"length\((?:\"(?P<quoted>(?:[^\"]|\"\")+)\"|(?P<plain>\w+))\) <= (?P<length>\d+)")


@dataclass(frozen=True)
class TableColumn:
    """A column as DuckDB stores it; `length` is the n of VARCHAR(n), kept as a CHECK."""

    name: str
    duckdb_type: str
    not_null: bool = False
    default: str | None = None
    length: int | None = None
    comment: str | None = None

    @property
    def sql(self) -> str:
        parts = [quoted(self.name), self.duckdb_type]
        if self.not_null:
            parts.append("not null")
        if self.default is not None:
            parts.append(f"default {self.default}")
        if self.length is not None:
            parts.append(f"check (length({quoted(self.name)}) <= {self.length})")
        return " ".join(parts)


def columns_of(session: Session, name: ObjectName) -> list[TableColumn]:
    """The columns of a table or view, temporary ones included; an error if there is no such relation.

    Their comments are left out: see `comments_of`.
    """
    try:
        found = session.rows(
            'select name, type, "notnull", dflt_value '
            f"from pragma_table_info({literal(session.physical(name))}) order by cid"
        )
    except SnowflakeError:
        if session.exists(name):
            raise
        raise missing_relation(str(name)) from None
    lengths = _lengths(session, name)
    return [
        TableColumn(column, kind, not_null, default, lengths.get(column))
        for column, kind, not_null, default in found
    ]


def comments_of(session: Session, name: ObjectName) -> dict[str, str]:
    """Column -> comment, of the columns that have one. DuckDB binds every view it has to answer this."""
    found = session.rows(
        "select column_name, comment from duckdb_columns() "
        "where database_name = ? and schema_name = ? and table_name = ? and comment is not null",
        _place(session, name),
    )
    return dict(found)


def with_comments(session: Session, name: ObjectName) -> list[TableColumn]:
    """The columns, as `columns_of` has them, with their comments."""
    comments = comments_of(session, name)
    return [replace(column, comment=comments.get(column.name)) for column in columns_of(session, name)]


def _place(session: Session, name: ObjectName) -> list[str]:
    """DuckDB's database, schema and name of a relation."""
    if name in session.temporary:
        return ["temp", "main", session.temporary[name]]
    return [name.database, name.schema, name.name]


def _lengths(session: Session, name: ObjectName) -> dict[str, int]:
    checks = session.rows(
        "select expression from duckdb_constraints() where constraint_type = 'CHECK' "
        "and database_name = ? and schema_name = ? and table_name = ?",
        _place(session, name),
    )
    matches = [match for (text,) in checks if (match := _LENGTH_CHECK.search(text))]
    return {(m["quoted"] or m["plain"]).replace('""', '"'): int(m["length"]) for m in matches}


def table_comment(session: Session, name: ObjectName) -> str | None:
    found = session.rows(
        "select comment from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?",
        [name.database, name.schema, name.name],
    )
    return found[0][0] if found else None


def parsed_column(session: Session, definition: exp.ColumnDef) -> TableColumn:
    """A column of a CREATE or ALTER TABLE; of keys, which nothing enforces, only NOT NULL is left."""
    name = fold(definition.this.sql("snowflake"))
    kind = definition.args.get("kind")
    if not isinstance(kind, exp.DataType):
        raise unsupported(f"column {name} without a data type")
    column = TableColumn(name, duckdb_type(kind), length=text_length(kind))
    for constraint in definition.args.get("constraints") or []:
        column = _constrained(session, column, constraint.args.get("kind"))
    return column


def required(column: TableColumn) -> TableColumn:
    """The column as part of a primary key, which makes it NOT NULL."""
    return replace(column, not_null=True)


def _constrained(session: Session, column: TableColumn, kind: exp.Expr | None) -> TableColumn:
    if isinstance(kind, exp.NotNullColumnConstraint):
        return column if kind.args.get("allow_null") else replace(column, not_null=True)
    if isinstance(kind, exp.PrimaryKeyColumnConstraint):
        return replace(column, not_null=True)
    if isinstance(kind, exp.DefaultColumnConstraint):
        return replace(column, default=f"({translate(kind.this, session)})")
    if isinstance(kind, exp.CommentColumnConstraint):
        return replace(column, comment=kind.this.name)
    if kind is None or isinstance(kind, exp.UniqueColumnConstraint | exp.Reference | exp.Tags):
        return column
    raise unsupported(f"column constraint {kind.sql('snowflake')}")


def create(
    session: Session, physical: str, columns: Sequence[TableColumn], *, head: str = "create table"
) -> None:
    """Create the table with its column comments."""
    session.rows(f"{head} {physical} ({', '.join(column.sql for column in columns)})")
    comment_columns(session, physical, columns)


def comment_columns(session: Session, physical: str, columns: Iterable[TableColumn]) -> None:
    for column in columns:
        if column.comment is not None:
            session.rows(f"comment on column {physical}.{quoted(column.name)} is {literal(column.comment)}")


def copy_table(session: Session, source: ObjectName, target: ObjectName, *, rows: bool = True) -> None:
    """Create `target` with the columns, comments and, unless told otherwise, the rows of `source`."""
    columns = with_comments(session, source)
    create(session, target.sql, columns)
    if comment := table_comment(session, source):
        session.rows(f"comment on table {target.sql} is {literal(comment)}")
    if rows:
        session.rows(f"insert into {target.sql} select * from {session.physical(source)}")


def rebuild(
    session: Session, name: ObjectName, columns: Sequence[TableColumn], values: Sequence[str]
) -> None:
    """Give the table other columns; `values` are DuckDB expressions over the old ones, one for each."""
    aside = ObjectName(name.database, name.schema, f"~{name.name}")
    comment, comments = table_comment(session, name), comments_of(session, name)
    commented = [replace(column, comment=column.comment or comments.get(column.name)) for column in columns]
    create(session, aside.sql, commented)
    session.rows(f"insert into {aside.sql} select {', '.join(values)} from {name.sql}")
    session.rows(f"drop table {name.sql}")
    session.rows(f"alter table {aside.sql} rename to {quoted(name.name)}")
    if comment is not None:
        session.rows(f"comment on table {name.sql} is {literal(comment)}")
