"""Files onto a source's stage, and off it once bronze holds them."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.landing.manifest import LandingError, Manifest, StagedFile
from include.landing.parquet import FILE_BYTES, Load, Rows, write

log = logging.getLogger(__name__)


def stage(
    cursor: SnowflakeCursor,
    load: Load,
    batches: Iterable[Rows],
    *,
    reach: str = "",
    receipt: Mapping[str, str] | None = None,
    file_bytes: int = FILE_BYTES,
) -> Manifest:
    """Stage every batch. On local disk there is one file at a time; a rerun overwrites what a killed one
    left.

    `reach` is the position up to which a source of changes was read, whether or not rows stand there. Raises
    LandingError when a file does not arrive.
    """
    contract, partition = load.contract, load.partition.isoformat()
    staged: list[StagedFile] = []
    with TemporaryDirectory(prefix=f"landing_{contract.name}_") as folder:
        for file in write(batches, load, Path(folder), file_bytes=file_bytes):
            _put(cursor, contract, file.path, file.staged)
            file.path.unlink()
            staged.append(file.staged)
    with_rows = {file.table for file in staged}
    if reach:
        last_of = {file.table: index for index, file in enumerate(staged)}
        for index in last_of.values():
            staged[index] = replace(staged[index], last_position=reach)
    staged += [
        StagedFile.empty(table.name, reach) for table in contract.tables if table.name not in with_rows
    ]
    manifest = Manifest(contract.name, contract.version, partition, load.run_id, tuple(staged), receipt or {})
    log.info("%s %s: staged %s", contract.name, partition, manifest.rows)
    return manifest


def unstage(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> None:
    """Remove the partition's files from the stage, those of killed attempts included."""
    for table in contract.tables:
        cursor.execute(f"remove @{contract.schema}.landing/{table.name}/{manifest.partition}/")


def _put(cursor: SnowflakeCursor, contract: SourceContract, path: Path, file: StagedFile) -> None:
    folder = file.name.rpartition("/")[0]
    # Overwrite: a file of the same name may be there from an earlier attempt, with that attempt's run in it.
    outcome = cursor.execute(
        f"put 'file://{path}' '@{contract.schema}.landing/{folder}' auto_compress=false overwrite=true"
    )
    (answer,) = outcome.fetchall() if outcome else [()]
    if "UPLOADED" not in answer:
        raise LandingError(f"{file.name} did not reach @{contract.schema}.landing: {answer}; try again")
