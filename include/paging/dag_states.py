"""What Airflow knows of the DAGs that are watched: whether they can run, and which runs a partition has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import quote

from include.paging import airflow_api
from include.paging.reference import DUE_BY

Obstacle = Literal["missing", "broken", "paused"]
"""Why a DAG cannot run: Airflow does not know it, its file does not import, somebody paused it."""

UNDER_WAY = ("queued", "running")
PAGE = 100


@dataclass(frozen=True)
class Run:
    """One run of a partition. Moments are aware."""

    dag_id: str
    run_id: str
    kind: str
    """Airflow's run type: scheduled, asset_triggered, manual, backfill."""
    state: str
    has_due_by: bool
    ended: datetime | None

    @property
    def speaks_for_itself(self) -> bool:
        """Whether somebody hears of it if it comes to nothing.

        A scheduled run has a deadline, and so has one with `due_by`; a run of medallion that bronze started
        has one, or its source has paged. What is under way will end. But a run by hand that has failed, or
        a backfill's, fails in silence.
        """
        return self.state in UNDER_WAY or self.kind in ("scheduled", "asset_triggered") or self.has_due_by


class Dags(Protocol):
    """What the watchdog asks of Airflow."""

    def obstacle(self, dag_id: str) -> Obstacle | None:
        """Why the DAG cannot run; None when it can."""

    def runs(self, dag_id: str, partition: str) -> list[Run]:
        """The DAG's runs of a partition, in any order."""

    def is_busy(self, dag_id: str) -> bool:
        """Whether a run of the DAG is under way, of whatever partition."""


class AirflowDags:
    """Asked through the REST API. The list of DAGs is read once."""

    def __init__(self, get: airflow_api.Get) -> None:
        self._get = get
        self._dags = {dag["dag_id"]: dag for dag in _all(get, "/dags", "dags")}

    def obstacle(self, dag_id: str) -> Obstacle | None:
        """Why the DAG cannot run; None when it can."""
        dag = self._dags.get(dag_id)
        if dag is None:
            return "missing"
        if dag["has_import_errors"]:
            return "broken"
        return "paused" if dag["is_paused"] else None

    def runs(self, dag_id: str, partition: str) -> list[Run]:
        """The DAG's runs of a partition. Empty for a DAG that Airflow does not know."""
        if dag_id not in self._dags:
            return []
        path = f"/dags/{quote(dag_id)}/dagRuns"
        found = _all(self._get, path, "dag_runs", partition_key_prefix_pattern=partition)
        return [_run(row) for row in found if row["partition_key"] == partition]

    def is_busy(self, dag_id: str) -> bool:
        """Whether a run of the DAG is under way, of whatever partition."""
        if dag_id not in self._dags:
            return False
        under_way = self._get(f"/dags/{quote(dag_id)}/dagRuns", state=UNDER_WAY, limit=1)
        return bool(under_way["dag_runs"])


@contextmanager
def airflow_dags() -> Iterator[AirflowDags]:
    """Airflow as it is now. Raises what `airflow_api.session` raises."""
    with airflow_api.session() as get:
        yield AirflowDags(get)


def _all(get: airflow_api.Get, path: str, key: str, **query: str) -> Iterator[Any]:
    offset = 0
    while True:
        rows = get(path, **query, limit=PAGE, offset=offset)[key]
        yield from rows
        offset += len(rows)
        if len(rows) < PAGE:
            return


def _run(row: Any) -> Run:
    return Run(
        dag_id=row["dag_id"],
        run_id=row["dag_run_id"],
        kind=row["run_type"],
        state=row["state"],
        has_due_by=bool((row["conf"] or {}).get(DUE_BY)),
        ended=datetime.fromisoformat(row["end_date"]) if row["end_date"] else None,
    )
