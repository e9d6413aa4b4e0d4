"""Columns that a contract names before the source sends them: `announcedFor`, the day they have to be there.

Until that day its absence breaks nothing, and a source that sends it early is read with it. Bronze has the
column from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from include.contracts.document import Document, Keys
from include.contracts.protocol_reading import SoqlTableRead
from include.contracts.reading import TableRead
from include.contracts.source import Column


def announced_for(document: Document, at: Keys, given: Any) -> date | None:
    """The first business day on which a column has to be there, from its custom property at ``at``."""
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        # Without quotes YAML makes a date of it, which the standard does not allow.
        raise document.error(
            at, f"announcedFor {given!r} is not a day", 'write it as "2027-01-11", in quotes'
        ) from None


def readable_without_announced(
    document: Document, at: Keys, columns: Sequence[Column], read: TableRead
) -> None:
    """A table with these columns, its properties at ``at``, can be read while announced ones are missing."""
    for index, column in enumerate(columns):
        if column.announced_for is None:
            continue
        if column.key or column.name == getattr(read, "cursor", ""):
            reason = f"{column.name} is announced, and no row can be read without it"
            raise document.error((*at, index), reason, "remove `announcedFor` from key and cursor")
        if isinstance(read, SoqlTableRead):
            reason = f"{column.name} is announced, and a query that names it is refused until it is there"
            raise document.error((*at, index), reason, "name the column on the day it is there")
