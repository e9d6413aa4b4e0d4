"""What the tasks of a bronze run do. Each can be killed at any line and repeated."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import partial

from include.contracts import SourceContract
from include.extract import cdc
from include.extract.ahead import ahead
from include.extract.batch import Window
from include.ingest import door, owners
from include.ingest.sources import Landed, source_of
from include.landing import ledger
from include.landing import load as landing
from include.landing.kept import clear
from include.landing.manifest import Manifest
from include.landing.parquet import Load
from include.landing.reconcile import reconcile
from include.landing.restore import restore
from include.landing.staging import stage
from include.landing.unfinished import Unfinished, forget
from include.warehouse.prepare import prepare_source
from include.warehouse.session import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Audit:
    """What bronze holds of a partition, per table; the rows a source set aside; the checkpoint's report."""

    rows: dict[str, int]
    rejected: int
    report: str


def prepare(contract: SourceContract, window: Window, *, resnapshot: bool = False) -> None:
    """Bronze can take the source's rows, and the source can be read."""
    with Warehouse().cursor() as cursor:
        prepare_source(cursor, contract)
    source_of(contract).prepare(window.partition, resnapshot=resnapshot)


def extract(contract: SourceContract, window: Window, run_id: str, *, resnapshot: bool = False) -> Manifest:
    """Read the window and stage it. Tables of a snapshot that an earlier try of the run staged are kept."""
    with Warehouse().cursor() as cursor:
        landed = Landed(
            ledger.last_position(cursor, contract.name), ledger.last_partition(cursor, contract.name)
        )
        load = Load(contract, window.partition, run_id)
        unfinished = Unfinished(cursor, load)
        with (
            source_of(contract).read(window, landed, unfinished.tables, resnapshot=resnapshot) as reading,
            closing(ahead(reading.batches)) as batches,  # the next is read while this one is written
        ):
            return stage(
                cursor,
                load,
                batches,
                reach=reading.reach,
                receipt=reading.receipt,
                truth=reading.truth,
                kept=reading.kept,
                completed=partial(unfinished.note, reading.origin),
            )


def admit(contract: SourceContract, window: Window, manifest: Manifest, *, resnapshot: bool = False) -> None:
    """The staged day may enter bronze. Raises ContractBrokenError; what is odd and breaks nothing is told."""
    with Warehouse().cursor() as cursor:
        if contract.kind == "cdc":
            # The manifest has arrived. Should the day be turned away, no table of it may be kept.
            forget(cursor, contract)
        known = door.past(cursor, contract, manifest)
    findings = door.judge(
        contract,
        manifest,
        known,
        rejected=source_of(contract).rejected(manifest.receipt),
        one_day=not resnapshot and len(list(window.days())) == 1,
    )
    for finding in findings:
        log.warning("%s %s: %s", contract.name, manifest.partition, finding.what)
    if broken := [finding for finding in findings if finding.breaking]:
        raise owners.ContractBrokenError(contract, manifest.partition, broken)
    owners.tell(contract, manifest.partition, manifest.run_id, findings)
    owners.tell_mended(contract, manifest.partition, manifest.run_id)


def load(contract: SourceContract, manifest: Manifest) -> dict[str, int]:
    """Copy what is new into bronze; the rows added per table, those put back into a damaged day included."""
    with Warehouse().cursor() as cursor:
        restored = restore(cursor, contract, manifest) if contract.kind == "cdc" else {}
        added = landing.load(cursor, contract, manifest, os.environ.get("CODE_VERSION", "unversioned"))
    return {table: rows + restored.get(table, 0) for table, rows in added.items()}


def reconciled(contract: SourceContract, manifest: Manifest) -> dict[str, int]:
    """Bronze is what source, ledger and stage say; the rows it holds per table. Raises LandingError."""
    compared = {table.name: cdc.compared(table) for table in contract.tables} if manifest.truth else {}
    with Warehouse().cursor() as cursor:
        return reconcile(cursor, contract, manifest, compared)


def audit(contract: SourceContract, manifest: Manifest, run_id: str) -> Audit:
    """Bronze is what source, ledger, stage and contract say. Raises LandingError or CheckpointFailed."""
    from include.quality import bronze  # Great Expectations takes seconds to import: only this step pays

    partition = manifest.partition
    rows = reconciled(contract, manifest)
    with Warehouse().cursor() as cursor:
        added = door.undeclared(cursor, contract, partition)
    owners.tell(contract, partition, manifest.run_id, added)
    summary = bronze.check(contract, date.fromisoformat(partition), f"{partition}_{run_id}")
    rejected = source_of(contract).rejected(manifest.receipt)
    log.info("%s %s: bronze holds %s; %d rows rejected", contract.name, partition, rows, rejected)
    return Audit(rows, rejected, summary.docs)


def confirm(contract: SourceContract, manifest: Manifest) -> None:
    """The source may forget what bronze has, and the stage is cleared of what can be read again."""
    source_of(contract).confirm(manifest.receipt)
    with Warehouse().cursor() as cursor:
        clear(cursor, contract, manifest)
