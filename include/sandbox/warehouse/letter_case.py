"""Quoted names mean exactly what they say: https://docs.snowflake.com/en/sql-reference/identifiers-syntax

DuckDB finds `"id"` where the column is ID. Snowflake does not, and a statement that works only here would
fail there.
"""

from __future__ import annotations

from sqlglot import exp

from include.sandbox.warehouse.definitions import columns_of
from include.sandbox.warehouse.errors import SnowflakeError, invalid_identifier, missing_relation
from include.sandbox.warehouse.resolve import is_cte
from include.sandbox.warehouse.session import Session


def check_letter_case(session: Session, tree: exp.Expr) -> None:
    """Refuse quoted names with lower-case letters that exist only in another case."""
    columns = [column for column in tree.find_all(exp.Column) if _is_mixed(column.this)]
    tables = [table for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    read = [table for table in tables if not is_cte(table) and not _is_made(table)]
    for table in read:
        if any(_is_mixed(part) for part in table.parts) and not session.exists(session.table_name(table)):
            raise missing_relation(str(session.table_name(table)))
    if not columns:
        return
    known = {name for table in read for name in _column_names(session, table)} | _names_given(tree)
    if session.last_result is not None:
        known |= {column.name for column in session.last_result.columns}
    for column in columns:
        if column.name not in known:
            raise invalid_identifier(f'"{column.name}"')


def _is_mixed(node: exp.Expr | None) -> bool:
    return (
        isinstance(node, exp.Identifier) and bool(node.args.get("quoted")) and node.name != node.name.upper()
    )


def _is_made(table: exp.Table) -> bool:
    """Whether the statement creates this table."""
    holder = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
    return isinstance(holder, exp.Create)


def _column_names(session: Session, table: exp.Table) -> set[str]:
    try:
        return {column.name for column in columns_of(session, session.table_name(table))}
    except SnowflakeError:
        return (
            set()
        )  # a view of INFORMATION_SCHEMA, whose columns are in upper case, or a relation that is missing


def _names_given(tree: exp.Expr) -> set[str]:
    """What the statement itself names: aliases, and the columns listed after a table's alias."""
    aliases = [alias.args["alias"] for alias in tree.find_all(exp.Alias)]
    listed = [column for alias in tree.find_all(exp.TableAlias) for column in alias.columns]
    return {
        name.name
        for name in (*aliases, *listed)
        if isinstance(name, exp.Identifier) and name.args.get("quoted")
    }
