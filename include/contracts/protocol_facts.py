"""Turns the ``read`` properties of an API with its own protocol into ``protocol_reading``'s dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.facts import build, mapping, only, variant
from include.contracts.protocol_reading import (
    ArchiveProtocol,
    ArchiveTableRead,
    Protocol,
    ProtocolRead,
    ProtocolTableRead,
    SearchProtocol,
    SearchTableRead,
    SoqlProtocol,
    SoqlTableRead,
)
from include.contracts.rest_facts import auth_of, below_base

PROTOCOLS: Mapping[str, type[Protocol]] = {
    kind.type: kind for kind in (SoqlProtocol, SearchProtocol, ArchiveProtocol)
}
TABLES: Mapping[type[Protocol], type[ProtocolTableRead]] = {
    SoqlProtocol: SoqlTableRead,
    SearchProtocol: SearchTableRead,
    ArchiveProtocol: ArchiveTableRead,
}


def protocol_read(document: Document, at: Keys, facts: dict[str, Any]) -> ProtocolRead:
    """How such an API is read, from its ``read`` property at ``at``."""
    only(document, at, facts, {"auth", "protocol"})
    protocol = variant(document, (*at, "protocol"), facts["protocol"], PROTOCOLS, "protocol")
    return ProtocolRead(auth_of(document, (*at, "auth"), facts["auth"]), protocol)


def protocol_table_read(
    document: Document, at: Keys, facts: Any, source: ProtocolRead, columns: tuple[str, ...]
) -> ProtocolTableRead:
    """How one table with these columns is read, from its ``read`` property at ``at``."""
    read = build(document, at, mapping(document, at, facts), TABLES[type(source.protocol)])
    if read.cursor not in columns:
        reason = f"cursor column {read.cursor!r} is not a column of the table"
        raise document.error((*at, "cursor"), reason, suggestion(read.cursor, columns))
    below_base(document, (*at, "path"), read.path)
    if not isinstance(read, ArchiveTableRead) and read.page_size < 1:
        raise document.error(
            (*at, "page_size"), f"page_size is {read.page_size}", "ask for at least one record"
        )
    if isinstance(source.protocol, SearchProtocol) and isinstance(read, SearchTableRead):
        _fits(document, at, source.protocol, read)
    return read


def _fits(document: Document, at: Keys, protocol: SearchProtocol, read: SearchTableRead) -> None:
    """Pages end where a search ends: a page across that limit is refused by the vendor."""
    if protocol.most % read.page_size:
        reason = f"page_size {read.page_size} does not divide the {protocol.most} results of a search"
        raise document.error((*at, "page_size"), reason, f"give a divisor of {protocol.most}, such as 100")
