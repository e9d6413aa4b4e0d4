"""Rows that a source deletes and goes on sending: `softDelete` names a column and its value in such a row.

customProperties:
  - {property: softDelete, value: {column: is_deleted, equals: "true"}}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.source import Column, SoftDelete

_KEYS = {"column", "equals"}


def soft_delete(document: Document, at: Keys, given: Any, columns: Sequence[Column]) -> SoftDelete | None:
    """From the custom property of a table at ``at``; None where the source sends no row that is gone."""
    if given is None:
        return None
    if not isinstance(given, dict) or given.keys() != _KEYS:
        reason = f"softDelete {given!r} does not say which column has which value"
        raise document.error(at, reason, 'write it as {column: is_deleted, equals: "true"}')
    name, value = given["column"], given["equals"]
    by_name = {column.name: column for column in columns}
    if name not in by_name:
        raise document.error(at, f"softDelete names no column: {name!r}", suggestion(str(name), by_name))
    if not isinstance(value, str):
        raise document.error(at, f"{value!r} is no text, and bronze holds text", f'write "{value}"'.lower())
    allowed = by_name[name].enum
    if allowed and value not in allowed:
        raise document.error(at, f"{name} is never {value!r}", suggestion(value, allowed))
    return SoftDelete(name, value)
