"""``governance.run_evidence``: what each stage of each run did, kept beside the data it speaks of."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from include.governance.gold_sets import Cursor
from include.governance.versions import GoldModels, built_with
from include.warehouse.session import Warehouse, WarehouseUnavailableError

TABLE = "governance.run_evidence"
PASSED = {"success", "pass", "warn"}

DDL = f"""
create table if not exists {TABLE} (
    dag_id varchar not null,
    run_id varchar not null,
    partition_key date not null comment 'The last business day the run read',
    stage varchar not null comment 'plan, check_contract, silver, check_silver, gold, check_gold ...',
    attempt number not null comment 'Try of the task that did the stage',
    recorded_at timestamp_ntz(6) not null comment 'When, in UTC',
    passed boolean not null,
    detail variant not null comment 'plan: sources; dbt: nodes; checks: expectations; publish: tables',
    versions variant not null comment 'Code, models and contracts the stage ran with'
)
comment = 'One row per stage of a run and try'
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Whose evidence it is. ``attempt`` is Airflow's try number."""

    name: str
    partition: date
    dag_id: str
    run_id: str
    attempt: int


def stage_of(ti: Any) -> Stage:
    """The stage that a task of medallion belongs to: its own name, or its group's."""
    return Stage(
        name=ti.task_id.split(".")[0],
        partition=date.fromisoformat(ti.xcom_pull(task_ids="plan")),
        dag_id=ti.dag_id,
        run_id=ti.run_id,
        attempt=ti.try_number,
    )


@dataclass
class Outcome:
    """What a stage has to say; filled while it runs."""

    detail: dict[str, Any] = field(default_factory=dict)


@contextmanager
def recording(stage: Stage) -> Iterator[Outcome]:
    """Record the stage when the block ends, as passed or, if it raises, as failed."""
    outcome, models = Outcome(), GoldModels.deployed()
    try:
        yield outcome
    except Exception as error:
        told = {**outcome.detail, "error": f"{type(error).__name__}: {error}"[:2000]}
        _record_beside_error(stage, told, models)
        raise
    record(stage, passed=True, detail=outcome.detail, models=models)


def record_dbt_task(project_dir: str, *, context: Any) -> None:
    """Cosmos' callback after dbt: record what ``run_results.json`` in ``project_dir`` tells."""
    record_dbt(Path(project_dir), stage_of(context["ti"]))


def record_dbt(project_dir: Path, stage: Stage) -> None:
    """Record a dbt invocation from its ``run_results.json``; one that stopped before any node left none."""
    file = project_dir / "target" / "run_results.json"
    if not file.exists():
        return
    detail = summarise(json.loads(file.read_text()))
    # What ran, and not what DBT_TARGET_PATH says: Cosmos has set that for dbt by now.
    models = GoldModels.of(project_dir / "target" / "manifest.json")
    if detail["failed"]:
        _record_beside_error(stage, detail, models)
    else:
        record(stage, passed=True, detail=detail, models=models)


def summarise(run_results: dict[str, Any]) -> dict[str, Any]:
    """Counts by resource type and status, ``{"model": {"success": 12}}``, and the names of what failed."""
    results = run_results["results"]
    counts: dict[str, Counter[str]] = {}
    for result in results:
        counts.setdefault(result["unique_id"].split(".")[0], Counter())[result["status"]] += 1
    return {
        "counts": {kind: dict(statuses) for kind, statuses in sorted(counts.items())},
        "failed": sorted(result["unique_id"] for result in results if result["status"] not in PASSED),
        "seconds": round(run_results["elapsed_time"], 1),
    }


@retry(
    retry=retry_if_exception_type(WarehouseUnavailableError),
    stop=stop_after_delay(120),
    wait=wait_fixed(5),
    reraise=True,
)
def record(stage: Stage, *, passed: bool, detail: dict[str, Any], models: GoldModels) -> None:
    """Add one row. Patient, because a dbt run that is over is not run again for the sake of its record."""
    with Warehouse().cursor() as cursor:
        _insert(cursor, stage, passed, detail, built_with(models))


def _record_beside_error(stage: Stage, detail: dict[str, Any], models: GoldModels) -> None:
    """The stage has failed: why is what the operator must see, even when the warehouse is what failed."""
    try:
        record(stage, passed=False, detail=detail, models=models)
    except Exception:
        log.exception("the failure of %s could not be recorded in %s", stage.name, TABLE)


def _insert(
    cursor: Cursor, stage: Stage, passed: bool, detail: dict[str, Any], versions: dict[str, Any]
) -> None:
    cursor.execute("create schema if not exists governance")
    cursor.execute(DDL)
    cursor.execute(
        f"insert into {TABLE} (dag_id, run_id, partition_key, stage, attempt, recorded_at, passed, detail, "
        "versions) select %s, %s, %s::date, %s, %s, %s::timestamp_ntz(6), %s, parse_json(%s), "
        "parse_json(%s)",
        (
            stage.dag_id,
            stage.run_id,
            stage.partition.isoformat(),
            stage.name,
            stage.attempt,
            datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds"),
            passed,
            json.dumps(detail),
            json.dumps(versions),
        ),
    )
