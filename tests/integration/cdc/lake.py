"""A source to write to, and a bronze layer in memory to load it into: what the CDC tests play with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa

from include.contracts import CdcRead, CdcTableRead, Column, SourceContract, Table
from include.extract import cdc
from include.extract.batch import Batch
from include.extract.identifiers import IdentifierKey

KEY = IdentifierKey("test-1", b"k" * 32)
Row = dict[str, Any]
State = dict[tuple[str, ...], dict[str, str | None]]

ITEM_DDL = """
create table public.item (
    id bigint primary key, name text, note text, ok boolean, amount numeric(18, 2), at timestamptz, sin text
)
"""


def hashed(value: str | None) -> str | None:
    """A restricted value as it should arrive."""
    return KEY.keyed(pa.array([value], pa.string()))[0].as_py()


def column(name: str, *, key: bool = False, classification: Any = "internal") -> Column:
    return Column(name, "string", "text", key, key, classification, f"the {name}")


def table(name: str, *columns: str, key: Sequence[str] = ("id",), restricted: Sequence[str] = ()) -> Table:
    described = [
        column(each, key=each in key, classification="restricted" if each in restricted else "internal")
        for each in columns
    ]
    return Table(name, f"the {name} table", tuple(described), CdcTableRead(f"public.{name}"))


ITEM = table("item", "id", "name", "note", "ok", "amount", "at", "sin", restricted=["sin"])


def state_of(table: Table, state: State) -> cdc.SourceState:
    """A table's rows in canonical form."""
    numbers = []
    for row in state.values():
        values = [row[name] for name in cdc.compared(table)]
        text = "".join("-" if value is None else _md5(value) for value in values)
        numbers.append(int(_md5(text)[:15], 16))
    return cdc.SourceState(len(numbers), sum(numbers))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def contract(*tables: Table, slot: str) -> SourceContract:
    return SourceContract(
        name="shop",
        title="Shop",
        version="1.0.0",
        kind="cdc",
        owner="shop-platform",
        channel="#shop",
        criticality="blocking",
        due=time(4),
        purpose="",
        usage="",
        limitations="",
        tables=tables,
        read=CdcRead(publication="shop_changes", slot=slot),
        path=Path("include/contracts/sources/shop.yaml"),
    )


@dataclass
class Tries:
    """The tries of one extract, and the stage on which they leave tables. `asked` are origins asked for."""

    origin: str = ""
    reach: dict[str, str] = field(default_factory=dict)
    whole: list[Batch] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def finished(self, origin: str) -> Mapping[str, str]:
        self.asked.append(origin)
        return dict(self.reach) if origin == self.origin else {}

    def cut_short(self, lake: Lake, tables: int, **options: Any) -> None:
        """A try that ends when it has read so many tables, and a part of what comes next."""
        assert self._try(lake, tables, **options) is None

    def to_the_end(self, lake: Lake, **options: Any) -> cdc.Extraction:
        """A try that is left alone. Its batches begin with those of earlier tries."""
        read = self._try(lake, -1, **options)
        assert read is not None
        return read

    def _try(self, lake: Lake, tables: int, **options: Any) -> cdc.Extraction | None:
        options = {"key": KEY, "truth_seconds": 0, "finished": self.finished, **options}
        with cdc.extract(lake.contract, lake.dsn, after=lake.after, **options) as read:
            if read.origin != self.origin:
                self.origin, self.reach, self.whole = read.origin, {}, []
            kept, held = list(self.whole), []
            for batch in read.batches:
                if tables == 0:
                    return None
                held.append(batch)
                if batch.completes:
                    tables -= 1
                    self.reach[batch.table] = read.stop
                    self.whole += [each for each in held if each.table == batch.table]
            return None if tables >= 0 else _whole(read, [*kept, *held])


def _whole(read: cdc.Extraction, batches: list[Batch]) -> cdc.Extraction:
    """An extraction of which nothing is left at the source."""
    known = read.truth()
    return replace(read, batches=iter(batches), truth=lambda: known)


@dataclass
class Lake:
    """Loads a source as the bronze DAG does. `after` is the load ledger, `rows` are bronze as loaded."""

    contract: SourceContract
    dsn: str
    after: str | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    def run(self, *statements: str) -> None:
        """Each as a transaction of its own at the source."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def transaction(self, *statements: str) -> None:
        """All as one transaction at the source."""
        with psycopg.connect(self.dsn) as connection:
            for statement in statements:
                connection.execute(statement)

    def read(self, truth_seconds: float = 0, **options: Any) -> cdc.Extraction:
        """One extract, iterated to its end; loads nothing."""
        options = {"key": KEY, "truth_seconds": truth_seconds, **options}
        with cdc.extract(self.contract, self.dsn, after=self.after, **options) as read:
            return _whole(read, list(read.batches))

    def land(self, extraction: cdc.Extraction) -> dict[str, list[Row]]:
        """Append rows and note the position; the rows by table."""
        landed: dict[str, list[Row]] = {}
        for batch in extraction.batches:
            if not batch.rows.num_rows:
                continue
            self.batches.append(batch)
            landed.setdefault(batch.table, []).extend(batch.rows.to_pylist())
        for name, rows in landed.items():
            self.rows.setdefault(name, []).extend(rows)
        self.after = extraction.stop
        return landed

    def load(self, **options: Any) -> dict[str, list[Row]]:
        """Extract, load, confirm."""
        landed = self.land(self.read(**options))
        assert self.after is not None
        cdc.confirm(self.contract, self.dsn, self.after)
        return landed

    def rebuilt(self, name: str) -> State:
        """The table as bronze says it is, by business key: what silver makes of it."""
        described = self.contract.table(name)
        state: State = {}
        for row in sorted(self.rows.get(name, []), key=lambda row: row["_position"]):
            key = tuple(row[column] for column in described.key)
            if row["_op"] == "truncate":
                state.clear()
            elif row["_op"] == "delete":
                state.pop(key, None)
            else:
                unchanged = json.loads(row["_unchanged"] or "[]")
                former = state.get(key, {})
                state[key] = {
                    column: (former if column in unchanged else row).get(column)
                    for column in described.column_names
                }
        return state

    def states(self) -> dict[str, cdc.SourceState]:
        """What `include.extract.cdc.truth` says of the canonical form, worked out from bronze."""
        return {table.name: state_of(table, self.rebuilt(table.name)) for table in self.contract.tables}

    def actual(self, name: str) -> State:
        """The table as it is at the source, in PostgreSQL's text form, restricted values replaced."""
        described = self.contract.table(name)
        names = ", ".join(
            f"case when {column} is not null then format('%s', {column}) end"
            for column in described.column_names
        )
        with psycopg.connect(self.dsn) as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(f"select {names} from {name}").fetchall()
        state: State = {}
        for values in found:
            row = dict(zip(described.column_names, values, strict=True))
            for restricted in described.restricted:
                row[restricted] = hashed(row[restricted])
            state[tuple(row[column] for column in described.key)] = row
        return state
