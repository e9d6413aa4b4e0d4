"""`raw_control.load_ledger`: what bronze holds and where it came from, written as it is loaded."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from snowflake.connector.cursor import SnowflakeCursor

from include.landing.manifest import Manifest, StagedFile

LEDGER = "raw_control.load_ledger"


@dataclass(frozen=True)
class Known:
    """What the ledger says of one table before a load."""

    hashes: frozenset[str]
    """Of what was loaded for the partition; none when it was never loaded."""
    has_rows: bool
    """For the partition."""
    last_position: str
    """Over all partitions; empty when nothing was loaded."""


def known(cursor: SnowflakeCursor, source: str, table: str, partition: str) -> Known:
    """What is already loaded of a table."""
    cursor.execute(
        f"select sha256, row_count from {LEDGER} "  # noqa: S608
        "where source = %s and table_name = %s and partition = %s::date",
        (source, table, partition),
    )
    loads = cursor.fetchall()
    cursor.execute(
        f"select max(last_position) from {LEDGER} where source = %s and table_name = %s",  # noqa: S608
        (source, table),
    )
    ((last,),) = cursor.fetchall()
    hashes = frozenset(sha256 for sha256, _ in loads)
    return Known(hashes, any(rows for _, rows in loads), last or "")


def last_position(cursor: SnowflakeCursor, source: str) -> str:
    """How far a source was read and landed, over all its tables; empty when it never was."""
    cursor.execute(f"select max(last_position) from {LEDGER} where source = %s", (source,))  # noqa: S608
    ((last,),) = cursor.fetchall()
    return last or ""


def last_partition(cursor: SnowflakeCursor, source: str) -> str:
    """The latest partition loaded from a source, `YYYY-MM-DD`; empty when none was."""
    cursor.execute(f"select max(partition)::varchar from {LEDGER} where source = %s", (source,))  # noqa: S608
    ((last,),) = cursor.fetchall()
    return last or ""


def rows_per_partition(
    cursor: SnowflakeCursor, source: str, table: str, before: date, days: int
) -> list[tuple[date, int]]:
    """Rows loaded of a table for each of the partitions in the `days` before one, oldest first."""
    cursor.execute(
        f"select partition, sum(row_count) from {LEDGER} "  # noqa: S608
        "where source = %s and table_name = %s and partition < %s::date and partition >= %s::date "
        "group by partition order by partition",
        (source, table, before.isoformat(), (before - timedelta(days=days)).isoformat()),
    )
    return [(day, int(rows)) for day, rows in cursor.fetchall()]


def record(
    cursor: SnowflakeCursor,
    manifest: Manifest,
    file: StagedFile,
    *,
    rows: int,
    first_position: str,
    last_position: str,
    code_version: str,
) -> None:
    """One load: `rows` of the file's rows were new, at these positions."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    cursor.execute(
        f"insert into {LEDGER} (load_id, source, table_name, partition, file, sha256, file_sha256, "
        "row_count, file_row_count, file_byte_count, first_position, last_position, contract_version, "
        "code_version, run_id, extracted_at, staged_at, loaded_at) select %s, %s, %s, %s::date, %s, %s, "
        "%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::timestamp_ntz(6), %s::timestamp_ntz(6), "
        "%s::timestamp_ntz(6)",
        (
            f"{manifest.source}/{file.table}/{manifest.partition}/{file.sha256[:16]}",
            manifest.source,
            file.table,
            manifest.partition,
            file.name or None,
            file.sha256,
            file.file_sha256 or None,
            rows,
            file.rows,
            file.bytes,
            first_position or None,
            last_position or None,
            manifest.contract_version,
            code_version,
            manifest.run_id,
            manifest.extracted_at,
            manifest.staged_at,
            now,
        ),
    )
