"""A source contract, as the rest of the code sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Literal, TypeVar

from include.contracts.promises import MISFITS, Promises
from include.contracts.reading import Kind, Read, TableRead

Classification = Literal["public", "internal", "confidential", "restricted"]
Criticality = Literal["blocking", "degradable"]
LogicalType = Literal["string", "integer", "number", "boolean", "date", "timestamp", "object", "array"]
NumberFormat = Literal["plain", "english", "french", "unix_seconds"]

R = TypeVar("R")


@dataclass(frozen=True)
class Column:
    """One field of a source table."""

    name: str
    logical_type: LogicalType
    physical_type: str  # as the source names it
    required: bool
    key: bool
    classification: Classification
    description: str  # one line
    enum: tuple[str, ...] = ()  # the values allowed; empty where any is
    misfits: float = MISFITS  # the share of values that may not fit the logical type
    physical_name: str = ""  # what the source calls it, where that is not its name
    zoned: bool = True  # whether its timestamps say how far from UTC they are
    default_timezone: str = ""  # zone of those that do not, e.g. "UTC"; empty where it is not told either
    number_format: NumberFormat = "plain"  # 1204.50; $1,204.50; 1 204,50 $; a moment
    announced_for: date | None = None  # the first business day on which it has to be there; None: any day

    @property
    def name_at_source(self) -> str:
        """What the source calls it: `SystemModstamp`; in a record also the way to it: `properties.email`."""
        return self.physical_name or self.name

    @property
    def path(self) -> tuple[str, ...]:
        """The way to it in a source's record, from the outermost field in."""
        return tuple(self.name_at_source.split("."))

    def due_on(self, day: date) -> bool:
        """Whether the source breaks its contract by not having the column on this business day."""
        return self.announced_for is None or day >= self.announced_for


@dataclass(frozen=True)
class SoftDelete:
    """How a row that the source still sends says that it is gone."""

    column: str
    value: str  # as bronze holds it


@dataclass(frozen=True)
class Table:
    """One table, resource or file of a source."""

    name: str
    description: str  # one line
    columns: tuple[Column, ...]
    read: TableRead
    grain: str = ""  # what one row is
    promises: Promises = field(default_factory=Promises)
    soft_delete: SoftDelete | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The business key, in order."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def restricted(self) -> tuple[str, ...]:
        """Columns whose values are replaced by keyed hashes before anything is written to disk."""
        return tuple(column.name for column in self.columns if column.classification == "restricted")

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(
            f"table {self.name} has no contracted column {name!r}; it has {', '.join(self.column_names)}"
        )

    def read_as(self, kind: type[R]) -> R:
        """How the table is read, as the kind its extractor knows; TypeError when it is another kind."""
        return _as(self.read, kind, f"table {self.name}")


@dataclass(frozen=True)
class SourceContract:
    """What a source system promises, and how it is read."""

    name: str
    title: str
    version: str
    kind: Kind
    owner: str  # team
    channel: str  # Slack, e.g. "#core-banking"
    criticality: Criticality
    due: time  # Toronto, on the day after the partition
    purpose: str
    usage: str
    limitations: str
    tables: tuple[Table, ...]
    read: Read
    path: Path

    @property
    def description(self) -> str:
        """Purpose, usage and limitations, one paragraph each."""
        return "\n\n".join(part for part in (self.purpose, self.usage, self.limitations) if part)

    @property
    def connection_id(self) -> str:
        return self.name

    @property
    def dag_id(self) -> str:
        return f"bronze_{self.name}"

    @property
    def schema(self) -> str:
        """The bronze schema."""
        return f"raw_{self.name}"

    @property
    def asset_name(self) -> str:
        return f"bronze_{self.name}"

    @property
    def asset_uri(self) -> str:
        return f"x-bronze://{self.name}"

    def table(self, name: str) -> Table:
        """The table of that name; KeyError when the contract has none."""
        for table in self.tables:
            if table.name == name:
                return table
        raise KeyError(
            f"{self.name} has no table {name!r}; it has {', '.join(table.name for table in self.tables)}"
        )

    def read_as(self, kind: type[R]) -> R:
        """How the source is read, as the kind its extractor knows; TypeError when it is of another kind."""
        return _as(self.read, kind, f"source {self.name}")


def _as(read: object, kind: type[R], what: str) -> R:
    if isinstance(read, kind):
        return read
    raise TypeError(f"{what} is read as {type(read).__name__}, not as {kind.__name__}")
