"""SELECT and its kin, with the result of the statement before and the governance views they may read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlglot
from sqlglot import exp

from include.sandbox.warehouse.errors import SnowflakeError, missing_relation, unsupported
from include.sandbox.warehouse.names import ObjectName, literal, quoted, split
from include.sandbox.warehouse.results import Result, from_cursor
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.storage import HIDDEN_SCHEMA
from include.sandbox.warehouse.translate import translate

_LAST = "_LAST_RESULT"


def run(session: Session, tree: exp.Expr, rows: Sequence[Sequence[Any]]) -> Result:
    """Run a query and return all its rows."""
    parameters = rows[0] if rows else None
    result = from_cursor(session.run(to_duckdb(session, tree), parameters), spill=session.spill)
    if any(column.duckdb_type == "INTERVAL" for column in result.columns):
        raise unsupported("INTERVAL as a result type")
    return result


def empty(session: Session, tree: exp.Expr) -> Result:
    """The query's columns with no rows."""
    return from_cursor(session.run(f"select * from ({to_duckdb(session, tree)}) limit 0"))


def to_duckdb(session: Session, tree: exp.Expr) -> str:
    """DuckDB SQL for a query, with RESULT_SCAN, TAG_REFERENCES and their like filled in."""
    tree = tree.copy()
    for call in list(tree.find_all(exp.TableFromRows)):
        _fill_function(session, call)
    counted = any(
        isinstance(node, exp.Star) or node.name.upper() == "ROW_COUNT"
        for node in tree.find_all(exp.Star, exp.Column)
    )
    for table in list(tree.find_all(exp.Table)):
        _fill_view(session, table, counted=counted)
    return translate(tree, session)


def _fill_function(session: Session, node: exp.TableFromRows) -> None:
    function = node.this
    while isinstance(function, exp.Dot):
        function = function.expression
    if not isinstance(function, exp.Anonymous):
        return
    name = str(function.this).upper()
    arguments = [a.expression if isinstance(a, exp.Kwarg) else a for a in function.expressions]
    if name == "RESULT_SCAN":
        replacement: exp.Expr = _last_result(session)
    elif name in ("TAG_REFERENCES", "TAG_REFERENCES_ALL_COLUMNS"):
        replacement = _subquery(_tags_of(session, arguments[0].name, columns=name.endswith("COLUMNS")))
    elif name == "POLICY_REFERENCES":
        replacement = _subquery(_policies_of(session, function.expressions))
    else:
        return
    replacement.set("alias", node.args.get("alias"))
    node.replace(replacement)


def _fill_view(session: Session, table: exp.Table, *, counted: bool) -> None:
    """SNOWFLAKE.ACCOUNT_USAGE and INFORMATION_SCHEMA views over what is recorded per database."""
    schema, view = table.db.upper(), table.name.upper()
    if schema == "ACCOUNT_USAGE":
        queries = {"TAG_REFERENCES": tags_sql, "POLICY_REFERENCES": policies_sql, "LOAD_HISTORY": loads_sql}
        if view not in queries:
            raise unsupported(f"SNOWFLAKE.ACCOUNT_USAGE.{view}")
        parts = [queries[view](database) for database in session.account.database_names()]
        replacement = _subquery(" union all ".join(parts))
    elif schema == "INFORMATION_SCHEMA" and view == "LOAD_HISTORY":
        replacement = _subquery(loads_sql(table.catalog.upper() or session.database or ""))
    elif schema == "INFORMATION_SCHEMA" and view == "TABLES" and counted:
        replacement = _subquery(_tables_sql(session, table.catalog.upper() or session.database or ""))
    else:
        return
    replacement.set("alias", table.args.get("alias"))
    table.replace(replacement)


def _tables_sql(session: Session, database: str) -> str:
    """INFORMATION_SCHEMA.TABLES with the rows counted; DuckDB itself only estimates them."""
    tables = session.rows(
        "select schema_name, table_name from duckdb_tables() where database_name = ? and schema_name <> ?",
        [database, HIDDEN_SCHEMA],
    )
    counts = [
        f"select {literal(schema)} as s, {literal(name)} as t, count(*) as n from "
        f"{quoted(database, schema, name)}"
        for schema, name in tables
    ]
    counted = " union all ".join(counts) or "select null as s, null as t, null as n"
    view = quoted(database, HIDDEN_SCHEMA, "_tables")
    return (
        f'select v.* replace (c.n as "ROW_COUNT") from {view} v '
        f'left join ({counted}) c on c.s = v."TABLE_SCHEMA" and c.t = v."TABLE_NAME"'
    )


