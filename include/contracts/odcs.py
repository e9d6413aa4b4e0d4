"""Reads a source contract: an Open Data Contract Standard v3.1 file, through the standard's own models.

The standard leaves open what a field may hold; this deployment does not. Whatever would fail later, in a task
at night, fails here with the line to correct.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Sequence
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pydantic
from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
    Team,
)

from include.contracts.announced import announced_for, readable_without_announced
from include.contracts.deletes import soft_delete
from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.fields import default_timezone, number_format, one_field_each, zoned
from include.contracts.promises import misfits, table_promises
from include.contracts.read_facts import source_read, table_read
from include.contracts.reading import Kind, Read
from include.contracts.review import refuse_unreviewed
from include.contracts.source import Classification, Column, Criticality, LogicalType, SourceContract, Table
from include.contracts.unknown_keys import refuse_unknown_keys

SOURCES = Path(__file__).parent / "sources"
API_VERSION = "v3.1.0"
TIMEZONE = "America/Toronto"
NAME = re.compile(r"[a-z][a-z0-9_]*")

T = TypeVar("T")
W = TypeVar("W", bound=str)


def load_sources(directory: Path = SOURCES) -> dict[str, SourceContract]:
    """Every source contract, by name and in the order of names. Each file is read once per process.

    Raises ContractError at the first thing that is wrong.
    """
    return {contract.name: contract for contract in _read_all(directory)}


@cache
def _read_all(directory: Path) -> tuple[SourceContract, ...]:
    return tuple(load_source(path) for path in sorted(directory.glob("*.yaml")))


def load_source(path: Path, *, draft: bool = False) -> SourceContract:
    """One source contract; with `draft`, also one that nobody has reviewed. Raises ContractError."""
    document = Document(path)
    refuse_unknown_keys(document, (), document.data, OpenDataContractStandard)
    try:
        model = OpenDataContractStandard(**document.data)
    except pydantic.ValidationError as problem:
        first = problem.errors()[0]
        reason = f"{'.'.join(str(key) for key in first['loc'])}: {first['msg']}"
        raise document.error(first["loc"], reason, "write the value as the standard has it") from problem
    contract = _contract(document, model)
    if not draft:
        refuse_unreviewed(document, model)
    return contract


def _contract(document: Document, model: OpenDataContractStandard) -> SourceContract:
    _one_of(document, ("apiVersion",), model.apiVersion, (API_VERSION,))
    _one_of(document, ("kind",), model.kind, ("DataContract",))
    name = _one_of(document, ("id",), model.id, (document.path.stem,))
    if NAME.fullmatch(name) is None:
        raise document.error(
            ("id",), f"id {name!r} cannot name a schema", "use lower-case letters, digits and _"
        )
    description = _given(document, ("description",), model.description)
    facts_at, facts = _custom((), model.customProperties, "read")
    kind, read = source_read(document, facts_at, _property(document, facts_at, facts, "read"))
    criticality_at, criticality = _custom((), model.customProperties, "criticality")
    _property(document, criticality_at, criticality, "criticality")
    return SourceContract(
        name=name,
        title=_given(document, ("name",), model.name),
        version=_given(document, ("version",), model.version),
        kind=kind,
        owner=_owner(document, model),
        channel=_channel(document, model),
        criticality=_one_of(
            document, criticality_at, criticality, typing.get_args(Criticality), "criticality"
        ),
        due=_due(document, model),
        purpose=_line(_given(document, ("description", "purpose"), description.purpose)),
        usage=_line(_given(document, ("description", "usage"), description.usage)),
        limitations=_line(description.limitations or ""),
        tables=_tables(document, model, kind, read),
        read=read,
        path=document.path,
    )


def _tables(document: Document, model: OpenDataContractStandard, kind: Kind, read: Read) -> tuple[Table, ...]:
    tables = _given(document, ("schema",), model.schema_)
    _names(document, ("schema",), [table.name for table in tables], "table")
    if kind == "drop" and len(tables) > 1:
        raise document.error(
            ("schema", 1), "a dropped file holds one table", "give the second file its own contract"
        )
    return tuple(_table(document, ("schema", index), table, read) for index, table in enumerate(tables))


def _table(document: Document, at: Keys, table: SchemaObject, read: Read) -> Table:
    properties = _given(document, (*at, "properties"), table.properties)
    _names(document, (*at, "properties"), [item.name for item in properties], "column")
    columns = tuple(
        _column(document, (*at, "properties", index), item) for index, item in enumerate(properties)
    )
    one_field_each(document, (*at, "properties"), columns, read)
    keys = [(index, item) for index, item in enumerate(properties) if item.primaryKey]
    if not keys:
        raise document.error(
            (*at, "properties"), f"table {table.name} has no key", "mark its business key `primaryKey: true`"
        )
    for position, (index, item) in enumerate(keys, start=1):
        if item.primaryKeyPosition != position:
            key_at = (*at, "properties", index, "primaryKeyPosition")
            reason = f"key column {item.name} has position {item.primaryKeyPosition}"
            raise document.error(
                key_at, reason, f"give it `primaryKeyPosition: {position}`: keys stand in order, from 1"
            )
    facts_at, facts = _custom(at, table.customProperties, "read")
    how = table_read(document, facts_at, facts, read, tuple(column.name for column in columns))
    readable_without_announced(document, (*at, "properties"), columns, how)
    return Table(
        name=str(table.name),
        description=_line(_given(document, (*at, "description"), table.description)),
        columns=columns,
        read=how,
        grain=_line(table.dataGranularityDescription or ""),
        promises=table_promises(
            document, at, read, table.quality, _custom(at, table.customProperties, "unusualVolume")
        ),
        soft_delete=soft_delete(document, *_custom(at, table.customProperties, "softDelete"), columns),
    )


def _column(document: Document, at: Keys, item: SchemaProperty) -> Column:
    if item.primaryKey and not item.required:
        raise document.error(at, f"key column {item.name} may be empty", "add `required: true`")
    return Column(
        name=str(item.name),
        logical_type=_one_of(document, (*at, "logicalType"), item.logicalType, typing.get_args(LogicalType)),
        physical_type=_given(document, (*at, "physicalType"), item.physicalType),
        required=_given(document, (*at, "required"), item.required),
        key=bool(item.primaryKey),
        classification=_one_of(
            document, (*at, "classification"), item.classification, typing.get_args(Classification)
        ),
        description=_line(_given(document, (*at, "description"), item.description)),
        enum=_valid_values(document, at, item),
        misfits=misfits(document, *_custom(at, item.customProperties, "misfits")),
        physical_name=item.physicalName or "",
        zoned=zoned(document, at, item),
        default_timezone=default_timezone(document, at, item),
        number_format=number_format(
            document, *_custom(at, item.customProperties, "numberFormat"), str(item.logicalType)
        ),
        announced_for=announced_for(document, *_custom(at, item.customProperties, "announcedFor")),
    )


def _valid_values(document: Document, at: Keys, item: SchemaProperty) -> tuple[str, ...]:
    """The values a column may hold. v3.1 states them as an invalidValues rule; v3.2 adds an enum key.

    No other rule is accepted, because nothing here would check it.
    """
    values: tuple[str, ...] = ()
    for index, rule in enumerate(item.quality or ()):
        rule_at = (*at, "quality", index)
        _one_of(document, (*rule_at, "metric"), rule.metric, ("invalidValues",))
        given = (rule.arguments or {}).get("validValues")
        if not isinstance(given, list) or not given:
            raise document.error(
                rule_at, "does not say which values are valid", "add `arguments: {validValues: [...]}`"
            )
        values = tuple(str(value) for value in given)
    return values


def _owner(document: Document, model: OpenDataContractStandard) -> str:
    if not isinstance(model.team, Team) or not model.team.name:
        raise document.error(
            ("team",), "no owner", "add `team:` with the `name:` of the team that answers for the source"
        )
    return model.team.name


def _channel(document: Document, model: OpenDataContractStandard) -> str:
    channels = [item.channel for item in model.support or () if item.tool == "slack" and item.channel]
    if not channels:
        raise document.error(
            ("support",), "no Slack channel", "add a `support` entry with `tool: slack` and its `channel`"
        )
    if not channels[0].startswith("#"):
        raise document.error(
            ("support", 0, "channel"), f"channel {channels[0]!r} is not a Slack channel", "start it with #"
        )
    return channels[0]


def _due(document: Document, model: OpenDataContractStandard) -> time:
    for index, sla in enumerate(model.slaProperties or ()):
        if sla.property == "timeOfAvailability":
            _one_of(document, ("slaProperties", index, "unit"), sla.unit, (TIMEZONE,))
            try:
                return time.fromisoformat(str(sla.value))
            except ValueError:
                at = ("slaProperties", index, "value")
                raise document.error(
                    at, f"{sla.value!r} is not a time of day", 'write it as "04:00"'
                ) from None
    next_step = f'add a `slaProperties` entry: property timeOfAvailability, value "04:00", unit {TIMEZONE}'
    raise document.error(("slaProperties",), "no service level: the source is never late", next_step)


def _custom(at: Keys, properties: list[CustomProperty] | None, name: str) -> tuple[Keys, Any]:
    """Where a custom property stands and its value; where it would stand and None when it is not given."""
    for index, item in enumerate(properties or ()):
        if item.property == name:
            return (*at, "customProperties", index, "value"), item.value
    return (*at, "customProperties"), None


def _property(document: Document, at: Keys, value: T | None, name: str) -> T:
    """The value of a custom property that the contract must give."""
    if value is None:
        next_step = f"add `- property: {name}` with its value, as the other contracts have it"
        raise document.error(at, f"custom property {name!r} is missing", next_step)
    return value


def _names(document: Document, at: Keys, names: Sequence[str | None], what: str) -> None:
    for index, name in enumerate(names):
        if name is None or NAME.fullmatch(name) is None:
            reason = f"{name!r} cannot name a {what} of bronze"
            raise document.error(
                (*at, index, "name"), reason, "use lower-case letters, digits and _, a letter first"
            )
        if name in names[:index]:
            raise document.error(
                (*at, index, "name"), f"{what} {name} is given twice", "remove or rename one of them"
            )


def _given(document: Document, at: Keys, value: T | None, name: str | None = None) -> T:
    if value is None or value in ("", []):
        wanted = name or str(at[-1])
        raise document.error(at, f"{wanted!r} is missing", f"add `{wanted}: ...`")
    return value


def _one_of(
    document: Document, at: Keys, value: str | None, allowed: Sequence[W], name: str | None = None
) -> W:
    wanted = name or str(at[-1])
    given = _given(document, at, value, wanted)
    for choice in allowed:
        if given == choice:
            return choice
    raise document.error(at, f"unknown {wanted} {given!r}", suggestion(given, allowed))


def _line(text: str) -> str:
    """Descriptions travel as comments and cells: one line, single spaces."""
    return " ".join(text.split())
