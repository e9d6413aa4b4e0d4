"""What the tasks of a bronze run do. Each can be killed at any line and repeated."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import date

from include.contracts import SourceContract
from include.extract.batch import Window
from include.ingest.sources import Landed, source_of
from include.landing import ledger
from include.landing import load as landing
from include.landing.manifest import Manifest
from include.landing.parquet import Load
from include.landing.reconcile import reconcile
from include.landing.staging import stage, unstage
from include.warehouse.prepare import prepare_source
from include.warehouse.session import Warehouse

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Audit:
    """What bronze holds of a partition, per table; the rows a source set aside; the checkpoint's report."""

    rows: dict[str, int]
    rejected: int
    report: str


def prepare(contract: SourceContract, *, resnapshot: bool = False) -> None:
    """Bronze can take the source's rows, and the source can be read."""
    with Warehouse().cursor() as cursor:
        prepare_source(cursor, contract)
    source_of(contract).prepare(resnapshot=resnapshot)


def extract(contract: SourceContract, window: Window, run_id: str, *, resnapshot: bool = False) -> Manifest:
    """Read the window and stage it."""
    with Warehouse().cursor() as cursor:
        landed = Landed(
            ledger.last_position(cursor, contract.name), ledger.last_partition(cursor, contract.name)
        )
        with source_of(contract).read(window, landed, resnapshot=resnapshot) as reading:
            return stage(
                cursor,
                Load(contract, window.partition, run_id),
                reading.batches,
                reach=reading.reach,
                receipt=reading.receipt,
            )


def load(contract: SourceContract, manifest: Manifest) -> dict[str, int]:
    """Copy what is new into bronze; the rows added per table."""
    with Warehouse().cursor() as cursor:
        return landing.load(cursor, contract, manifest, os.environ.get("CODE_VERSION", "unversioned"))


def audit(contract: SourceContract, manifest: Manifest, run_id: str) -> Audit:
    """Bronze is what ledger, staged files and contract say. Raises LandingError or CheckpointFailed."""
    from include.quality import bronze  # Great Expectations takes seconds to import: only this step pays

    with Warehouse().cursor() as cursor:
        rows = reconcile(cursor, contract, manifest)
    partition = manifest.partition
    summary = bronze.check(contract, date.fromisoformat(partition), f"{partition}_{run_id}")
    rejected = source_of(contract).rejected(manifest.receipt)
    log.info("%s %s: bronze holds %s; %d rows rejected", contract.name, partition, rows, rejected)
    return Audit(rows, rejected, summary.docs)


def confirm(contract: SourceContract, manifest: Manifest) -> None:
    """The source may forget what bronze has, and the stage is cleared."""
    source_of(contract).confirm(manifest.receipt)
    with Warehouse().cursor() as cursor:
        unstage(cursor, contract, manifest)
