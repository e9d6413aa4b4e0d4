"""JSON records as rows of text, each value exactly as it was sent."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NoReturn, cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from include.contracts import TIMEZONE, Column, SourceContract, Table
from include.contracts.bronze import data_type
from include.extract.batch import row_schema
from include.extract.errors import ContractViolationError, missing_columns, owner
from include.extract.identifiers import IdentifierKey

Record = Mapping[str, Any]


class Number(str):
    """The digits of a JSON number as sent: `1.10` stays `1.10`, and no digit of a long one is lost."""

    __slots__ = ()


def parse(body: bytes) -> Any:
    """A JSON document with its numbers as `Number`. ValueError when it is not JSON."""
    try:
        return json.loads(body, parse_float=Number, parse_int=Number, parse_constant=_not_json)
    except RecursionError:
        raise ValueError("nested too deep") from None


def text_of(value: Any) -> str | None:
    """A JSON value as bronze keeps it: scalars as their text, objects and arrays as JSON, null as null."""
    if value is None or value is _ABSENT:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _encodable(value)
    return json_of(value)


def nested_text_of(value: Any) -> str | None:
    """A JSON value of a column that bronze keeps as JSON, whatever the source sends in it; null as null."""
    return None if value is None or value is _ABSENT else json_of(value)


def json_of(value: Any) -> str:
    """A parsed JSON value as JSON again: its numbers as sent, its keys in the order they came."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_of(key)}:{json_of(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_of, value)) + "]"
    return json.dumps(_encodable(value) if isinstance(value, str) else value, ensure_ascii=False)


def rows_of(
    contract: SourceContract,
    table: Table,
    records: Sequence[Record],
    *,
    cursor: str,
    where: str,
    key: IdentifierKey,
) -> pa.Table:
    """Records as rows with `row_schema`, `_position` still empty; restricted values keyed.

    `cursor` is the column whose moment becomes `_committed_at`, `where` names in an error what was read.
    Raises ContractViolationError when a record lacks a required column, its key or its cursor.
    """
    taken = _taken(table)
    values = {column.name: [_at(record, column.path) for record in records] for column in table.columns}
    if lost := _lost(table, cursor, values):
        raise missing_columns(contract, table.name, lost, where)
    filled = (*table.key, cursor)
    if empty := [name for name in filled if any(value in (None, "") for value in values[name])]:
        raise ContractViolationError(
            f"{where} sent a record of {table.name} without a value in {', '.join(empty)}. "
            f"Nothing of this run was loaded. Ask {owner(contract)} to correct it, then clear this task."
        )
    moments = [_moment(contract, table, cursor, value, where) for value in values[cursor]]
    if late := _overdue(table, values, moments):
        raise missing_columns(contract, table.name, late, where)
    rescued = []
    for record in records:
        unknown = _unknown(record, taken)
        rescued.append(json_of(concealed(unknown, key)) if unknown else None)
    columns: dict[str, pa.Array] = {}
    for column in table.columns:
        texts = pa.array(map(_TEXT[data_type(column)], values[column.name]), pa.string())
        columns[column.name] = key.keyed(texts) if column.classification == "restricted" else texts
    columns["_op"] = pa.repeat(pa.scalar("read"), len(records))
    columns["_position"] = pa.repeat(pa.scalar(""), len(records))
    columns["_committed_at"] = pa.array(moments, pa.timestamp("us"))
    columns["_unchanged"] = pa.nulls(len(records), pa.string())
    columns["_rescued"] = pa.array(rescued, pa.string())
    return pa.table(columns, schema=row_schema(table))


_TEXT: Mapping[str, Callable[[Any], str | None]] = {"varchar": text_of, "variant": nested_text_of}


def concealed(value: Any, key: IdentifierKey) -> Any:
    """A value the contract does not name, with every scalar in it that looks like a SIN keyed."""
    if isinstance(value, dict):
        return {name: concealed(member, key) for name, member in value.items()}
    if isinstance(value, list):
        return [concealed(member, key) for member in value]
    return key.concealed(value) if isinstance(value, str) else value


class _Absent:
    """Stands for a field that a record does not have, which is not the same as one that holds null."""


_ABSENT = _Absent()
_Taken = dict[str, "_Taken | None"]


def _at(record: Record, path: tuple[str, ...]) -> Any:
    value: Any = record
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _lost(table: Table, cursor: str, values: Mapping[str, Sequence[Any]]) -> list[str]:
    """The needed columns that some record lacks."""
    needed = [
        one.name
        for one in table.columns
        if (one.required and one.announced_for is None) or one.key or one.name == cursor
    ]
    return sorted(name for name in needed if any(value is _ABSENT for value in values[name]))


def _overdue(table: Table, values: Mapping[str, Sequence[Any]], moments: Sequence[datetime]) -> list[str]:
    """The announced columns that a record lacks although it was last changed on their day or after it."""
    needed = [one for one in table.columns if one.required and one.announced_for is not None]
    days = [moment.replace(tzinfo=UTC).astimezone(ZoneInfo(TIMEZONE)).date() for moment in moments if needed]
    return sorted(
        one.name
        for one in needed
        if any(
            value is _ABSENT and one.due_on(day) for value, day in zip(values[one.name], days, strict=True)
        )
    )


def _taken(table: Table) -> _Taken:
    """The fields that columns take, as they nest: `{"id": None, "properties": {"email": None}}`."""
    taken: _Taken = {}
    for column in table.columns:
        *outer, last = column.path
        inside = taken
        for name in outer:
            inside = cast(_Taken, inside.setdefault(name, {}))
        inside[last] = None
    return taken


def _unknown(record: Record, taken: _Taken) -> dict[str, Any]:
    """What no column takes, where it stood."""
    left: dict[str, Any] = {}
    for name, value in record.items():
        below = taken.get(name, {})
        if below is None:
            continue
        if below and isinstance(value, dict):
            if inner := _unknown(value, below):
                left[name] = inner
        else:
            left[name] = value
    return left


def _moment(contract: SourceContract, table: Table, cursor: str, value: Any, where: str) -> datetime:
    """The moment a cursor names, in the form its contracted type says. A date is its first instant here."""
    column = table.column(cursor)
    reading, form = _FORMS.get(column.logical_type, _RFC3339)
    try:
        return reading(value, column).astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise ContractViolationError(
            f"{where} sent {table.name}.{cursor} in a form that is not {form}. Nothing of "
            f"this run was loaded. Ask {owner(contract)} to correct it, then clear this task."
        ) from None


def _instant(value: Any, column: Column) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:  # where the contract names no zone, this is a ValueError
        moment = moment.replace(tzinfo=ZoneInfo(column.default_timezone))
    return moment


def _unix(value: Any, _: Column) -> datetime:
    if not isinstance(value, Number):
        raise TypeError
    return datetime.fromtimestamp(int(value), UTC)


def _day(value: Any, _: Column) -> datetime:
    return datetime.combine(date.fromisoformat(value), time.min, ZoneInfo(TIMEZONE))


_RFC3339 = (_instant, "RFC 3339 with an offset")
_FORMS: Mapping[str, tuple[Callable[[Any, Column], datetime], str]] = {
    "timestamp": _RFC3339,
    "integer": (_unix, "a whole number of Unix seconds"),
    "date": (_day, "a date, YYYY-MM-DD"),
}


def _encodable(text: str) -> str:
    """JSON may escape half of a surrogate pair, which no encoding can write: it becomes U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
