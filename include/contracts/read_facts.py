"""Turns a contract's ``read`` properties into the dataclasses of ``reading``, or says which line is wrong."""

from __future__ import annotations

import codecs
from dataclasses import MISSING, fields
from typing import Any

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.facts import build, mapping, placeholder
from include.contracts.protocol_facts import TABLES, protocol_read, protocol_table_read
from include.contracts.protocol_reading import ProtocolRead
from include.contracts.reading import (
    CdcRead,
    CdcTableRead,
    DropRead,
    DropTableRead,
    Kind,
    Read,
    TableRead,
)
from include.contracts.rest_facts import rest_read, rest_table_read
from include.contracts.rest_reading import RestRead, RestTableRead

KINDS: tuple[Kind, ...] = ("cdc", "rest", "drop")


def source_read(document: Document, at: Keys, facts: Any) -> tuple[Kind, Read]:
    """The kind of a source and how it is read, from its ``read`` property at ``at``."""
    facts = mapping(document, at, facts, {"kind"})
    kind = facts.pop("kind")
    match kind:
        case "cdc":
            return "cdc", build(document, at, facts, CdcRead)
        case "rest":
            own = "protocol" in facts
            return "rest", (protocol_read if own else rest_read)(document, at, facts)
        case "drop":
            return "drop", _drop_read(document, at, facts)
    reason = f"unknown kind of reading {kind!r}"
    raise document.error((*at, "kind"), reason, suggestion(kind, KINDS))


def table_read(document: Document, at: Keys, facts: Any, source: Read, columns: tuple[str, ...]) -> TableRead:
    """How one table with these columns is read, from its ``read`` property at ``at``; None: it gives none."""
    if isinstance(source, DropRead):
        if facts is not None:
            raise document.error(
                at, "a dropped file has nothing to say about reading its table", "remove this `read`"
            )
        return DropTableRead()
    if facts is None:
        need = ", ".join(field.name for field in fields(_kind(source)) if field.default is MISSING)
        raise document.error(
            at, "says nothing about how the table is read", f"add a custom property `read` with {need}"
        )
    if isinstance(source, RestRead):
        return rest_table_read(document, at, facts, source, columns)
    if isinstance(source, ProtocolRead):
        return protocol_table_read(document, at, facts, source, columns)
    return build(document, at, mapping(document, at, facts), CdcTableRead)


def _kind(source: Read) -> type[TableRead]:
    """What says how a table of such a source is read."""
    match source:
        case RestRead():
            return RestTableRead
        case ProtocolRead():
            return TABLES[type(source.protocol)]
    return CdcTableRead


def _drop_read(document: Document, at: Keys, facts: dict[str, Any]) -> DropRead:
    drop = build(document, at, facts, DropRead)
    placeholder(document, (*at, "file"), drop.file, "partition")
    placeholder(document, (*at, "manifest"), drop.manifest, "file")
    if len(drop.delimiter) != 1:
        raise document.error(
            (*at, "delimiter"), f"delimiter {drop.delimiter!r} is not one character", "give one character"
        )
    try:
        codecs.lookup(drop.encoding)
    except LookupError:
        reason = f"unknown encoding {drop.encoding!r}"
        raise document.error(
            (*at, "encoding"), reason, "use the name of a Python codec, such as utf-8-sig"
        ) from None
    return drop
