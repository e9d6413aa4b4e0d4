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

    `sha256` is of the rows as extracted, whatever run staged them; `file_sha256` and `bytes` are of the file.
    Of a source read as changes, the last file of each table reaches as far as the extraction did, which may
    be further than its last row.
    """

    table: str
    name: str
    rows: int
    bytes: int
    sha256: str
    first_position: str
    last_position: str
    file_sha256: str = ""

    @classmethod
    def empty(cls, table: str, reach: str) -> "StagedFile":
        """Nothing to load, which the ledger records too: a day without changes is not a day not loaded."""
        return cls(table, name="", rows=0, bytes=0, sha256=EMPTY, first_position="", last_position=reach)


@dataclass(frozen=True)
class Misfits:
    """How many `values` of those looked at do not fit their column's type."""

    values: int
    of: int

    def plus(self, other: "Misfits") -> "Misfits":
        """Of the values of both."""
        return Misfits(self.values + other.values, self.of + other.of)


@dataclass(frozen=True)
class TableProfile:
    """What the extracted rows of one table look like. Counts and names of columns, never values.

    `rows` were extracted; `whole_rows` of them bring every column, which a delete does not. `null_keys` and
    `repeated_keys` are rows; `repeated_keys` is counted where the contract promises that there are none.
    `empty` names the columns without a value in any whole row.
    """

    rows: int
    whole_rows: int
    null_keys: int
    repeated_keys: int
    empty: tuple[str, ...]
    misfits: Mapping[str, Misfits]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TableProfile":
        misfits = {name: Misfits(**counts) for name, counts in value["misfits"].items()}
        return cls(**{**value, "empty": tuple(value["empty"]), "misfits": misfits})

    def plus(self, other: "TableProfile") -> "TableProfile":
        """Of the rows of both."""
        return TableProfile(
            rows=self.rows + other.rows,
            whole_rows=self.whole_rows + other.whole_rows,
            null_keys=self.null_keys + other.null_keys,
            repeated_keys=self.repeated_keys + other.repeated_keys,
            empty=tuple(name for name in self.empty if name in other.empty),
            misfits={
                name: self.misfits.get(name, Misfits(0, 0)).plus(other.misfits.get(name, Misfits(0, 0)))
                for name in {**self.misfits, **other.misfits}
            },
        )


@dataclass(frozen=True)
class StagedTable:
    """One table of a snapshot, whole on the stage.

    `reach` is how far the try that staged it read the source: which rows are in the files. `extracted_at` is
    when that try began.
    """

    table: str
    reach: str
    files: tuple[StagedFile, ...]
    profile: TableProfile
    extracted_at: str

    def to_json(self) -> dict[str, Any]:
        """Plain values, without any row's."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "StagedTable":
        files = tuple(StagedFile(**file) for file in value["files"])
        return cls(**{**value, "files": files, "profile": TableProfile.from_json(value["profile"])})


@dataclass(frozen=True)
class Figures:
    """A table's state at the position its source was read to: how many rows, and the checksum over them."""

    rows: int
    checksum: int

    def to_json(self) -> dict[str, Any]:
        """The checksum as text: it may be larger than the numbers that a task can return."""
        return {"rows": self.rows, "checksum": str(self.checksum)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Figures":
        return cls(int(value["rows"]), int(value["checksum"]))


@dataclass(frozen=True)
class Manifest:
    """The files of one run. Every contracted table has at least one entry.

    `receipt` is what the source must be told once bronze holds the rows, and `truth` what the source says of
    its own tables at the `reach`; landing does not look into them. `extracted_at` is when reading began,
    `staged_at` when the last file was on the stage: UTC, ISO 8601.
    """

    source: str
    contract_version: str
    partition: str
    run_id: str
    files: tuple[StagedFile, ...]
    receipt: Mapping[str, str] = field(default_factory=dict)
    profiles: Mapping[str, TableProfile] = field(default_factory=dict)
    truth: Mapping[str, Figures] = field(default_factory=dict)
    reach: str = ""
    extracted_at: str = ""
    staged_at: str = ""

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
        plain = asdict(self)
        # Lists, not tuples: a task's value arrives as JSON brings it.
        plain["files"] = list(plain["files"])
        plain["truth"] = {name: figures.to_json() for name, figures in self.truth.items()}
        return plain

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Manifest":
        return cls(
            **{
                **value,
                "files": tuple(StagedFile(**file) for file in value["files"]),
                "profiles": {name: TableProfile.from_json(one) for name, one in value["profiles"].items()},
                "truth": {name: Figures.from_json(one) for name, one in value["truth"].items()},
            }
        )
