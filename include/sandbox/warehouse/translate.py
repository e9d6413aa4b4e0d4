"""Snowflake SQL in, DuckDB SQL out: snowduck's dialect with this package's rewrites around it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import sqlglot
from snowduck.dialect import Dialect, DialectContext
from snowduck.dialect.dialect import _PREPROCESSORS
from sqlglot import exp

from include.sandbox.warehouse.errors import SnowflakeError, syntax_error, unsupported
from include.sandbox.warehouse.resolve import resolve
from include.sandbox.warehouse.rewrites import aggregates, clauses, json_values, numbers, timestamps, types
from include.sandbox.warehouse.rewrites.tree import bottom_up
from include.sandbox.warehouse.session import Session

_BEFORE = (timestamps.before, json_values.before, types.before, clauses.before)
_AFTER = (aggregates.after, numbers.after, timestamps.after)

# sqlglot logs what it cannot model and passes it on as text; here that becomes an error instead.
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(kw_only=True)
class _Context(DialectContext):  # type: ignore[misc, unused-ignore]  # snowduck declares no types
    """What a translation needs to know about its session."""

    current_user: str


def _context(session: Session) -> _Context:
    return _Context(
        current_user=session.user,
        current_database=session.database,
        current_schema=session.schema,
        current_role=session.role,
        current_warehouse=session.warehouse,
        info_schema_manager=session.catalogue,
        session_variables=session.variables,
        session_parameters=session.parameters,
        last_query_id=session.last_query_id,
    )


class _WarehouseDialect(Dialect):  # type: ignore[misc, unused-ignore]  # snowduck declares no types
    def preprocess(self, expression: exp.Expr) -> exp.Expr:
        for rewrite in _BEFORE:
            expression = bottom_up(expression, rewrite, self.context)
        for rewrite in _PREPROCESSORS:  # as snowduck does, but without a copy of the tree for each
            expression = expression.transform(rewrite, copy=False, context=self.context)
        for rewrite in _AFTER:
            expression = bottom_up(expression, rewrite, self.context)
        return expression


def parse(sql: str) -> exp.Expr:
    """One parsed statement; several, or none, are Snowflake's errors."""
    try:
        trees = [tree for tree in sqlglot.parse(sql, read="snowflake") if tree is not None]
    except sqlglot.errors.SqlglotError as error:
        raise syntax_error(_plain(error)) from None
    trees = [tree for tree in trees if not isinstance(tree, exp.Semicolon)]
    if not trees:
        raise SnowflakeError("Empty SQL statement.", 900, "42601")
    if len(trees) > 1:
        raise SnowflakeError(
            f"Actual statement count {len(trees)} did not match the desired statement count 1.", 8, "0A000"
        )
    return trees[0]


def translate(tree: exp.Expr, session: Session) -> str:
    """DuckDB SQL for a statement or expression."""
    return generate(resolve(tree, session), session)


def generate(tree: exp.Expr, session: Session) -> str:
    """DuckDB SQL for a tree whose names are already resolved."""
    try:
        # Quoted throughout: DuckDB reserves words, such as AT, that Snowflake allows as names.
        return tree.sql(dialect=_WarehouseDialect(context=_context(session)), identify=True)
    except (ValueError, NotImplementedError) as error:  # how snowduck's rewrites refuse
        raise unsupported(str(error)) from None


def _plain(error: Exception) -> str:
    """sqlglot's message without its terminal colours."""
    first = str(error).split("\n")[0]
    return f"syntax error: {first}".replace("\x1b[4m", "").replace("\x1b[0m", "")
