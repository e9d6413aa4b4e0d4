"""Reads the metric contract's file. Whether it is signed is the concern of ``signatures``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.metric import Clause, Metric, MetricContract, Signatory

HEADER = (
    "id",
    "title",
    "version",
    "effective",
    "timezone",
    "signatories",
    "operations",
    "clauses",
    "metrics",
)
CLAUSE = ("id", "title", "version", "effective", "owner", "sentence", "predicate", "parameters", "columns")
METRIC = ("name", "clause", "description", "owner", "channel")
SIGNATORY = ("id", "title")
OPERATIONS = ("owner", "channel", "gold_due")

V = TypeVar("V")


def metric_contract(document: Document) -> MetricContract:
    """The contract the document states, signed or not. Raises ContractError where it is not well formed."""
    data = _keys(document, (), document.data, HEADER)
    operations = _keys(document, ("operations",), data["operations"], OPERATIONS)
    clauses = [
        _clause(document, at, fields) for at, fields in _entries(document, "clauses", CLAUSE, unique="id")
    ]
    return MetricContract(
        id=_typed(document, ("id",), data["id"], str),
        title=_typed(document, ("title",), data["title"], str),
        version=_typed(document, ("version",), data["version"], str),
        effective=_typed(document, ("effective",), data["effective"], date),
        timezone=_timezone(document, data["timezone"]),
        signatories=tuple(
            Signatory(**{name: _typed(document, (*at, name), value, str) for name, value in fields.items()})
            for at, fields in _entries(document, "signatories", SIGNATORY, unique="id")
        ),
        clauses={clause.id: clause for clause in clauses},
        metrics=tuple(
            _metric(document, at, fields, [clause.id for clause in clauses])
            for at, fields in _entries(document, "metrics", METRIC, unique="name")
        ),
        owner=_typed(document, ("operations", "owner"), operations["owner"], str),
        channel=_channel(document, ("operations", "channel"), operations["channel"]),
        gold_due=_time(document, ("operations", "gold_due"), operations["gold_due"]),
        path=document.path,
    )


def _clause(document: Document, at: Keys, fields: Mapping[str, Any]) -> Clause:
    parameters = _typed(document, (*at, "parameters"), fields["parameters"], dict)
    _refuse_ambiguous(document, (*at, "parameters"), parameters)
    columns = _typed(document, (*at, "columns"), fields["columns"], list)
    for index, column in enumerate(columns):
        if not isinstance(column, str) or len(column.split(".")) != 2:
            reason = f"{column!r} does not name a gold column"
            raise document.error((*at, "columns", index), reason, "write it as table.column")
    return Clause(
        id=_typed(document, (*at, "id"), fields["id"], str),
        title=_typed(document, (*at, "title"), fields["title"], str),
        version=_typed(document, (*at, "version"), fields["version"], int),
        effective=_typed(document, (*at, "effective"), fields["effective"], date),
        owner=_typed(document, (*at, "owner"), fields["owner"], str),
        sentence=_typed(document, (*at, "sentence"), fields["sentence"], str),
        predicate=_typed(document, (*at, "predicate"), fields["predicate"], str),
        parameters=parameters,
        columns=tuple(columns),
    )


def _metric(document: Document, at: Keys, fields: Mapping[str, Any], clauses: list[str]) -> Metric:
    clause = _typed(document, (*at, "clause"), fields["clause"], str)
    if clause not in clauses:
        raise document.error((*at, "clause"), f"there is no clause {clause!r}", suggestion(clause, clauses))
    return Metric(
        name=_typed(document, (*at, "name"), fields["name"], str),
        clause=clause,
        description=_typed(document, (*at, "description"), fields["description"], str),
        owner=_typed(document, (*at, "owner"), fields["owner"], str),
        channel=_channel(document, (*at, "channel"), fields["channel"]),
    )


def _entries(
    document: Document, name: str, keys: tuple[str, ...], unique: str
) -> list[tuple[Keys, Mapping[str, Any]]]:
    """The mappings of a list, each with its place; their ``unique`` field differs."""
    items = _typed(document, (name,), document.data[name], list)
    entries: list[tuple[Keys, Mapping[str, Any]]] = []
    seen: list[Any] = []
    for index, item in enumerate(items):
        at: Keys = (name, index)
        fields = _keys(document, at, item, keys)
        if fields[unique] in seen:
            raise document.error(
                (*at, unique), f"{unique} {fields[unique]!r} is given twice", "number or name it anew"
            )
        seen.append(fields[unique])
        entries.append((at, fields))
    return entries


def _keys(document: Document, at: Keys, value: Any, keys: tuple[str, ...]) -> Mapping[str, Any]:
    """The mapping at ``at``, with exactly these keys."""
    fields = _typed(document, at, value, dict)
    for key in fields:
        if key not in keys:
            raise document.error((*at, key), f"unknown key {key!r}", suggestion(key, keys))
    for key in keys:
        if key not in fields:
            raise document.error(at, f"{key!r} is missing", f"add `{key}: ...`")
    return fields


def _typed(document: Document, at: Keys, value: Any, kind: type[V]) -> V:
    words = {
        str: "text",
        int: "a whole number",
        date: "a date, YYYY-MM-DD",
        list: "a list",
        dict: "keys and values",
    }
    if isinstance(value, kind) and not isinstance(value, bool) and value != "":
        return value
    raise document.error(at, f"{at[-1] if at else 'the file'} is {value!r}", f"give {words[kind]}")


def _channel(document: Document, at: Keys, value: Any) -> str:
    channel = _typed(document, at, value, str)
    if not channel.startswith("#"):
        raise document.error(at, f"channel {channel!r} is not a Slack channel", "start it with #")
    return channel


def _time(document: Document, at: Keys, value: Any) -> time:
    try:
        return time.fromisoformat(_typed(document, at, value, str))
    except ValueError:
        raise document.error(at, f"{value!r} is not a time of day", 'write it as "06:30"') from None


def _timezone(document: Document, value: Any) -> str:
    zone = _typed(document, ("timezone",), value, str)
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or the name of a directory
        raise document.error(
            ("timezone",), f"unknown time zone {zone!r}", "use one such as America/Toronto"
        ) from None
    return zone


def _refuse_ambiguous(document: Document, at: Keys, value: Any) -> None:
    """Parameters are signed: each must have one spelling. Fractions, dates, and nothing do not."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise document.error(at, f"parameter name {key!r} is not text", "put it in quotes")
            _refuse_ambiguous(document, (*at, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_ambiguous(document, (*at, index), item)
    elif not isinstance(value, str | int):
        next_step = "write it as text in quotes, a whole number, true or false"
        raise document.error(at, f"parameter value {value!r} can be written in more than one way", next_step)
