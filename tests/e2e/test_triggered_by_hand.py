"""What an operator starts in the UI: a stage of a day alone, and Airflow's own backfill."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import httpx
import pytest

from include.contracts import load_sources
from include.sandbox import bank
from include.sandbox.airflow_api import AirflowApi, Run
from tests.e2e.conftest import Deployment
from tests.e2e.test_three_days import bronze, gold, messages

MINUTES = 600
BY_KIND = {
    kind: [name for name, source in load_sources().items() if source.kind == kind]
    for kind in ("cdc", "rest", "drop")
}


def ended(api: AirflowApi, run: Run) -> Run:
    give_up = time.monotonic() + MINUTES
    while (now := api.run(run.dag_id, run.run_id)).active:
        assert time.monotonic() < give_up, f"{run.dag_id} has not ended"
        time.sleep(1)
    return now


@pytest.mark.usefixtures("three_days")
def test_a_stage_runs_alone_for_a_loaded_day_and_the_rest_is_skipped(deployment: Deployment) -> None:
    api = AirflowApi(deployment.sandbox.state.url("airflow"))
    day = bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))[1].isoformat()
    before = gold(deployment)
    run = ended(api, api.trigger("medallion", day, {"stages": ["gold", "checks"]}))
    assert run.state == "success"
    states = {task.task_id: task.state for task in api.tasks(run)}
    for done in ("gold.dbt_producer_watcher", "gold.dim_customer_run", "check_gold"):
        assert states[done] == "success", done
    for left_out in ("silver.dbt_producer_watcher", "publish", "detect_anomalies", "report_anomalies"):
        assert states[left_out] == "skipped", left_out
    assert gold(deployment) == before


@pytest.mark.usefixtures("three_days")
@pytest.mark.parametrize("source", [min(names) for names in BY_KIND.values()], ids=list(BY_KIND))
def test_airflows_own_backfill_reads_days_again_adds_nothing_and_pages_nobody(
    deployment: Deployment, source: str
) -> None:
    api = AirflowApi(deployment.sandbox.state.url("airflow"))
    days = bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))[1:4]
    rows, pages = bronze(deployment), len(messages(deployment))
    dag_id = load_sources()[source].dag_id
    begun = datetime.now(UTC)
    backfills = f"{api.base_url}/api/v2/backfills"
    span = {"from_date": f"{days[0]}T00:00:00Z", "to_date": f"{days[-1]}T23:59:59Z"}
    made = httpx.post(
        backfills, json={"dag_id": dag_id, **span, "reprocess_behavior": "completed"}, timeout=30
    ).json()
    assert made.get("dag_id") == dag_id, made
    give_up = time.monotonic() + MINUTES
    while not httpx.get(f"{backfills}/{made['id']}", timeout=30).json()["completed_at"]:
        assert time.monotonic() < give_up, "the backfill has not ended"
        time.sleep(1)
    for day in days:
        again = [run for run in api.runs(dag_id, day.isoformat()) if run.queued_at >= begun]
        assert [run.state for run in again] == ["success"], day
    assert bronze(deployment) == rows
    assert len(messages(deployment)) == pages
