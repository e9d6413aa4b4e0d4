"""Aggregates over no rows: an empty array, an empty text and a count of zero, where DuckDB gives NULL.

https://docs.snowflake.com/en/sql-reference/functions/array_agg, .../listagg and .../count_if
"""

from __future__ import annotations

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.rewrites.tree import template

_WRAPPERS = exp.Filter | exp.WithinGroup | exp.Window
_EMPTY: dict[type[exp.Expr], str] = {
    exp.ArrayAgg: "coalesce(to_json(AGGREGATE), CAST('[]' AS JSON))",
    exp.GroupConcat: "coalesce(AGGREGATE, '')",
    exp.CountIf: "coalesce(AGGREGATE, 0)",
}


def after(node: exp.Expr, _: DialectContext) -> exp.Expr:
    """Wrap the aggregate together with its FILTER, WITHIN GROUP and OVER."""
    empty = _EMPTY.get(type(_aggregate(node)))
    if empty is None or (isinstance(node.parent, _WRAPPERS) and node.parent.this is node):
        return node
    return template(empty, AGGREGATE=node)


def _aggregate(node: exp.Expr) -> exp.Expr:
    while isinstance(node, _WRAPPERS):
        node = node.this
    return node
