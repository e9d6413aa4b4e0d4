"""What was staged for one source and partition. Small and without data: it travels between tasks."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

EMPTY = hashlib.sha256().hexdigest()


class LandingError(Exception):
    """Rows could not be landed as staged. The message says what differs and what to do."""


@dataclass(frozen=True)
class StagedFile:
    """One Parquet file on a source's stage, or, without a name, the fact that a table had no rows.

    `sha256` is of the rows as extracted, whatever run staged them; `bytes` is the size of the file. Of a
    source read as changes, the last file of each table reaches as far as the extraction did, which may be
    further than its last row.
    """

    table: str
    name: str
    rows: int
    bytes: int
    sha256: str
    first_position: str
    last_position: str

    @classmethod
    def empty(cls, table: str, reach: str) -> "StagedFile":
        """Nothing to load, which the ledger records too: a day without changes is not a day not loaded."""
        return cls(table, name="", rows=0, bytes=0, sha256=EMPTY, first_position="", last_position=reach)


@dataclass(frozen=True)
class Manifest:
    """The files of one run. Every contracted table has at least one entry.

    `receipt` is what the source must be told once bronze holds the rows; landing does not look into it.
    """

    source: str
    contract_version: str
    partition: str
    run_id: str
    files: tuple[StagedFile, ...]
    receipt: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> dict[str, int]:
        """Rows staged per table."""
        counts = dict.fromkeys((file.table for file in self.files), 0)
        for file in self.files:
            counts[file.table] += file.rows
        return counts

    def of_table(self, table: str) -> tuple[StagedFile, ...]:
        return tuple(file for file in self.files if file.table == table)

    def to_json(self) -> dict[str, Any]:
        """Plain values, as a task returns them."""
        return {**asdict(self), "files": [asdict(file) for file in self.files], "receipt": dict(self.receipt)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Manifest":
        return cls(**{**value, "files": tuple(StagedFile(**file) for file in value["files"])})
