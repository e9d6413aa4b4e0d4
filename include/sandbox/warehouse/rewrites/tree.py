"""Building and replacing parts of a parsed statement."""

from __future__ import annotations

from collections.abc import Callable

import sqlglot
from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.storage import MACROS

Rewrite = Callable[[exp.Expr, DialectContext], exp.Expr]


def bottom_up(tree: exp.Expr, rewrite: Rewrite, context: DialectContext) -> exp.Expr:
    """Apply `rewrite` to every node, children first, so that what replaces a parent holds them."""
    for node in reversed(list(tree.walk())):
        replacement = rewrite(node, context)
        if replacement is node:
            continue
        if node is tree:
            tree = replacement
        else:
            node.replace(replacement)
    return tree


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A DuckDB function call; the arguments are copied."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def macro(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of one of the account's macros."""
    return call(MACROS + name, *arguments)


def cast(value: exp.Expr, duckdb_type: str) -> exp.Cast:
    return exp.Cast(this=value.copy(), to=exp.DataType.build(duckdb_type, dialect="duckdb"))


def template(duckdb_sql: str, **parts: exp.Expr) -> exp.Expr:
    """A DuckDB expression in which the upper-case names of `parts` stand for expressions."""
    tree = sqlglot.parse_one(duckdb_sql, read="duckdb")
    for path in list(tree.find_all(exp.JSONExtract)):  # as a call by name, which snowduck leaves as it is
        path.replace(exp.Anonymous(this="json_extract", expressions=[path.this, path.expression]))
    for column in list(tree.find_all(exp.Column)):
        if column.name in parts:
            column.replace(parts[column.name].copy())
    return tree


def text_of(node: exp.Expr | None) -> str | None:
    """The value of a text literal, None for anything else."""
    return str(node.this) if isinstance(node, exp.Literal) and node.is_string else None
