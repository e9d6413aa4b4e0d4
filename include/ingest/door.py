"""Whether a staged day may enter bronze: held against its contract and its past before anything is copied.

What breaks a contract here and what does not:

- A *missing column*, a *changed type*, a *row without its key* break it, and so does a *repeated key* in a
  file whose contract promises one row per key. Each would leave silver a day that is quietly wrong.
- Single values that do not fit their type do not. Bronze keeps what the source said, silver puts such a value
  into quarantine with a count. The share that makes them a changed type is the column's `misfits`.
- An *unusual number of rows* breaks nothing unless the contract asks for that (`unusualVolume: stop`): more
  often than not the world has changed, and a wrong alarm that holds gold costs every reader a day.
- Changes and API records may repeat a key (`include.contracts.promises` says why), so nobody counts them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract, Table
from include.ingest.volume import HISTORY_DAYS, usual
from include.landing import ledger
from include.landing.manifest import Manifest, TableProfile
from include.paging.contract_message import Finding

FEW = 3
"""So many rows are needed to speak of a pattern: below it, a share of them says nothing."""

REJECTED = 0.05
"""The share of a file's lines that may be no rows, before the file is taken for one of another format."""

FORMER_DAYS = 28
EXPECTED_VALUES = 10


@dataclass(frozen=True)
class Past:
    """What bronze knows of a table from the partitions before: rows of each, oldest first, and the share of
    rows in which a column had a value."""

    rows: Sequence[tuple[date, int]]
    filled: Mapping[str, float]


def past(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> dict[str, Past]:
    """The past of every table that has rows now, as far as judging this day needs it."""
    day = date.fromisoformat(manifest.partition)
    return {
        table.name: Past(
            ledger.rows_per_partition(cursor, contract.name, table.name, day, HISTORY_DAYS),
            _filled(cursor, contract, table, manifest.profiles[table.name], day),
        )
        for table in contract.tables
    }


def judge(
    contract: SourceContract,
    manifest: Manifest,
    known: Mapping[str, Past],
    *,
    rejected: int = 0,
    one_day: bool = True,
) -> list[Finding]:
    """What is not as the contract, or the past, has it.

    Args:
        known: per table; none for a table is no past.
        rejected: rows that extraction set aside instead of handing them over.
        one_day: the window is a day like any other, so its volume can be compared.
    """
    found = list(_rejected_rows(contract, manifest, rejected))
    for table in contract.tables:
        profile, before = manifest.profiles[table.name], known.get(table.name, Past((), {}))
        found += _columns(table, date.fromisoformat(manifest.partition), profile, before)
        found += _keys(table, profile)
        if one_day:
            found += _volume(table, manifest, profile, before)
    return found


def _columns(table: Table, day: date, profile: TableProfile, before: Past) -> Iterator[Finding]:
    for name in profile.empty if profile.whole_rows else ():
        if table.column(name).required and table.column(name).due_on(day):
            yield Finding(
                f"missing/{table.name}.{name}",
                f"{table.name}.{name} is missing: the contract requires it, and none of "
                f"{profile.whole_rows:,} rows "
                "has a value in it",
                breaking=True,
            )
        elif before.filled.get(name, 0.0) * profile.whole_rows >= EXPECTED_VALUES:
            yield Finding(
                f"emptied/{table.name}.{name}",
                f"{table.name}.{name} has no value in any of {profile.whole_rows:,} rows; in the "
                f"{FORMER_DAYS} days before, {before.filled[name]:.0%} of rows had one. The contract "
                "allows it to be empty, so the day is loaded; was the column dropped or renamed?",
                breaking=False,
            )
    for name, counted in profile.misfits.items():
        column = table.column(name)
        if counted.values >= FEW and counted.values > column.misfits * counted.of:
            yield Finding(
                f"type/{table.name}.{name}",
                f"{table.name}.{name} has changed its type: {counted.values:,} of {counted.of:,} values "
                f"are no {column.logical_type}; the contract tolerates {column.misfits:.0%}",
                breaking=True,
            )


def _keys(table: Table, profile: TableProfile) -> Iterator[Finding]:
    key = ", ".join(table.key)
    if profile.null_keys:
        yield Finding(
            f"null key/{table.name}",
            f"{table.name}: {profile.null_keys:,} of {profile.rows:,} rows have no value in the key {key}",
            breaking=True,
        )
    if profile.repeated_keys:
        yield Finding(
            f"repeated key/{table.name}",
            f"{table.name}: {profile.repeated_keys:,} of {profile.rows:,} rows repeat a key ({key}) of the "
            "same file; the contract promises one row per key",
            breaking=True,
        )


def _volume(table: Table, manifest: Manifest, profile: TableProfile, before: Past) -> Iterator[Finding]:
    expected = usual(before.rows, date.fromisoformat(manifest.partition))
    if expected is not None and not expected.holds(profile.rows):
        stops = table.promises.unusual_volume == "stop"
        yield Finding(
            f"volume/{table.name}/{manifest.partition}",
            f"{table.name} has {profile.rows:,} rows on {manifest.partition}; {expected.based_on} lead one "
            f"to expect {expected.low:,} to {expected.high:,}",
            breaking=stops,
        )


def _rejected_rows(contract: SourceContract, manifest: Manifest, rejected: int) -> Iterator[Finding]:
    lines = rejected + sum(profile.rows for profile in manifest.profiles.values())
    if rejected >= FEW and rejected > REJECTED * lines:
        yield Finding(
            f"rejected/{manifest.partition}",
            f"{rejected:,} of {lines:,} lines of the files of {contract.name} cannot be read as rows; they "
            "are listed with their reasons in quarantine/",
            breaking=True,
        )


def _filled(
    cursor: SnowflakeCursor, contract: SourceContract, table: Table, profile: TableProfile, day: date
) -> dict[str, float]:
    """For columns that are empty now and need not be filled: the share of earlier rows that had a value."""
    names = [name for name in profile.empty if not table.column(name).required and profile.whole_rows]
    if not names:
        return {}
    counts = ", ".join(f"count({name})" for name in names)
    cursor.execute(
        f"select count(*), {counts} from {contract.schema}.{table.name} "  # noqa: S608 -- names from the contract
        f"where _partition < %s::date and _partition >= dateadd(day, -{FORMER_DAYS}, %s::date) "
        "and _op not in ('delete', 'truncate')",
        (day.isoformat(), day.isoformat()),
    )
    ((rows, *filled),) = cursor.fetchall()
    return {name: int(count) / int(rows) for name, count in zip(names, filled, strict=True)} if rows else {}


def undeclared(cursor: SnowflakeCursor, contract: SourceContract, partition: str) -> list[Finding]:
    """Columns that came with a partition and that the contract does not name; `_rescued` has their values."""
    found = []
    for table in contract.tables:
        cursor.execute(
            "select distinct field.key "  # noqa: S608 -- names from the contract
            f"from {contract.schema}.{table.name} as bronze, "
            "lateral flatten(input => try_parse_json(bronze._rescued::varchar)) as field "
            "where bronze._partition = %s::date and bronze._rescued is not null",
            (partition,),
        )
        for name in sorted(str(key) for (key,) in cursor.fetchall()):
            found.append(
                Finding(
                    f"undeclared/{table.name}.{name}",
                    f"{table.name} has come with a column that the contract does not name: {name[:100]}. "
                    "Its values are kept in _rescued, where nobody reads them. Is it meant to be used? "
                    f"Then name it in {contract.path.name}, with its classification, in a new version",
                    breaking=False,
                )
            )
    return found
