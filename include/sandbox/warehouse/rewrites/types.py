"""Data types, one DuckDB type for each of Snowflake's, and casts that print and cut as Snowflake's do."""

from __future__ import annotations

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.rewrites.tree import call, cast, macro, text_of

_T = exp.DataType.Type
_TEXTS = {_T.VARCHAR, _T.TEXT, _T.CHAR, _T.NCHAR, _T.NVARCHAR}
_ZONED = {_T.TIMESTAMPTZ, _T.TIMESTAMPLTZ}
_UNZONED = {_T.TIMESTAMP, _T.TIMESTAMPNTZ, _T.DATETIME}
_CONTAINERS = {_T.VARIANT, _T.OBJECT, _T.ARRAY}
_DUCKDB = {
    **dict.fromkeys((_T.INT, _T.BIGINT, _T.SMALLINT, _T.TINYINT, _T.MEDIUMINT, _T.INT128), "BIGINT"),
    **dict.fromkeys((_T.FLOAT, _T.DOUBLE), "DOUBLE"),
    **dict.fromkeys(_TEXTS, "VARCHAR"),
    **dict.fromkeys(_ZONED, "TIMESTAMPTZ"),
    **dict.fromkeys(_UNZONED, "TIMESTAMP"),
    **dict.fromkeys((*_CONTAINERS, _T.JSON), "JSON"),
    **dict.fromkeys((_T.BINARY, _T.VARBINARY), "BLOB"),
    _T.BOOLEAN: "BOOLEAN",
    _T.DATE: "DATE",
    _T.TIME: "TIME",
}
_MACROS = {"TIMESTAMPTZ": "snowflake_tz", "TIMESTAMP": "snowflake_ntz", "BIGINT": "snowflake_int"}
_TRY_MACROS = {"TIMESTAMPTZ": "snowflake_try_tz", "TIMESTAMP": "snowflake_try_ntz"}
MAX_TEXT_LENGTH = 16_777_216


def duckdb_type(kind: exp.DataType) -> str:
    """The DuckDB type that stores a Snowflake type.

    https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
    """
    if kind.this == _T.DECIMAL:
        digits = [int(parameter.name) for parameter in kind.expressions] or [38]
        return f"DECIMAL({digits[0]}, {digits[1] if len(digits) > 1 else 0})"
    if kind.this not in _DUCKDB or (kind.this == _T.ARRAY and kind.expressions):
        raise unsupported(f"data type {kind.sql('snowflake')}")
    return _DUCKDB[kind.this]


def text_length(kind: exp.DataType) -> int | None:
    """The n of VARCHAR(n) where it limits anything; CHAR alone is VARCHAR(1)."""
    if kind.this not in _TEXTS:
        return None
    if kind.expressions:
        length = int(kind.expressions[0].name)
        return length if length < MAX_TEXT_LENGTH else None
    return 1 if kind.this in (_T.CHAR, _T.NCHAR) else None


def is_zoned(kind: exp.Expr | None) -> bool:
    return isinstance(kind, exp.DataType) and kind.this in _ZONED


def before(node: exp.Expr, _: DialectContext) -> exp.Expr:
    """Casts, with `::` and TRY_CAST, and the conversion functions without a format."""
    if isinstance(node, exp.Cast) and isinstance(node.to, exp.DataType):
        return _cast(node)
    if isinstance(node, exp.ToVariant):
        return call("to_json", node.this)
    if isinstance(node, exp.ToChar) and node.args.get("format") is None:
        return macro("snowflake_text", node.this)
    return node


def _cast(node: exp.Cast) -> exp.Expr:
    kind = node.to
    if kind.this in _TEXTS:
        return _as_text(node.this, text_length(kind))
    if kind.this == _T.JSON or (kind.this == _T.ARRAY and kind.expressions):
        return node  # made by another rewrite
    if kind.this in _CONTAINERS:  # a text becomes a VARIANT that holds the text; PARSE_JSON would parse it
        return call("to_json", node.this)
    target = duckdb_type(kind)
    name = (_TRY_MACROS if isinstance(node, exp.TryCast) else _MACROS).get(target)
    if name is not None:
        return macro(name, node.this)
    replaced = node.copy()
    replaced.set("to", exp.DataType.build(target, dialect="duckdb"))
    return replaced


def _as_text(value: exp.Expr, length: int | None) -> exp.Expr:
    text = value if text_of(value) is not None else macro("snowflake_text", value)
    if length is None:
        return cast(text, "VARCHAR")
    return exp.Left(this=text, expression=exp.Literal.number(length))
