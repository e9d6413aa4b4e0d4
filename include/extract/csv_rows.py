"""A CSV file as rows of text, by its contract. What does not fit the header is listed, never guessed at."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from include.contracts import DropRead, SourceContract, Table
from include.extract.batch import row_schema
from include.extract.errors import ContractViolationError, missing_columns, owner
from include.extract.identifiers import IdentifierKey
from include.extract.records import concealed, json_of

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Rejected:
    """A row that was not read: its line in the file and why. Its values stay in the file."""

    line: int
    reason: str


class CsvRows:
    """The rows of one file, in its order. Once `batches()` is exhausted, `rejected` lists the rest."""

    def __init__(self, contract: SourceContract, table: Table, path: Path, key: IdentifierKey) -> None:
        self.rejected: list[Rejected] = []
        self._contract = contract
        self._table = table
        self._read = contract.read_as(DropRead)
        self._path = path
        self._key = key

    def batches(self, day: date, committed_at: datetime) -> Iterator[pa.Table]:
        """Tables with `row_schema`, positions not yet given, `_committed_at` as told (UTC, without a zone).

        `day` is the file's: before its own, an announced column may be missing from the header.

        Raises ContractViolationError for a wrong encoding, header or quoting.
        """
        try:
            with self._path.open(encoding=self._read.encoding, newline="") as text:
                lines = csv.reader(text, delimiter=self._read.delimiter, strict=True)
                header = self._checked(next(lines, []), day)
                kept: list[list[str]] = []
                for fields in lines:
                    if self._fits(fields, header, lines.line_num):
                        kept.append(fields)
                    if len(kept) == BATCH_ROWS:
                        yield self._rows(header, kept, committed_at)
                        kept = []
                if kept:
                    yield self._rows(header, kept, committed_at)
        except UnicodeDecodeError as error:
            raise self._unreadable(f"is not {self._read.encoding} ({error.reason})") from None
        except csv.Error as error:
            raise self._unreadable(f"is not proper CSV near line {lines.line_num} ({error})") from None

    def _checked(self, header: list[str], day: date) -> list[str]:
        missing = [one for one in self._table.columns if one.name_at_source not in header]
        if lost := [one.name for one in missing if one.due_on(day)]:
            raise missing_columns(self._contract, self._table.name, lost, f"the header of {self._path.name}")
        if twice := sorted({name for name in header if header.count(name) > 1}):
            raise self._unreadable(f"names {', '.join(twice)} twice in its header")
        return header

    def _fits(self, fields: list[str], header: list[str], line: int) -> bool:
        if not fields:
            return False
        if len(fields) != len(header):
            self.rejected.append(Rejected(line, f"{len(fields)} fields under a header of {len(header)}"))
            return False
        key = [one for one in self._table.columns if one.key]
        if empty := [one.name for one in key if not fields[header.index(one.name_at_source)]]:
            self.rejected.append(Rejected(line, f"no value in key {', '.join(empty)}"))
            return False
        return True

    def _rows(self, header: list[str], kept: list[list[str]], committed_at: datetime) -> pa.Table:
        sent = {
            name: pa.array([text or None for text in texts], pa.string())
            for name, texts in zip(header, zip(*kept, strict=True), strict=True)
        }
        nothing = pa.nulls(len(kept), pa.string())
        columns = {one.name: sent.pop(one.name_at_source, nothing) for one in self._table.columns}
        for name in self._table.restricted:
            columns[name] = self._key.keyed(columns[name])
        columns["_op"] = pa.repeat(pa.scalar("read"), len(kept))
        columns["_position"] = pa.repeat(pa.scalar(""), len(kept))
        columns["_committed_at"] = pa.repeat(pa.scalar(committed_at, pa.timestamp("us")), len(kept))
        columns["_unchanged"] = pa.nulls(len(kept), pa.string())
        columns["_rescued"] = self._rescued(sent, len(kept))
        return pa.table(columns, schema=row_schema(self._table))

    def _rescued(self, sent: dict[str, pa.Array], count: int) -> pa.Array:
        if not sent:
            return pa.nulls(count, pa.string())
        unknown = pa.table(sent).to_pylist()
        return pa.array([json_of(concealed(fields, self._key)) for fields in unknown], pa.string())

    def _unreadable(self, what: str) -> ContractViolationError:
        return ContractViolationError(
            f"{self._contract.name}: {self._path.name} {what}; {self._contract.path.name} says otherwise. "
            f"Nothing of this run was loaded. Ask {owner(self._contract)} to send it again, then clear this "
            "task."
        )
