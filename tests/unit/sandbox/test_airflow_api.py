"""The sandbox's calls to Airflow, against answers in the shape of its OpenAPI document."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from include.sandbox.airflow_api import AirflowApi, Run

MAXIMUM = 100
RUN = Run("medallion", "run-1", "2026-11-18", "success", datetime(2026, 11, 19, tzinfo=UTC), 1.0)


def task(number: int) -> dict[str, object]:
    return {
        "id": f"{number:04d}",
        "task_id": f"t{number}",
        "state": "success",
        "try_number": 1,
        "duration": 0.5,
    }


def test_all_tasks_of_a_run_are_listed_although_airflow_gives_a_hundred_at_once() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v2/dags/medallion/dagRuns/run-1/taskInstances"
        offset, limit = (int(request.url.params.get(name, 0)) for name in ("offset", "limit"))
        page = [task(number) for number in range(260)][offset : offset + min(limit, MAXIMUM)]
        return httpx.Response(200, json={"task_instances": page, "total_entries": 260})

    tasks = AirflowApi("http://airflow", httpx.MockTransport(answer)).tasks(RUN)
    assert [one.task_id for one in tasks] == [f"t{number}" for number in range(260)]
