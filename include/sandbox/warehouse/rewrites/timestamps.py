"""Dates and times: conversions between time zones, and functions that keep a DATE a DATE."""

from __future__ import annotations

import re

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.rewrites.tree import call, cast, macro, template, text_of
from include.sandbox.warehouse.rewrites.types import is_zoned

_CONVERSIONS = {
    "TO_TIMESTAMP": "snowflake_ntz",
    "TO_TIMESTAMP_NTZ": "snowflake_ntz",
    "TO_TIMESTAMP_TZ": "snowflake_tz",
    "TO_TIMESTAMP_LTZ": "snowflake_tz",
    "TRY_TO_TIMESTAMP": "snowflake_try_ntz",
    "TRY_TO_TIMESTAMP_NTZ": "snowflake_try_ntz",
    "TRY_TO_TIMESTAMP_TZ": "snowflake_try_tz",
    "TRY_TO_TIMESTAMP_LTZ": "snowflake_try_tz",
}
_UNZONED = {exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ, exp.DataType.Type.DATETIME}
_DAY_OR_LONGER = {"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"}

# https://docs.snowflake.com/en/sql-reference/date-time-input-output#format-elements -> strftime, longest
# element first
_ELEMENTS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MON": "%b", "MM": "%m", "DD": "%d", "DY": "%a",
    "HH24": "%H", "HH12": "%I", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S",
    "FF6": "%f", "FF3": "%g", "FF": "%f000", "FF9": "%f000", "TZHTZM": "%z", '"': "",
}  # fmt: skip
_ELEMENT = re.compile("|".join(re.escape(e) for e in sorted(_ELEMENTS, key=len, reverse=True)), re.IGNORECASE)


def before(node: exp.Expr, _: DialectContext) -> exp.Expr:
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        if name in _CONVERSIONS:
            return _conversion(_CONVERSIONS[name], node.expressions, name)
    if isinstance(node, exp.Cast) and node.to.this in _UNZONED and (written := _zoned_text(node.this)):
        return _local_time(node, written)
    if isinstance(node, exp.ConvertTimezone) and node.args.get("source_tz") is None:
        # https://docs.snowflake.com/en/sql-reference/functions/convert_timezone: two arguments
        # convert an instant
        return exp.AtTimeZone(
            this=macro("snowflake_tz", node.args["timestamp"]), zone=node.args["target_tz"].copy()
        )
    if (
        isinstance(node, exp.ToChar)
        and (mask := text_of(node.args.get("format")))
        and re.search("[YHDS]", mask, re.I)
    ):
        return call("strftime", node.this, exp.Literal.string(_strftime(mask)))
    return node


def after(node: exp.Expr, _: DialectContext) -> exp.Expr:
    """A DATE gives a DATE: https://docs.snowflake.com/en/sql-reference/functions/date_trunc, .../dateadd"""
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        return call("cast_to_type", node, node.this)
    if isinstance(node, exp.DateAdd) and _unit(node) in _DAY_OR_LONGER and text_of(node.this) is None:
        return call("cast_to_type", node, node.this)
    if isinstance(node, exp.DateAdd) and text_of(node.this) is not None:
        node.set("this", cast(node.this, "TIMESTAMP"))
    return node


def _unit(node: exp.DateAdd) -> str:
    unit = node.args.get("unit")
    return unit.name.upper() if isinstance(unit, exp.Expr) else str(unit or "DAY").upper()


def _conversion(macro_name: str, arguments: list[exp.Expr], name: str) -> exp.Expr:
    if len(arguments) != 1:
        raise unsupported(f"{name} with this format")
    value = arguments[0]
    if isinstance(value, exp.Literal) and not value.is_string:
        return template("make_timestamp(VALUE * 1000000)", VALUE=value)
    return macro(macro_name, value)


def _zoned_text(value: exp.Expr) -> exp.Expr | None:
    """What a cast or conversion to TIMESTAMP_TZ converts, None for any other expression."""
    written: exp.Expr | None = None
    if isinstance(value, exp.Paren):
        written = _zoned_text(value.this)
    elif isinstance(value, exp.Cast) and is_zoned(value.to):
        written = value.this
    elif isinstance(value, exp.Anonymous) and str(value.this).endswith(("snowflake_tz", "snowflake_try_tz")):
        written = value.expressions[0]
    return written


def _local_time(node: exp.Cast, written: exp.Expr) -> exp.Expr:
    """A TIMESTAMP_TZ made from a text, cast to TIMESTAMP_NTZ, is the local time the text shows.

    DuckDB has forgotten the offset by then, so the text is read again without it.
    """
    trying = "try_" if isinstance(node, exp.TryCast) or "snowflake_try" in node.this.sql() else ""
    return template(
        "CASE WHEN typeof(WRITTEN) = 'VARCHAR' THEN LOCAL ELSE CAST(ZONED AS TIMESTAMP) END",
        WRITTEN=written,
        LOCAL=macro(f"snowflake_{trying}ntz", written),
        ZONED=macro(f"snowflake_{trying}tz", written),
    )


def _strftime(mask: str) -> str:
    """A TO_CHAR format in strftime's letters; an element that has none is refused."""
    plain = _ELEMENT.sub("", mask)
    if re.search("[A-Z]", plain.replace("T", ""), re.I):
        raise unsupported(f"date format '{mask}'")
    return _ELEMENT.sub(lambda match: _ELEMENTS[match.group(0).upper()], mask)