def _subquery(sql: str) -> exp.Subquery:
    return exp.Subquery(this=sqlglot.parse_one(sql, read="duckdb"))


def _last_result(session: Session) -> exp.Expr:
    if session.last_result is None:
        raise SnowflakeError("Result of the last statement is not available for RESULT_SCAN.", 709, "02000")
    session.cursor.register(_LAST, session.last_result.table)
    return exp.table_(_LAST, db="main", catalog="temp", quoted=True)


# -- what is recorded, in Snowflake's columns ---------------------------------


def tags_sql(database: str) -> str:
    """https://docs.snowflake.com/en/sql-reference/account-usage/tag_references"""
    return (
        "select split_part(tag, '.', 1) as \"TAG_DATABASE\", split_part(tag, '.', 2) as \"TAG_SCHEMA\", "
        'split_part(tag, \'.\', 3) as "TAG_NAME", value as "TAG_VALUE", '
        f'{literal(database)} as "OBJECT_DATABASE", nullif(schema_name, \'\') as "OBJECT_SCHEMA", '
        'object_name as "OBJECT_NAME", domain as "DOMAIN", nullif(column_name, \'\') as "COLUMN_NAME" '
        f"from {quoted(database, HIDDEN_SCHEMA, '_tag_references')}"
    )


def policies_sql(database: str) -> str:
    """https://docs.snowflake.com/en/sql-reference/account-usage/policy_references"""
    return (
        "select split_part(policy, '.', 1) as \"POLICY_DB\", split_part(policy, '.', 2) as "
        '"POLICY_SCHEMA", '
        'split_part(policy, \'.\', 3) as "POLICY_NAME", kind as "POLICY_KIND", '
        f'{literal(database)} as "REF_DATABASE_NAME", schema_name as "REF_SCHEMA_NAME", '
        'object_name as "REF_ENTITY_NAME", nullif(column_name, \'\') as "REF_COLUMN_NAME" '
        f"from {quoted(database, HIDDEN_SCHEMA, '_policy_references')}"
    )


def loads_sql(database: str) -> str:
    """https://docs.snowflake.com/en/sql-reference/info-schema/load_history"""
    return (
        f'select schema_name as "SCHEMA_NAME", file as "FILE_NAME", object_name as "TABLE_NAME", '
        f'loaded_at as "LAST_LOAD_TIME", \'LOADED\' as "STATUS", rows as "ROW_COUNT", {literal(database)} '
        'as "CATALOG_NAME" '
        f"from {quoted(database, HIDDEN_SCHEMA, '_loads')}"
    )


def _tags_of(session: Session, written: str, *, columns: bool) -> str:
    name = session.object_name(split(written))
    if not session.exists(name):
        raise missing_relation(str(name))
    return f'select *, "DOMAIN" as "LEVEL" from ({tags_sql(name.database)}) t where {_on(name)}' + (
        " and \"DOMAIN\" = 'COLUMN'" if columns else ""
    )


def _on(name: ObjectName) -> str:
    return f'"OBJECT_SCHEMA" = {literal(name.schema)} and "OBJECT_NAME" = {literal(name.name)}'


def _policies_of(session: Session, arguments: list[exp.Expr]) -> str:
    named = {a.this.name.upper(): a.expression.name for a in arguments if isinstance(a, exp.Kwarg)}
    if "POLICY_NAME" in named:
        policy = session.object_name(split(named["POLICY_NAME"]))
        return (
            f'select * from ({policies_sql(policy.database)}) p where "POLICY_NAME" = {literal(policy.name)}'
        )
    name = session.object_name(split(named.get("REF_ENTITY_NAME", "")))
    return (
        f'select * from ({policies_sql(name.database)}) p where "REF_SCHEMA_NAME" = {literal(name.schema)} '
        f'and "REF_ENTITY_NAME" = {literal(name.name)}'
    )
