"""Staged files into bronze, each row exactly once, however runs are repeated, overlap or are killed.

Everything of a manifest and its entries in the ledger commit in one transaction, and the ledger decides
what is new.
"""

import logging
from dataclasses import dataclass
from typing import Literal

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract, Table
from include.landing import ledger, reread
from include.landing.copying import copy
from include.landing.manifest import LandingError, Manifest, StagedFile
from include.warehouse.session import transaction

log = logging.getLogger(__name__)

Action = Literal["skip", "record", "copy", "reread"]


@dataclass(frozen=True)
class _Step:
    """What to do with one table's files, given what the ledger says."""

    table: Table
    action: Action
    files: tuple[StagedFile, ...]
    last_position: str


def load(
    cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest, code_version: str
) -> dict[str, int]:
    """Load what is new of `manifest`. Returns the rows added per table.

    Raises LandingError when the staged rows do not arrive in full; nothing is committed then.
    """
    while True:
        plan = _plan(cursor, contract, manifest)
        for step in plan:
            if step.action == "reread":
                reread.make_room(cursor, contract, step.table)
        with transaction(cursor):
            _wait_for_other_loads(cursor, contract, manifest)
            if _plan(cursor, contract, manifest) == plan:
                added = {table.name: 0 for table in contract.tables}
                for step in plan:
                    added[step.table.name] += _take(cursor, contract, manifest, step, code_version)
                break
        log.info("%s: another run loaded meanwhile; looking again", contract.name)
    log.info("%s %s: added %s", contract.name, manifest.partition, added)
    return added


def _wait_for_other_loads(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> None:
    """An update locks the source's one row until this transaction ends, also against a run taken for dead."""
    cursor.execute(f"update raw_control.lock_{contract.name} set run_id = %s", (manifest.run_id,))  # noqa: S608
    if cursor.rowcount != 1:
        raise LandingError(
            f"raw_control.lock_{contract.name} has {cursor.rowcount} rows, not one; clear this run's first "
            "task, which prepares the warehouse"
        )


def _plan(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> list[_Step]:
    return [
        step
        for table in contract.tables
        for step in _steps(
            contract, table, manifest, ledger.known(cursor, contract.name, table.name, manifest.partition)
        )
    ]


def _steps(contract: SourceContract, table: Table, manifest: Manifest, known: ledger.Known) -> list[_Step]:
    grouped: dict[Action, list[StagedFile]] = {}
    for file in manifest.of_table(table.name):
        grouped.setdefault(_action(contract, file, known), []).append(file)
    return [_Step(table, action, tuple(files), known.last_position) for action, files in grouped.items()]


def _action(contract: SourceContract, file: StagedFile, known: ledger.Known) -> Action:
    if contract.kind == "cdc":
        if file.last_position <= known.last_position:
            # A partition of which all changes came with others is on record as loaded, too.
            return "skip" if known.hashes else "record"
        return "reread" if file.rows and file.first_position <= known.last_position else "copy"
    if file.sha256 in known.hashes:
        return "skip"
    return "reread" if file.rows and known.has_rows else "copy"


def _take(
    cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest, step: _Step, code_version: str
) -> int:
    if step.action == "skip":
        return 0
    if step.action == "record":
        appended = [reread.Appended(file, 0, "", "") for file in step.files[:1]]
    elif step.action == "copy":
        with_rows = [file for file in step.files if file.rows]
        copy(cursor, contract, f"{contract.schema}.{step.table.name}", with_rows)
        appended = [
            reread.Appended(file, file.rows, file.first_position, file.last_position) for file in step.files
        ]
    elif contract.kind == "cdc":
        appended = reread.append_changes(cursor, contract, step.table, step.files, step.last_position)
    else:
        appended = reread.append_differences(cursor, contract, step.table, step.files, manifest.partition)
    for entry in appended:
        ledger.record(
            cursor,
            manifest,
            entry.file,
            rows=entry.rows,
            first_position=entry.first_position,
            last_position=entry.last_position,
            code_version=code_version,
        )
    return sum(entry.rows for entry in appended)
