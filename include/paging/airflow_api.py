"""Airflow's REST API, asked by tasks and callbacks: they have no metadata database.

Connection `airflow_api`: the deployment's base URL and an account that may read DAGs and runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import httpx
from airflow.sdk import BaseHook

CONNECTION = "airflow_api"
TIMEOUT_SECONDS = 10


class Get(Protocol):
    """Answers a path below `/api/v2` with its JSON. Raises httpx.HTTPError."""

    def __call__(self, path: str, **query: str | int | tuple[str, ...]) -> Any: ...


@contextmanager
def session() -> Iterator[Get]:
    """Questions under one login. Raises httpx.HTTPError, AirflowNotFoundException without a connection."""
    connection = BaseHook.get_connection(CONNECTION)
    with httpx.Client(base_url=connection.host or "", timeout=TIMEOUT_SECONDS) as client:
        account = {"username": connection.login, "password": connection.password}
        token = client.post("/auth/token", json=account).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

        def get(path: str, **query: str | int | tuple[str, ...]) -> Any:
            return client.get(f"/api/v2{path}", params=query).raise_for_status().json()

        yield get
