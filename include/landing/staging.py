"""Files onto a source's stage, and off it once bronze holds them."""

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from snowflake.connector.cursor import SnowflakeCursor

from include.landing.manifest import (
    Figures,
    LandingError,
    Manifest,
    StagedFile,
    StagedTable,
    TableProfile,
)
from include.landing.parquet import Load, WrittenFile, write
from include.landing.portions import portions
from include.landing.profile import Profiler, Rows

log = logging.getLogger(__name__)


def stage(
    cursor: SnowflakeCursor,
    load: Load,
    batches: Iterable[Rows],
    *,
    reach: str = "",
    receipt: Mapping[str, str] | None = None,
    truth: Callable[[], Mapping[str, Figures]] = dict,
    kept: Mapping[str, StagedTable] | None = None,
    completed: Callable[[StagedTable], None] | None = None,
    file_bytes: int | None = None,
) -> Manifest:
    """Stage every batch: one file travels while the next is written, so local disk holds two at most. A rerun
    overwrites what a killed one left.

    Args:
        reach: the position up to which a source of changes was read, whether or not rows stand there.
        truth: asked once all is staged, for what the source says of its tables at `reach`.
        kept: tables that an earlier try has staged; batches of them are what came behind.
        completed: told of each table that a batch completes, once all its files are on the stage.

    Raises:
        LandingError: a file does not arrive, or rows got lost on the way into files.
    """
    contract, partition, began = load.contract, load.partition.isoformat(), _utc(datetime.now(UTC))
    kept = kept or {}
    profiler = Profiler(contract)
    staged = [file for table in kept.values() for file in table.files]
    for portion in portions(batches):
        with tempfile.TemporaryDirectory(prefix=f"landing_{contract.name}_") as folder:
            files = write(profiler.watched(portion), load, Path(folder), file_bytes=file_bytes)
            sent = list(_sent(cursor, contract.schema, files))
        staged += sent
        if portion.completed and completed:
            its_own = tuple(file for file in sent if file.table == portion.completed)
            profile = profiler.profile(portion.completed)
            table = StagedTable(portion.completed, reach, its_own, profile, began)
            _check_all_rows_are_in_files(contract.name, table.table, table.files, profile)
            completed(table)
    profiles = {table.name: profiler.profile(table.name) for table in contract.tables}
    profiles |= {name: table.profile.plus(profiles[name]) for name, table in kept.items()}
    with_rows = {file.table for file in staged}
    if reach:
        last_of = {file.table: index for index, file in enumerate(staged)}
        for index in last_of.values():
            staged[index] = replace(staged[index], last_position=reach)
    staged += [
        StagedFile.empty(table.name, reach) for table in contract.tables if table.name not in with_rows
    ]
    manifest = Manifest(
        source=contract.name,
        contract_version=contract.version,
        partition=partition,
        run_id=load.run_id,
        files=tuple(staged),
        receipt=receipt or {},
        profiles=profiles,
        truth=truth(),
        reach=reach,
        extracted_at=min([began, *(table.extracted_at for table in kept.values())]),
        staged_at=_utc(datetime.now(UTC)),
    )
    for name, profile in profiles.items():
        _check_all_rows_are_in_files(contract.name, name, manifest.of_table(name), profile)
    log.info("%s %s: staged %s", contract.name, partition, manifest.rows)
    return manifest


def _sent(cursor: SnowflakeCursor, schema: str, files: Iterator[WrittenFile]) -> Iterator[StagedFile]:
    """Each file as it arrived on the stage. The session is the sending thread's until the last one has."""
    with ThreadPoolExecutor(1, thread_name_prefix="put") as sender:
        travelling: Future[StagedFile] | None = None
        for file in files:
            if travelling is not None:
                yield travelling.result()
            travelling = sender.submit(_put, cursor, schema, file)
        if travelling is not None:
            yield travelling.result()


def _put(cursor: SnowflakeCursor, schema: str, file: WrittenFile) -> StagedFile:
    folder = file.staged.name.rpartition("/")[0]
    with file.path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    # Overwrite: a file of the same name may be there from an earlier attempt, with that attempt's run in it.
    outcome = cursor.execute(
        f"put 'file://{file.path}' '@{schema}.landing/{folder}' auto_compress=false overwrite=true"
    )
    (answer,) = outcome.fetchall() if outcome else [()]
    if "UPLOADED" not in answer:
        raise LandingError(f"{file.staged.name} did not reach @{schema}.landing: {answer}; try again")
    file.path.unlink()
    return replace(file.staged, file_sha256=digest)


def _check_all_rows_are_in_files(
    source: str, table: str, files: Iterable[StagedFile], profile: TableProfile
) -> None:
    rows = sum(file.rows for file in files)
    if rows != profile.rows:
        raise LandingError(
            f"{source}.{table}: {profile.rows} rows were extracted and {rows} staged; nothing was loaded. "
            "This is a fault of landing, not of the source: clear the task, and report it if it stays"
        )


def _utc(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
