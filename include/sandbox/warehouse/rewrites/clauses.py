"""Clauses and functions that DuckDB spells otherwise: VALUES, ASOF JOIN, SEQ, HASH, HASH_AGG, SHA2,
CURRENT_USER, TO_NUMBER of hexadecimal digits."""

from __future__ import annotations

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.rewrites.tree import template, text_of

_SEQUENCES = exp.Seq1 | exp.Seq2 | exp.Seq4 | exp.Seq8
_HEX_DIGITS = 15  # what a signed 64-bit number holds whatever the digits
_HALF_OF_UNSIGNED = 9_223_372_036_854_775_808


def before(node: exp.Expr, context: DialectContext) -> exp.Expr:
    replacement = node
    if isinstance(node, exp.CurrentUser):
        replacement = exp.Literal.string(getattr(context, "current_user", ""))
    elif isinstance(node, _SEQUENCES) and isinstance(node.find_ancestor(exp.Window, exp.Select), exp.Window):
        replacement = exp.Null()  # numbered rows in no particular order, as SEQ leaves them
    elif isinstance(node, exp.Values):
        replacement = _named_columns(node)
    elif isinstance(node, exp.Parameter) and node.name.isdigit():
        replacement = exp.column(exp.to_identifier(f"COLUMN{node.name}"))
    elif isinstance(node, exp.Anonymous) and str(node.this).upper() == "HASH":
        replacement = _hash(node.expressions)
    elif isinstance(node, exp.HashAgg):
        replacement = _hash_agg(node)
    elif isinstance(node, exp.SHA2 | exp.SHA2Digest):
        _check_bits(node.args.get("length"))
    elif isinstance(node, exp.Join) and node.args.get("match_condition") is not None:
        replacement = _asof(node)
    elif isinstance(node, exp.ToNumber) and node.args.get("format") is not None:
        replacement = _number_in_format(node)
    return replacement


def _check_bits(bits: exp.Expr | None) -> None:
    if bits is not None and bits.name not in ("0", "256"):
        raise unsupported(f"SHA2 with {bits.name} bits")


def _number_in_format(node: exp.ToNumber) -> exp.Expr:
    """Hexadecimal digits: https://docs.snowflake.com/en/sql-reference/sql-format-models"""
    digits = text_of(node.args["format"]) or ""
    if not 0 < len(digits) <= _HEX_DIGITS or set(digits.upper()) != {"X"}:
        raise unsupported(f"TO_NUMBER with the format {node.args['format'].sql('snowflake')}")
    return template("CAST('0x' || HEX AS BIGINT)", HEX=node.this)


def _named_columns(values: exp.Values) -> exp.Values:
    """The columns of VALUES are COLUMN1, COLUMN2:
    https://docs.snowflake.com/en/sql-reference/constructs/values
    """
    alias = values.args.get("alias")
    if not isinstance(values.parent, exp.From | exp.Join) or (alias and alias.columns):
        return values
    row = values.expressions[0]
    width = len(row.expressions) if isinstance(row, exp.Tuple) else 1
    columns = [exp.to_identifier(f"COLUMN{index + 1}") for index in range(width)]
    name = alias.this.copy() if alias and alias.this else exp.to_identifier("_VALUES")
    values.set("alias", exp.TableAlias(this=name, columns=columns))
    return values


def _hash(arguments: list[exp.Expr]) -> exp.Expr:
    """A signed 64-bit hash of all arguments; `*` stands for every column of the row."""
    return template(f"CAST(HASHED - {_HALF_OF_UNSIGNED} AS BIGINT)", HASHED=_unsigned_hash(arguments))


def _unsigned_hash(arguments: list[exp.Expr]) -> exp.Expr:
    inputs = ", ".join(
        "*COLUMNS(*)" if isinstance(a, exp.Star) else a.sql("duckdb", identify=True) for a in arguments
    )
    return exp.Cast(this=exp.Var(this=f"hash({inputs})"), to=exp.DataType.build("HUGEINT", dialect="duckdb"))


def _hash_agg(node: exp.HashAgg) -> exp.Expr:
    """One hash of rows in any order, nulls and repeated rows counted; 0 over no rows:
    https://docs.snowflake.com/en/sql-reference/functions/hash_agg
    """
    if isinstance(node.parent, exp.Window | exp.Filter) or node.find(exp.Distinct):
        raise unsupported("HASH_AGG of DISTINCT rows or over a window")
    return template(
        f"coalesce(CAST(sum(HASHED) % {2 * _HALF_OF_UNSIGNED} - {_HALF_OF_UNSIGNED} AS BIGINT), 0)",
        HASHED=_unsigned_hash([node.this, *node.expressions]),
    )


def _asof(join: exp.Join) -> exp.Join:
    """ASOF JOIN keeps rows without a match: https://docs.snowflake.com/en/sql-reference/constructs/asof-join"""
    condition = join.args["match_condition"]
    condition = condition.this if isinstance(condition, exp.Paren) else condition
    on = join.args.get("on")
    join.set("match_condition", None)
    join.set("on", exp.and_(on, condition) if on is not None else condition)
    join.set("side", "LEFT")
    return join
