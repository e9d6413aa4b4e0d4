"""Rows read = staged = on record = in bronze, and bronze adds up to what the source says it has.

Every audit leaves its figures in `raw_control.reconciliation`, also where they disagree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract, Table
from include.landing import checksum
from include.landing.ledger import LEDGER
from include.landing.manifest import Figures, LandingError, Manifest

RECONCILIATION = "raw_control.reconciliation"


@dataclass(frozen=True)
class _Account:
    """What is known of one table's partition, and what does not agree."""

    table: str
    on_record: int
    bronze: Figures
    state: Figures | None
    differences: tuple[str, ...]


def reconcile(
    cursor: SnowflakeCursor,
    contract: SourceContract,
    manifest: Manifest,
    compared: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, int]:
    """Rows per table that the manifest's partition holds in bronze. The figures go on record.

    `compared` names, per table, the columns that the source's own checksum is over; tables of which the
    source gave no figures are not held against it.

    Raises LandingError where figures disagree, or a staged file is not accounted for.
    """
    accounts = [_account(cursor, contract, table, manifest, compared or {}) for table in contract.tables]
    for account in accounts:
        _record(cursor, manifest, account)
    wrong = [f"{account.table} {difference}" for account in accounts for difference in account.differences]
    if wrong:
        raise LandingError(
            f"{contract.schema}, partition {manifest.partition}: {'; '.join(wrong)}. Do not clear or confirm "
            f"this run before it is understood: compare {contract.schema} with {LEDGER} by _file, and see "
            f"{RECONCILIATION}. Did someone change bronze or the ledger by hand?"
        )
    return {account.table: account.bronze.rows for account in accounts}


def _account(
    cursor: SnowflakeCursor,
    contract: SourceContract,
    table: Table,
    manifest: Manifest,
    compared: Mapping[str, Sequence[str]],
) -> _Account:
    cursor.execute(
        f"select sha256, row_count from {LEDGER} "  # noqa: S608
        "where source = %s and table_name = %s and partition = %s::date",
        (contract.name, table.name, manifest.partition),
    )
    loads = cursor.fetchall()
    on_record = sum(int(count) for _, count in loads)
    bronze = checksum.of_partition(cursor, contract, table, manifest.partition)
    differences = []
    if bronze.rows != on_record:
        differences.append(f"holds {bronze.rows} rows, the ledger says {on_record}")
    if lost := _unaccounted(cursor, contract, manifest, table.name, {sha256 for sha256, _ in loads}):
        differences.append(f"lacks {', '.join(lost)}")
    differences += _changed_since(
        cursor, contract, table, manifest.partition, on_record=on_record, bronze=bronze
    )
    state = None
    if table.name in manifest.truth and table.name in compared:
        state = checksum.of_state(cursor, contract, table, compared[table.name], manifest.reach)
        differences += _unlike_source(manifest.truth[table.name], state)
    return _Account(table.name, on_record, bronze, state, tuple(differences))


def _changed_since(
    cursor: SnowflakeCursor,
    contract: SourceContract,
    table: Table,
    partition: str,
    *,
    on_record: int,
    bronze: Figures,
) -> Iterator[str]:
    """Rows that say something else than at the last audit, though nothing was loaded in between."""
    cursor.execute(
        f"select ledger_rows, bronze_checksum, run_id from {RECONCILIATION} "  # noqa: S608
        "where source = %s and table_name = %s and partition = %s::date and difference is null "
        "order by checked_at desc limit 1",
        (contract.name, table.name, partition),
    )
    for rows, content, run_id in cursor.fetchall():
        if int(rows) == on_record == bronze.rows and int(content) != bronze.checksum:
            yield f"says something else than when run {run_id} audited it, though nothing was loaded since"


def _unlike_source(source: Figures, state: Figures) -> Iterator[str]:
    if source.rows != state.rows:
        yield f"adds up to {state.rows} rows, the source had {source.rows}"
    elif source.checksum != state.checksum:
        yield f"adds up to {state.rows} rows as the source has, but not to the same content"


def _unaccounted(
    cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest, table: str, hashes: set[str]
) -> list[str]:
    """Staged files that the ledger does not have. Changes may have come with another run."""
    lost = [file for file in manifest.of_table(table) if file.sha256 not in hashes]
    if lost and contract.kind == "cdc":
        cursor.execute(
            f"select max(last_position) from {LEDGER} where source = %s and table_name = %s",  # noqa: S608
            (contract.name, table),
        )
        ((last,),) = cursor.fetchall()
        lost = [file for file in lost if file.last_position > (last or "")]
    return [file.name or "its empty load" for file in lost]


def _record(cursor: SnowflakeCursor, manifest: Manifest, account: _Account) -> None:
    source, state = manifest.truth.get(account.table), account.state
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    cursor.execute(
        f"insert into {RECONCILIATION} (source, table_name, partition, run_id, extracted_rows, "
        "staged_rows, ledger_rows, bronze_rows, bronze_checksum, source_position, source_rows, "
        "source_checksum, state_rows, state_checksum, difference, checked_at) select %s, %s, %s::date, "
        "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::timestamp_ntz(6)",
        (
            manifest.source,
            account.table,
            manifest.partition,
            manifest.run_id,
            manifest.profiles[account.table].rows,
            manifest.rows[account.table],
            account.on_record,
            account.bronze.rows,
            account.bronze.checksum,
            manifest.reach or None,
            source.rows if source else None,
            source.checksum if source else None,
            state.rows if state else None,
            state.checksum if state else None,
            "; ".join(account.differences) or None,
            now,
        ),
    )
