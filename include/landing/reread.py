"""A window that was landed before and reads differently now: only what differs is appended.

Bronze is append-only. What a source said the first time was reported on and may have to be shown to an
auditor, so a later reading never replaces it: rows that are already there stay as they are, and rows that
are not are added behind them. Silver takes the latest of each key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import Column, SourceContract, Table
from include.contracts.bronze import TECHNICAL_COLUMNS, data_type
from include.landing.copying import copy
from include.landing.manifest import StagedFile

POSITION_DIGITS = 10


@dataclass(frozen=True)
class Appended:
    """How many rows of a file were new, and between which positions they stand."""

    file: StagedFile
    rows: int
    first_position: str
    last_position: str


@dataclass(frozen=True)
class _New:
    """The query that finds the new rows of a reading: bronze's columns, in their order."""

    sql: str
    parameters: tuple[str | int, ...]


def make_room(cursor: SnowflakeCursor, contract: SourceContract, table: Table) -> None:
    """A table of this session to read into. To be called before the transaction, because DDL commits."""
    target = _target(contract, table)
    cursor.execute(f"create or replace temporary table {target}_reread like {target}")


def append_changes(
    cursor: SnowflakeCursor, contract: SourceContract, table: Table, files: Sequence[StagedFile], last: str
) -> list[Appended]:
    """Changes behind position `last`. Those up to it are landed, by whatever run.

    What is appended of a file reaches as far as the file does, also when no row of it was new.
    """
    columns = ", ".join(all_columns(table))
    new = _New(
        f"select {columns} from {_target(contract, table)}_reread where _position > %s",  # noqa: S608
        (last,),
    )
    appended = _append(cursor, contract, table, files, new)
    return [replace(entry, last_position=entry.file.last_position) for entry in appended]


def append_differences(
    cursor: SnowflakeCursor,
    contract: SourceContract,
    table: Table,
    files: Sequence[StagedFile],
    partition: str,
) -> list[Appended]:
    """Records whose operation and content the partition lacks, numbered on from its last position."""
    target = _target(contract, table)
    cursor.execute(
        f"select max(_position) from {target} where _partition = %s::date",  # noqa: S608
        (partition,),
    )
    ((last,),) = cursor.fetchall()
    taken = int(last.rpartition("/")[2]) + 1 if last else 0
    number = (
        f"lpad((%s + row_number() over (order by reread._position) - 1)::varchar, {POSITION_DIGITS}, '0')"
    )
    columns = ", ".join(
        f"%s || '/' || {number} as _position" if name == "_position" else f"reread.{name}"
        for name in all_columns(table)
    )
    contracted = ", ".join(table.column_names)
    same = " and ".join(_same(column) for column in table.columns)
    new = _New(
        f"select {columns} from {target}_reread as reread "  # noqa: S608
        f"left join (select distinct _op, {contracted} from {target} where _partition = %s::date) as landed "
        f"on landed._op = reread._op and {same} where landed._op is null",
        (partition, taken, partition),
    )
    return _append(cursor, contract, table, files, new)


def _append(
    cursor: SnowflakeCursor, contract: SourceContract, table: Table, files: Sequence[StagedFile], new: _New
) -> list[Appended]:
    target = _target(contract, table)
    copy(cursor, contract, f"{target}_reread", files)
    cursor.execute(
        f"select _file, count(*), min(_position), max(_position) from ({new.sql}) group by _file",  # noqa: S608
        new.parameters,
    )
    found = cursor.fetchall()
    cursor.execute(
        f"insert into {target} ({', '.join(all_columns(table))}) {new.sql}",
        new.parameters,
    )
    return [_appended(file, found) for file in files]


def _appended(file: StagedFile, found: Sequence[tuple[str, int, str, str]]) -> Appended:
    for name, rows, first, last in found:
        if name.endswith(file.name):
            return Appended(file, int(rows), first, last)
    return Appended(file, 0, "", "")


def _target(contract: SourceContract, table: Table) -> str:
    return f"{contract.schema}.{table.name}"


def all_columns(table: Table) -> tuple[str, ...]:
    """Bronze's columns, in their order."""
    return (*table.column_names, *(column.name for column in TECHNICAL_COLUMNS))


def _same(column: Column) -> str:
    # Equality on the key lets the warehouse hash the join; extraction has made sure that keys are not null.
    if column.key:
        return f"landed.{column.name} = reread.{column.name}"
    # A VARIANT holds the source's JSON text, which compares as text.
    kind = "::varchar" if data_type(column) == "variant" else ""
    return f"landed.{column.name}{kind} is not distinct from reread.{column.name}{kind}"
