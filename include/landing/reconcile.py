"""Bronze holds what the ledger says, and the ledger has what was staged."""

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.landing.ledger import LEDGER
from include.landing.manifest import LandingError, Manifest


def reconcile(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> dict[str, int]:
    """Rows per table that the manifest's partition holds in bronze.

    Raises LandingError where they are not what the ledger says, or where a staged file is not accounted for.
    """
    held = {}
    wrong = []
    for table in contract.tables:
        cursor.execute(
            f"select sha256, row_count, last_position from {LEDGER} "  # noqa: S608
            "where source = %s and table_name = %s and partition = %s::date",
            (contract.name, table.name, manifest.partition),
        )
        loads = cursor.fetchall()
        cursor.execute(
            f"select count(*) from {contract.schema}.{table.name} where _partition = %s::date",  # noqa: S608
            (manifest.partition,),
        )
        ((rows,),) = cursor.fetchall()
        promised = sum(int(count) for _, count, _ in loads)
        if rows != promised:
            wrong.append(f"{table.name} holds {rows} rows, the ledger says {promised}")
        if lost := _unaccounted(cursor, contract, manifest, table.name, {sha256 for sha256, _, _ in loads}):
            wrong.append(f"{table.name} lacks {', '.join(lost)}")
        held[table.name] = int(rows)
    if wrong:
        raise LandingError(
            f"{contract.schema}, partition {manifest.partition}: {'; '.join(wrong)}. Someone changed bronze "
            "or the "
            f"ledger by hand: compare {contract.schema} with {LEDGER} by _file. Do not clear or confirm "
            "this run "
            "before it is understood."
        )
    return held


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
