"""Exact numbers: NUMBER division and AVG stay NUMBER, and dividing by zero is an error."""

from __future__ import annotations

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.errors import raising_sql
from include.sandbox.warehouse.rewrites.tree import call, template

_ZERO = raising_sql("Division by zero", 100051, "22012")


def after(node: exp.Expr, _: DialectContext) -> exp.Expr:
    """https://docs.snowflake.com/en/sql-reference/operators-arithmetic#scale-and-precision-in-arithmetic-operations"""
    if isinstance(node, exp.Div):
        return _as_number(exp.Div(this=node.this.copy(), expression=_divisor(node.expression)), node.this)
    if isinstance(node, exp.Mod):
        node.set("expression", _divisor(node.expression))
        return node
    if isinstance(node, exp.Avg) and not isinstance(node.parent, exp.Window | exp.Filter):
        return _as_number(node.copy(), exp.Max(this=node.this.copy()))
    if isinstance(node, exp.Window) and isinstance(node.this, exp.Avg):
        sample = node.copy()
        sample.set("this", exp.Max(this=node.this.this.copy()))
        return _as_number(node.copy(), sample)
    return node


def _as_number(quotient: exp.Expr, like: exp.Expr) -> exp.Expr:
    """The quotient with six more decimals than `like` where that is a NUMBER; a FLOAT stays a FLOAT.

    `like` only lends its type: DuckDB binds cast_to_type's second argument and drops it.
    """
    sample = exp.Mul(this=exp.Paren(this=like.copy()), expression=exp.Literal.number("0.000000"))
    return call("cast_to_type", quotient, sample)


def _divisor(value: exp.Expr) -> exp.Expr:
    inner = value.this if isinstance(value, exp.Paren) else value
    if isinstance(inner, exp.Literal) and not inner.is_string and float(inner.this) != 0:
        return value.copy()
    return exp.Paren(this=template(f"CASE DIVISOR WHEN 0 THEN {_ZERO} ELSE DIVISOR END", DIVISOR=value))
