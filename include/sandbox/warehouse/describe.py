"""DESCRIBE TABLE and VIEW: https://docs.snowflake.com/en/sql-reference/sql/desc-table"""

from __future__ import annotations

import re

from include.sandbox.warehouse.access import of
from include.sandbox.warehouse.definitions import TableColumn, columns_of, comments_of
from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.guard import require_any
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, rows
from include.sandbox.warehouse.rewrites.types import MAX_TEXT_LENGTH
from include.sandbox.warehouse.session import Session

_FIELDS = (
    "name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
    "policy name", "privacy domain",
)  # fmt: skip
_TYPES = (
    (r"DECIMAL\((\d+),(\d+)\)", r"NUMBER(\1,\2)"),
    (r"\w*INT|INTEGER", "NUMBER(38,0)"),
    (r"DOUBLE|FLOAT", "FLOAT"),
    (r"(BOOLEAN|DATE)", r"\1"),
    (r"TIME", "TIME(9)"),
    (r"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_TZ(9)"),
    (r"TIMESTAMP\w*", "TIMESTAMP_NTZ(6)"),
    (r"BLOB", "BINARY(8388608)"),
    (r"JSON", "VARIANT"),
    (r".*\]", "ARRAY"),
    (r"(?:STRUCT|MAP).*", "OBJECT"),
)


def describe(session: Session, reader: Reader) -> Result:
    reader.accept_any("DESC", "DESCRIBE")
    kind = reader.accept_any("TABLE", "VIEW")
    if kind is None:
        raise unsupported(f"DESCRIBE {' '.join(reader.words(1))}")
    name = session.object_name(reader.name())
    if reader.accept("TYPE", "="):
        reader.expect("COLUMNS")
    reader.end()
    if name not in session.temporary and session.exists(name):
        require_any(session, of("TABLE", name))
    policies = dict(
        session.rows(
            f"select column_name, policy from {session.records(name.database).table('_policy_references')} "
            "where schema_name = ? and object_name = ?",
            [name.schema, name.name],
        )
    )
    columns = columns_of(session, name)
    if name in session.temporary:
        comments = comments_of(session, name)
    else:
        comments = session.account.access.comments(name, lambda: comments_of(session, name))
    described = [_row(one, comments.get(one.name), policies.get(one.name)) for one in columns]
    return rows([(field, "VARCHAR") for field in _FIELDS], described)


def snowflake_type(column: TableColumn) -> str:
    """The type as Snowflake prints it."""
    for pattern, name in _TYPES:
        if match := re.fullmatch(pattern, column.duckdb_type):
            return match.expand(name)
    return f"VARCHAR({column.length or MAX_TEXT_LENGTH})"


def _row(column: TableColumn, comment: str | None, policy: str | None) -> list[str | None]:
    nullable = "N" if column.not_null else "Y"
    kind = snowflake_type(column)
    return [
        column.name,
        kind,
        "COLUMN",
        nullable,
        column.default,
        "N",
        "N",
        None,
        None,
        comment,
        policy,
        None,
    ]
