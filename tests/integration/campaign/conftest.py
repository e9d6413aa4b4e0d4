from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.sandbox.postgres import Postgres
from tests.integration.landing.server import WarehouseServer
from tests.integration.paging.serving import serving_postgres, serving_slack
from tests.integration.paging.slack import Slack


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of our own, with nothing in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(tmp_path_factory.mktemp("postgres"), port)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    """A warehouse of our own, with nothing in it."""
    server = WarehouseServer(tmp_path_factory.mktemp("warehouse"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """Where owners hear of an unusual day. Its database is not the one that gets hurt."""
    with (
        serving_postgres(tmp_path_factory.mktemp("vendors")) as vendors,
        serving_slack(vendors, tmp_path_factory.mktemp("services")) as page,
    ):
        yield page


@pytest.fixture
def connected(
    warehouse: WarehouseServer, slack: Slack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> WarehouseServer:
    """The warehouse, and in the environment all that a step finds there apart from its source."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", warehouse.connection)
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", slack.connection)
    key = {"conn_type": "generic", "login": "test-1", "password": "ab" * 32}
    monkeypatch.setenv("AIRFLOW_CONN_IDENTIFIER_KEY", json.dumps(key))
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path / "data_docs"))
    monkeypatch.setenv("CODE_VERSION", "test")
    return warehouse
