"""A partition of changes that is on record: proven to be in bronze, and mended from its landed files.

This is what a backfill does for a source whose past cannot be read again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import ProgrammingError

from include.contracts import SourceContract, Table
from include.landing import reread
from include.landing.copying import copy
from include.landing.ledger import LEDGER
from include.landing.manifest import EMPTY, LandingError, Manifest, StagedFile
from include.landing.settings import KEEP_DAYS, keep_days
from include.warehouse.session import transaction

log = logging.getLogger(__name__)


def restore(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> dict[str, int]:
    """Put back what the ledger says of the manifest's partition and bronze lacks; the rows per table.

    Costs two counts where nothing is missing. Whether the rows that are there still say the same is proven by
    the audit's checksum.

    Raises:
        LandingError: rows are missing and their files are no longer on the stage.
    """
    restored = {}
    for table in contract.tables:
        files = _landed(cursor, contract, table, manifest.partition)
        missing = sum(rows for _, rows, _ in files) - _held(cursor, contract, table, manifest.partition)
        if missing > 0:
            restored[table.name] = _reload(cursor, contract, table, manifest, [file for file, *_ in files])
            log.warning(
                "%s.%s %s: bronze lacked %d rows; put %d back from their landed files",
                contract.name, table.name, manifest.partition, missing, restored[table.name],
            )  # fmt: skip
    return restored


def _landed(
    cursor: SnowflakeCursor, contract: SourceContract, table: Table, partition: str
) -> list[tuple[StagedFile, int, str]]:
    """The partition's files, the rows that each added to bronze, and from which position on."""
    cursor.execute(
        "select file, file_row_count, file_byte_count, row_count, first_position, last_position "  # noqa: S608
        f"from {LEDGER} where source = %s and table_name = %s and partition = %s::date and row_count > 0 "
        "order by first_position",
        (contract.name, table.name, partition),
    )
    return [
        (StagedFile(table.name, file, int(held), int(size), EMPTY, first, last), int(rows), first)
        for file, held, size, rows, first, last in cursor.fetchall()
    ]


def _held(cursor: SnowflakeCursor, contract: SourceContract, table: Table, partition: str) -> int:
    cursor.execute(
        f"select count(*) from {contract.schema}.{table.name} where _partition = %s::date",  # noqa: S608
        (partition,),
    )
    ((rows,),) = cursor.fetchall()
    return int(rows)


def _reload(
    cursor: SnowflakeCursor,
    contract: SourceContract,
    table: Table,
    manifest: Manifest,
    files: Sequence[StagedFile],
) -> int:
    target = f"{contract.schema}.{table.name}"
    columns = ", ".join(reread.all_columns(table))
    from_files = ", ".join(f"landed.{name}" for name in reread.all_columns(table))
    reread.make_room(cursor, contract, table)
    try:
        with transaction(cursor):
            cursor.execute(f"update raw_control.lock_{contract.name} set run_id = %s", (manifest.run_id,))  # noqa: S608
            copy(cursor, contract, f"{target}_reread", files)
            # Of a file that was read in part only what was new had been loaded: from its first position on.
            cursor.execute(
                f"insert into {target} ({columns}) "  # noqa: S608 -- names from the contract
                f"select {from_files} from {target}_reread as landed inner join {LEDGER} as ledger on "
                "ledger.source = %s and ledger.table_name = %s and ledger.partition = %s::date and "
                "ledger.row_count > 0 and endswith(landed._file, ledger.file) and landed._position >= "
                f"ledger.first_position left join {target} as held on held._partition = %s::date and "
                "held._position = landed._position where held._position is null",
                (contract.name, table.name, manifest.partition, manifest.partition),
            )
            return cursor.rowcount or 0
    except (ProgrammingError, LandingError) as error:
        raise LandingError(
            f"{target} lacks rows of {manifest.partition}, and their landed files cannot be loaded again "
            f"({error}). Files are kept for {keep_days()} days ({KEEP_DAYS}). Use Time Travel if the rows "
            f"were removed lately, or trigger {contract.dag_id} with resnapshot to read the whole tables "
            "again."
        ) from error
