"""A CSV file as rows of text, by its contract. What does not fit the header is listed, never guessed at."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from include.contracts import DropRead, SourceContract, Table
from include.extract.batch import row_schema
from include.extract.errors import ContractViolationError, missing_columns, owner
from include.extract.identifiers import IdentifierKey
from include.extract.records import concealed, json_of

BATCH_ROWS = 5_000
"""So few that their fields stay in the processor's cache: read ten times as many at once, each takes half as
long again."""

LINE_END = re.compile(r"\r\n|\r|\n")

Fields = list[str]


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
                before = lines.line_num
                while rows := list(islice(lines, BATCH_ROWS)):
                    if kept := self._fitting(rows, header, before):
                        yield self._rows(header, kept, committed_at)
                    before = lines.line_num
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

    def _fitting(self, rows: list[Fields], header: Fields, before: int) -> list[Fields]:
        """The rows that fit the header and have a key; `before` is the line that they follow."""
        keys = {one.name: header.index(one.name_at_source) for one in self._table.columns if one.key}
        # Row by row in Python takes longer than all the rest of reading: only where some row is odd.
        if set(map(len, rows)) == {len(header)} and all(
            all(map(itemgetter(at), rows)) for at in keys.values()
        ):
            return rows
        kept = []
        for fields in rows:
            before += 1 + sum(len(LINE_END.findall(field)) for field in fields)
            if not fields:
                continue
            if len(fields) != len(header):
                self.rejected.append(
                    Rejected(before, f"{len(fields)} fields under a header of {len(header)}")
                )
            elif empty := [name for name, at in keys.items() if not fields[at]]:
                self.rejected.append(Rejected(before, f"no value in key {', '.join(empty)}"))
            else:
                kept.append(fields)
        return kept

    def _rows(self, header: Fields, kept: list[Fields], committed_at: datetime) -> pa.Table:
        sent = {
            name: _without_empty(pa.array(texts, pa.string()))
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


def _without_empty(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
