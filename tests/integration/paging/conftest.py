"""The parts of the sandbox that paging talks to: PostgreSQL, Slack and the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from include.sandbox.postgres import Postgres
from include.sandbox.processes import Server, python_module
from tests.integration.paging.serving import REPOSITORY, free_port, serving_postgres, serving_slack, until
from tests.integration.paging.slack import Slack


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with serving_postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def slack(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    with serving_slack(postgres, tmp_path_factory.mktemp("services")) as page:
        yield page


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Airflow connection to a fresh warehouse."""
    port, folder = free_port(), tmp_path_factory.mktemp("warehouse")
    argv = python_module("include.sandbox.warehouse", "--port", str(port), "--state", str(folder / "state"))
    server = Server("warehouse", folder, argv, {}, REPOSITORY)
    server.start()

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").is_success
        except httpx.TransportError:
            return False

    try:
        until(ready, f"the sandbox's warehouse, see {server.log}")
        extra = {
            "account": "sandbox",
            "database": "ANALYTICS",
            "warehouse": "TRANSFORM",
            "role": "ACCOUNTADMIN",
            "host": "127.0.0.1",
            "port": port,
            "protocol": "http",
        }
        told = {"conn_type": "snowflake", "login": "airflow", "password": "sandbox", "schema": "PUBLIC"}
        yield json.dumps({**told, "extra": extra})
    finally:
        server.stop()
