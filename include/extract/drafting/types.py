"""PostgreSQL's types and check constraints in a contract's terms."""

from __future__ import annotations

import re

from include.contracts.source import LogicalType
from include.extract.drafting.catalogue import FoundColumn

_LOGICAL: dict[str, LogicalType] = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "oid": "integer",
    "numeric": "number",
    "float4": "number",
    "float8": "number",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "json": "object",
    "jsonb": "object",
}
# CHECK ((status = ANY (ARRAY['open'::text, 'closed'::text]))), with casts where the column is not text.
_ONE_OF = re.compile(
    r"CHECK \(\(\(?(?:VALUE|\w+|\"[^\"]+\")\)?(?:::[\w ]+)? = ANY "
    r"\(\(?ARRAY\[(?P<values>.*?)\]\)?(?:::[\w ]+\[\])?\)\)\)"
)
_VALUE = re.compile(r"'((?:[^']|'')*)'::[a-z ]+(?:\(\d+\))?|(-?\d+)")


def logical_type(column: FoundColumn) -> LogicalType:
    """What a column's values are. Where text is all that bronze can promise of them, `string`.

    An array is a string too: the change stream writes `{a,b}`, which is not JSON. So is `money`, whose text
    depends on the server's locale.
    """
    return _LOGICAL.get(column.base_type, "string")


def valid_values(column: FoundColumn) -> tuple[str, ...]:
    """The values an enum type or a check constraint `x in (...)` allows; empty where neither says so.

    Several constraints on one column are all in force: what each of them allows.
    """
    allowed = [column.labels] if column.labels else []
    for check in column.checks:
        if values := _one_of(check):
            allowed.append(values)
    if not allowed or _is_padded(column):
        return ()
    return tuple(value for value in allowed[0] if all(value in others for others in allowed[1:]))


def unused_checks(column: FoundColumn) -> tuple[str, ...]:
    """The check constraints that a contract cannot state."""
    return tuple(check for check in column.checks if not _one_of(check) or _is_padded(column))


def _is_padded(column: FoundColumn) -> bool:
    """`char(n)` comes filled up with spaces, so it never equals the value of its constraint."""
    return column.base_type == "bpchar"


def _one_of(check: str) -> tuple[str, ...]:
    found = _ONE_OF.fullmatch(check)
    if found is None:
        return ()
    values, at, text = [], 0, found["values"]
    while at < len(text):
        value = _VALUE.match(text, at)
        if value is None or not (value.end() == len(text) or text.startswith(", ", value.end())):
            return ()
        values.append(value[2] if value[1] is None else value[1].replace("''", "'"))
        at = value.end() + 2
    return tuple(values)
