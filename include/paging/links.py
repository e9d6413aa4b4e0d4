"""Addresses that a message points to: a run, a task's log, a runbook."""

from __future__ import annotations

import os
from urllib.parse import quote

from airflow.sdk.configuration import conf

DOCS_URL = "GOVERNED_ANALYTICS_DOCS_URL"
"""Environment variable: where ``docs/`` of this repository can be read in a browser."""


DATA_DOCS_URL = "DATA_DOCS_URL"
"""Environment variable: where the reports of checkpoints can be read in a browser."""


def dag_url(dag_id: str) -> str:
    """The DAG's page in the Airflow UI, under ``[api] base_url``."""
    base = conf.get("api", "base_url", fallback="http://localhost:8080").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}"


def run_url(dag_id: str, run_id: str) -> str:
    """The run's page in the Airflow UI."""
    return f"{dag_url(dag_id)}/runs/{quote(run_id, safe='')}"


def log_url(
    dag_id: str, run_id: str, task_id: str, map_index: int = -1, try_number: int | None = None
) -> str:
    """The log of one try of a task; of its newest try when none is given."""
    mapped = f"/mapped/{map_index}" if map_index >= 0 else ""
    attempt = f"?try_number={try_number}" if try_number else ""
    return f"{run_url(dag_id, run_id)}/tasks/{quote(task_id)}{mapped}{attempt}"


def runbook(name: str) -> str:
    """A Slack link to ``docs/runbooks/<name>.md``; the path itself where no docs site is configured."""
    path = f"runbooks/{name}.md"
    site = os.environ.get(DOCS_URL, "").rstrip("/")
    return f"<{site}/{path}|Runbook>" if site else f"runbook `docs/{path}`"


def further_reading(runbook_name: str) -> str:
    """A line of Markdown for a DAG's page: its runbook, and the reports of its checkpoints."""
    path = f"runbooks/{runbook_name}.md"
    site = os.environ.get(DOCS_URL, "").rstrip("/")
    reports = os.environ.get(DATA_DOCS_URL, "").rstrip("/")
    first = f"[Runbook]({site}/{path})" if site else f"Runbook `docs/{path}`"
    return f"{first} · [Data Docs]({reports}/)" if reports else first
