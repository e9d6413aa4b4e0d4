"""JSON records as rows of text, each value exactly as it was sent."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import pyarrow as pa

from include.contracts import TIMEZONE, SourceContract, Table
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
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _encodable(value)
    return json_of(value)


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
    required = {column.name for column in table.columns if column.required or column.key} | {cursor}
    contracted = set(table.column_names)
    moments, rescued = [], []
    for record in records:
        if lost := sorted(required - record.keys()):
            raise missing_columns(contract, table.name, lost, where)
        if empty := [name for name in (*table.key, cursor) if record[name] in (None, "")]:
            raise ContractViolationError(
                f"{where} sent a record of {table.name} without a value in {', '.join(empty)}. "
                f"Nothing of this run was loaded. Ask {owner(contract)} to correct it, then clear this task."
            )
        moments.append(_moment(contract, table, cursor, record[cursor], where))
        unknown = {name: value for name, value in record.items() if name not in contracted}
        rescued.append(json_of(concealed(unknown, key)) if unknown else None)
    columns: dict[str, pa.Array] = {}
    for name in table.column_names:
        values = pa.array([text_of(record.get(name)) for record in records], pa.string())
        columns[name] = key.keyed(values) if name in table.restricted else values
    columns["_op"] = pa.repeat(pa.scalar("read"), len(records))
    columns["_position"] = pa.repeat(pa.scalar(""), len(records))
    columns["_committed_at"] = pa.array(moments, pa.timestamp("us"))
    columns["_unchanged"] = pa.nulls(len(records), pa.string())
    columns["_rescued"] = pa.array(rescued, pa.string())
    return pa.table(columns, schema=row_schema(table))


def concealed(value: Any, key: IdentifierKey) -> Any:
    """A value the contract does not name, with every scalar in it that looks like a SIN keyed."""
    if isinstance(value, dict):
        return {name: concealed(member, key) for name, member in value.items()}
    if isinstance(value, list):
        return [concealed(member, key) for member in value]
    return key.concealed(value) if isinstance(value, str) else value


def _moment(contract: SourceContract, table: Table, cursor: str, value: Any, where: str) -> datetime:
    """The moment a cursor names, in the form its contracted type says. A date is its first instant here."""
    reading, form = _FORMS.get(table.column(cursor).logical_type, _RFC3339)
    try:
        return reading(value).astimezone(UTC).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        raise ContractViolationError(
            f"{where} sent {table.name}.{cursor} in a form that is not {form}. Nothing of "
            f"this run was loaded. Ask {owner(contract)} to correct it, then clear this task."
        ) from None


def _instant(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _unix(value: Any) -> datetime:
    if not isinstance(value, Number):
        raise TypeError
    return datetime.fromtimestamp(int(value), UTC)


def _day(value: Any) -> datetime:
    return datetime.combine(date.fromisoformat(value), time.min, ZoneInfo(TIMEZONE))


_RFC3339 = (_instant, "RFC 3339 with an offset")
_FORMS: Mapping[str, tuple[Callable[[Any], datetime], str]] = {
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
