"""The draft of a source contract. What it leaves out it names; what it guesses it tags `unreviewed`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from include.contracts import TIMEZONE
from include.contracts.indented import Indented
from include.contracts.odcs import API_VERSION, NAME
from include.contracts.review import DRAFT, UNREVIEWED
from include.extract.drafting.catalogue import Database, FoundColumn, FoundTable
from include.extract.drafting.types import logical_type, unused_checks, valid_values

SLOT_PREFIX = "governed_analytics_"
LONGEST_NAME = 63 - len(SLOT_PREFIX)  # PostgreSQL cuts longer names of slots and publications short
KINDS = {"p": "a partitioned table", "v": "a view", "m": "a materialized view", "f": "a foreign table"}

# Whoever holds such a number can become the person, so it may not even cross the network as it is.
IDENTIFIER = re.compile(
    r"(^|_)(sin|ssn|nas|social_insurance|social_security|passport|tax_id|national_id|licen[cs]e)"
    r"(_(no|num|number|nbr))?($|_)"
)


class NotDraftableError(Exception):
    """A contract of this database cannot be drafted as asked. The message has one reason a line."""


@dataclass(frozen=True)
class Answers:
    """What the catalogue cannot know and whoever asks may."""

    name: str
    owner: str = UNREVIEWED
    channel: str = f"#{UNREVIEWED}"


@dataclass(frozen=True)
class Draft:
    """The text of a contract, and what of the database is not in it, one sentence each."""

    text: str
    left_out: tuple[str, ...]


class _Quoted(str):
    """A time of day: without quotes YAML takes 10:00 for the number 600."""


class _Dumper(Indented):
    pass


_Dumper.add_representer(
    _Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def draft(database: Database, answers: Answers, wanted: Sequence[str] = ()) -> Draft:
    """A contract of the tables named, `schema.table` each; of every table that can be read, if none is.

    Raises:
        NotDraftableError: the name will not do, a table that was asked for cannot be read as changes, or
            none can.
    """
    if NAME.fullmatch(answers.name) is None or len(answers.name) > LONGEST_NAME:
        raise NotDraftableError(
            f"{answers.name!r} cannot name a source: use lower-case letters, digits and _, a letter first, "
            f"{LONGEST_NAME} at most"
        )
    found = {table.full_name: table for table in database.tables}
    if unknown := [name for name in wanted if name not in found]:
        raise NotDraftableError(
            "\n".join(f"{name}: database {database.name} has no such table" for name in unknown)
        )
    # Asked for nothing in particular, nobody expects views and the parts of a partitioned table.
    asked = wanted or [name for name, table in found.items() if table.kind in "rp" and not table.is_partition]
    refused = {name: reason for name in asked if (reason := _unreadable(found[name]))}
    if wanted and refused:
        raise NotDraftableError("\n".join(f"{name} {reason}" for name, reason in refused.items()))
    tables = [found[name] for name in asked if name not in refused]
    if not tables:
        reasons = "".join(f"\n{name} {reason}" for name, reason in refused.items())
        raise NotDraftableError(f"database {database.name} has no table that can be read as changes{reasons}")
    left_out = [f"Table {name} is left out: it {reason}." for name, reason in refused.items()]
    for table in tables:
        left_out += _not_stated(table)
    return Draft(_text(database, answers, tables, left_out), tuple(left_out))


def _unreadable(table: FoundTable) -> str | None:
    """Why a table cannot be read as changes, as the rest of a sentence."""
    if table.kind != "r":
        return f"is {KINDS[table.kind]}, whose changes are not published"
    if table.persistence != "p":
        return "is not logged, so its changes cannot be published"
    if NAME.fullmatch(table.name) is None or "." in table.schema:
        return "cannot name a table of bronze: that takes lower-case letters, digits and _, a letter first"
    if table.identity == "n" or not any(column.key for column in table.columns):
        lacks = "has no primary key" if table.identity != "n" else "has replica identity NOTHING"
        return (
            f"{lacks}, so a change would not tell which row it was about, and once the table is published "
            "the application's own updates and deletes would fail: have its owner add a primary key"
        )
    omitted = [column for column in table.columns if _omitted(column)]
    if any(column.key for column in omitted) or (omitted and table.identity == "f"):
        return f"needs {', '.join(column.name for column in omitted)} to tell its rows apart, which cannot be"
    return None


def _omitted(column: FoundColumn) -> str | None:
    """Why a column stays at the source, as the rest of a sentence."""
    if column.computed:
        return "the source computes it, so it is not in its changes; compute it in staging"
    if NAME.fullmatch(column.name) is None:
        return "its name is not one that bronze can have"
    return None


def _not_stated(table: FoundTable) -> Iterable[str]:
    for column in table.columns:
        if reason := _omitted(column):
            yield f"Column {table.full_name}.{column.name} is left out: {reason}."
        else:
            for check in unused_checks(column):
                yield f"{table.full_name}.{column.name}: not stated here: {check}."


def _text(database: Database, answers: Answers, tables: Sequence[FoundTable], left_out: Sequence[str]) -> str:
    names = _table_names(tables)
    blocks: list[dict[str, Any]] = [
        {
            "apiVersion": API_VERSION,
            "kind": "DataContract",
            "id": answers.name,
            "name": answers.name.replace("_", " ").capitalize(),
            "version": "1.0.0",
            "status": DRAFT,
            "tags": [UNREVIEWED],
            "description": {
                "purpose": database.comment or f"Not said yet: what database {database.name} is for.",
                "usage": "Not said yet: what is built from it.",
                **({"limitations": " ".join(left_out)} if left_out else {}),
            },
        },
        {
            "team": {"name": answers.owner, "description": "Answers for the content of this contract."},
            "support": [{"channel": answers.channel, "tool": "slack", "scope": "issues"}],
        },
        {
            "slaProperties": [
                {
                    "property": "timeOfAvailability",
                    "value": _Quoted("06:00"),
                    "unit": TIMEZONE,
                    "element": ", ".join(names),
                    "description": "A business day's changes are in bronze by then on the following day.",
                }
            ]
        },
        {
            "customProperties": [
                {
                    "property": "criticality",
                    "value": "degradable",
                    "description": "Nothing waits for it until somebody says so.",
                },
                {
                    "property": "read",
                    "value": {
                        "kind": "cdc",
                        "publication": SLOT_PREFIX + answers.name,
                        "slot": SLOT_PREFIX + answers.name,
                    },
                },
            ]
        },
        {"schema": [_table(name, table) for name, table in zip(names, tables, strict=True)]},
    ]
    said = [
        yaml.dump(block, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True) for block in blocks
    ]
    head = (
        f"# Drafted from PostgreSQL's own catalogue. Confirm or correct what is tagged {UNREVIEWED} and\n"
        "# remove those tags, then write status: active. docs/add-a-source.md says what to look at.\n"
    )
    return head + "\n".join(said)


def _table_names(tables: Sequence[FoundTable]) -> list[str]:
    """Each by its own name, and where two schemas have the same, by both."""
    bare = [table.name for table in tables]
    return [table.name if bare.count(table.name) == 1 else f"{table.schema}_{table.name}" for table in tables]


def _table(name: str, table: FoundTable) -> dict[str, Any]:
    columns = [column for column in table.columns if not _omitted(column)]
    keys = [column.name for column in columns if column.key]
    return {
        "name": name,
        "physicalType": "table",
        "description": table.comment or f"Not said yet: what {table.full_name} holds.",
        "dataGranularityDescription": f"One row per {', '.join(keys)}.",
        **({} if table.comment else {"tags": [UNREVIEWED]}),
        "customProperties": [{"property": "read", "value": {"table": table.full_name}}],
        "properties": [_column(column, keys) for column in columns],
    }


def _column(column: FoundColumn, keys: Sequence[str]) -> dict[str, Any]:
    values = valid_values(column)
    return {
        "name": column.name,
        "description": column.comment or f"Not said yet: what {column.name} means.",
        "logicalType": logical_type(column),
        "physicalType": column.declared_type.replace("timestamp with time zone", "timestamptz"),
        # Its text names no offset. Which zone it means is for its owner to say: `defaultTimezone` instead.
        **({"logicalTypeOptions": {"timezone": False}} if column.base_type == "timestamp" else {}),
        "required": column.required,
        **(
            {"primaryKey": True, "primaryKeyPosition": keys.index(column.name) + 1}
            if column.name in keys
            else {}
        ),
        # Careful and still useful: hidden from analysts until somebody says that it need not be. Keyed
        # hashes, as for identifiers, could not be added up or compared, nor taken back.
        "classification": "restricted" if IDENTIFIER.search(column.name) else "confidential",
        "tags": [UNREVIEWED],
        **(
            {
                "quality": [
                    {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": list(values)}}
                ]
            }
            if values
            else {}
        ),
    }
