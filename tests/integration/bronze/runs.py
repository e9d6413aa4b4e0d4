"""A run of a bronze DAG, through the steps that its tasks call."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from include.contracts import SourceContract
from include.extract.batch import Window
from include.ingest import steps
from include.landing.manifest import Manifest
from include.warehouse.session import Warehouse


def run(
    contract: SourceContract,
    key: str,
    *,
    since: date | None = None,
    run_id: str = "",
    checkpoint: bool = True,
) -> dict[str, int]:
    """All steps of one run, the audit with its checkpoint or without; the rows added per table."""
    run_id, window = run_id or f"manual__{key}", Window.of(key, since=since)
    steps.prepare(contract, window)
    manifest = passed_on(steps.extract(contract, window, run_id))
    steps.admit(contract, window, manifest)
    added = steps.load(contract, manifest)
    if checkpoint:
        steps.audit(contract, manifest, run_id)
    else:
        steps.reconciled(contract, manifest)
    steps.confirm(contract, manifest)
    return added


def passed_on(manifest: Manifest) -> Manifest:
    """As it arrives in the next task."""
    return Manifest.from_json(json.loads(json.dumps(manifest.to_json())))


def ask(sql: str) -> list[tuple[Any, ...]]:
    with Warehouse().cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
