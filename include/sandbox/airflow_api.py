"""The few calls to Airflow's REST API that a day in the sandbox needs.

Source: the OpenAPI document that Airflow serves at ``/docs``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from include.sandbox.lifecycle import SandboxError

ACTIVE = ("queued", "running")
PARSE_SECONDS = 180
PAGE = 100
"""Airflow gives no more at once, whatever is asked for (`[api] maximum_page_limit`)."""


@dataclass(frozen=True)
class Run:
    """One DAG run of one partition."""

    dag_id: str
    run_id: str
    partition: str
    state: str
    queued_at: datetime
    seconds: float | None

    @property
    def active(self) -> bool:
        """Whether it has yet to end."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class Task:
    """One task instance of a run. ``id`` is in the title of the process that executes it."""

    id: str
    task_id: str
    state: str | None
    tries: int
    seconds: float | None


class AirflowApi:
    """A client bound to one Airflow on loopback."""

    def __init__(self, base_url: str, transport: httpx.BaseTransport | None = None) -> None:
        self.base_url = base_url
        self._http = httpx.Client(base_url=f"{base_url}/api/v2", timeout=120, transport=transport)

    def wait_for_dags(self, dag_ids: Sequence[str]) -> None:
        """Return when Airflow has parsed all of ``dag_ids``.

        Raises:
            SandboxError: a DAG file does not import, or parsing takes minutes.
        """
        give_up = time.monotonic() + PARSE_SECONDS
        while missing := set(dag_ids) - set(self._known_dags()):
            errors = self._get("/importErrors")["import_errors"]
            if errors:
                raise SandboxError(f"{errors[0]['filename']} does not import:\n{errors[0]['stack_trace']}")
            if time.monotonic() > give_up:
                raise SandboxError(f"Airflow has not parsed {sorted(missing)} after {PARSE_SECONDS} s")
            time.sleep(0.5)

    def runs(self, dag_id: str, partition: str) -> list[Run]:
        """All runs of one partition, newest first."""
        found = self._get(
            f"/dags/{dag_id}/dagRuns",
            partition_key_prefix_pattern=partition,
            order_by="-run_after",
            limit=50,
        )["dag_runs"]
        return [_run(row) for row in found if row["partition_key"] == partition]

    def run(self, dag_id: str, run_id: str) -> Run:
        """One run as it is now."""
        return _run(self._get(f"/dags/{dag_id}/dagRuns/{run_id}"))

    def trigger(self, dag_id: str, partition: str, conf: Mapping[str, Any]) -> Run:
        """Start a run of one partition, as the form in the UI does."""
        body = {"logical_date": None, "partition_key": partition, "conf": dict(conf)}
        return _run(self._checked(self._http.post(f"/dags/{dag_id}/dagRuns", json=body)))

    def tasks(self, run: Run) -> list[Task]:
        """The task instances of a run."""
        path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}/taskInstances"
        return [
            Task(row["id"], row["task_id"], row["state"], row["try_number"], row["duration"])
            for row in self._all(path, "task_instances", order_by="id")
        ]

    def link(self, run: Run) -> str:
        """The page of a run in the UI."""
        return f"{self.base_url}/dags/{run.dag_id}/runs/{run.run_id}"

    def _known_dags(self) -> list[str]:
        return [row["dag_id"] for row in self._all("/dags", "dags", order_by="dag_id")]

    def _all(self, path: str, key: str, **query: str) -> list[Any]:
        found: list[Any] = []
        while True:
            page = self._get(path, **query, limit=PAGE, offset=len(found))
            found += page[key]
            if not page[key] or len(found) >= page["total_entries"]:
                return found

    def _get(self, path: str, **query: str | int) -> Any:
        return self._checked(self._http.get(path, params=query))

    def _checked(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise SandboxError(
                f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}"
            )
        return answer.json()


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        dag_id=row["dag_id"],
        run_id=row["dag_run_id"],
        partition=row["partition_key"],
        state=row["state"],
        queued_at=datetime.fromisoformat(row["queued_at"] or row["run_after"]),
        seconds=row["duration"],
    )
