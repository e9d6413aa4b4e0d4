"""Which functions exist: a DuckDB function that Snowflake lacks must not work here and fail in production."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlglot import exp

from include.sandbox.warehouse.errors import SnowflakeError
from include.sandbox.warehouse.session import Session

_CALL = re.compile(r"(?P<name>[A-Za-z_][\w$]*)\s*\(")


@cache
def _known() -> frozenset[str]:
    """Snowflake's functions: https://docs.snowflake.com/en/sql-reference/functions-all"""
    return frozenset(Path(__file__).with_name("snowflake_functions.txt").read_text(encoding="utf-8").split())


def check_functions(session: Session, sql: str, tree: exp.Expr) -> None:
    """Refuse a call of a function that is neither Snowflake's nor the user's own."""
    for call in tree.find_all(exp.Func):
        match = _CALL.match(sql, call.meta["start"]) if "start" in call.meta else None
        if match is None or isinstance(call.parent, exp.Dot | exp.UserDefinedFunction):
            continue
        name = match["name"].upper()
        if name not in _known() and not _is_users_own(session, name):
            raise SnowflakeError(f"SQL compilation error:\nUnknown function {name}.", 2140, "42601")


def _is_users_own(session: Session, name: str) -> bool:
    found = session.rows(
        "select 1 from duckdb_functions() where not internal and function_type in ('macro', 'table_macro') "
        "and schema_name not in ('main', '_information_schema') and upper(function_name) = ? limit 1",
        [name],
    )
    return bool(found)
