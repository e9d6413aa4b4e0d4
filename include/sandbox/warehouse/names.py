"""Object names: how Snowflake folds, qualifies and prints identifiers.

https://docs.snowflake.com/en/sql-reference/identifiers-syntax: an unquoted identifier is stored in upper
case, a quoted one as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_PART = re.compile(r'"((?:[^"]|"")*)"|([\w$]+)')
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*")


def fold(identifier: str) -> str:
    """One identifier as the catalogue stores it."""
    if identifier.startswith('"'):
        return identifier[1:-1].replace('""', '"')
    return identifier.upper()


def split(dotted: str) -> list[str]:
    """The folded parts of a dotted name such as `db."my schema".t`."""
    return [fold(match.group(0)) for match in _PART.finditer(dotted)]


def quoted(*parts: str) -> str:
    """A name as DuckDB must be given it, every part quoted."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(value: str | int | float | None) -> str:
    """A value as a DuckDB literal."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def _shown(part: str) -> str:
    return part if _PLAIN.fullmatch(part) else quoted(part)


@dataclass(frozen=True)
class SchemaName:
    """A schema, fully qualified."""

    database: str
    schema: str

    @property
    def sql(self) -> str:
        return quoted(self.database, self.schema)

    def __str__(self) -> str:
        return f"{_shown(self.database)}.{_shown(self.schema)}"


@dataclass(frozen=True)
class ObjectName:
    """A table, view, stage or any other object of a schema, fully qualified."""

    database: str
    schema: str
    name: str

    @property
    def sql(self) -> str:
        return quoted(self.database, self.schema, self.name)

    @property
    def in_schema(self) -> SchemaName:
        return SchemaName(self.database, self.schema)

    def __str__(self) -> str:
        return f"{_shown(self.database)}.{_shown(self.schema)}.{_shown(self.name)}"
