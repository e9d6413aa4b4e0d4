"""What the source calls a column, and how it writes moments and numbers.

Checked, so that no field is taken twice and nothing is stated of a type that cannot have it.
"""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from open_data_contract_standard.model import SchemaProperty

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.reading import CdcRead, Read
from include.contracts.source import Column, NumberFormat

OPTIONS = ("timezone", "defaultTimezone")


def one_field_each(document: Document, at: Keys, columns: Sequence[Column], read: Read) -> None:
    """Each column has a field of the source for itself, named by ``physicalName`` where the names differ."""
    taken: dict[tuple[str, ...], str] = {}
    for index, column in enumerate(columns):
        name_at = (*at, index, "physicalName" if column.physical_name else "name")
        if column.physical_name and isinstance(read, CdcRead):
            raise document.error(
                name_at, "a database's column keeps its name in bronze", "remove this `physicalName`"
            )
        if "" in column.path:
            reason = f"physicalName {column.physical_name!r} has an empty part"
            raise document.error(name_at, reason, "write it as `outer.inner`, or as one name")
        for path, other in taken.items():
            shared = min(len(path), len(column.path))
            if path[:shared] == column.path[:shared]:
                reason = f"{column.name} and {other} take the same field of the source"
                raise document.error(name_at, reason, "give each a `physicalName` of its own")
        taken[column.path] = column.name


def zoned(document: Document, at: Keys, item: SchemaProperty) -> bool:
    """Whether moments name their offset: not where the contract says `timezone: false` or a default zone.

    These are the standard's options of a timestamp; no other option of a type is accepted.
    """
    options = item.logicalTypeOptions or {}
    for name in options:
        option_at = (*at, "logicalTypeOptions", name)
        if name not in OPTIONS:
            raise document.error(option_at, f"unknown option {name!r}", suggestion(name, OPTIONS))
        if item.logicalType != "timestamp":
            raise document.error(
                option_at, f"{item.name} is no timestamp", "remove these `logicalTypeOptions`"
            )
    told = options.get("timezone", "defaultTimezone" not in options)
    if not isinstance(told, bool) or (told and "defaultTimezone" in options):
        timezone_at = (*at, "logicalTypeOptions", "timezone")
        raise document.error(timezone_at, f"timezone is {told!r}", "write false where no offset is written")
    return told


def default_timezone(document: Document, at: Keys, item: SchemaProperty) -> str:
    """The zone of moments that the source writes without an offset; empty where the contract names none."""
    options = item.logicalTypeOptions or {}
    if "defaultTimezone" not in options:
        return ""
    zone_at = (*at, "logicalTypeOptions", "defaultTimezone")
    zone = options["defaultTimezone"]
    try:
        return ZoneInfo(zone).key
    except (TypeError, ValueError, ZoneInfoNotFoundError):
        raise document.error(
            zone_at, f"unknown time zone {zone!r}", "write it as UTC or America/Toronto"
        ) from None


def number_format(document: Document, at: Keys, given: Any, logical_type: str) -> NumberFormat:
    """How a column's numbers are written, from its custom property at ``at``; plain where it has none."""
    if given is None:
        return "plain"
    formats = typing.get_args(NumberFormat)
    if given not in formats:
        reason = f"numberFormat {given!r} is none of {', '.join(formats)}"
        raise document.error(at, reason, suggestion(str(given), formats))
    if logical_type not in ("integer", "number"):
        reason = f"a {logical_type} is not written as a number"
        raise document.error(at, reason, "remove `numberFormat`")
    if given == "unix_seconds" and logical_type != "integer":
        raise document.error(at, "seconds since 1970 are whole", "make the column an integer")
    return typing.cast("NumberFormat", given)
