"""A drop folder, a warehouse and a Slack: what a day of account reviews needs to be turned away."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.warehouse.prepare import prepare_source
from include.warehouse.session import Warehouse
from tests.integration.door.day import Department
from tests.integration.landing.conftest import empty
from tests.integration.landing.server import WarehouseServer
from tests.integration.paging.serving import serving_postgres, serving_slack
from tests.integration.paging.slack import Slack
from tests.unit.landing.rows import contract


@pytest.fixture(scope="session")
def slack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    with (
        serving_postgres(tmp_path_factory.mktemp("postgres")) as postgres,
        serving_slack(postgres, tmp_path_factory.mktemp("services")) as page,
    ):
        yield page


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    warehouse = WarehouseServer(tmp_path_factory.mktemp("warehouse"))
    warehouse.start()
    yield warehouse
    warehouse.stop()


@pytest.fixture
def department(
    server: WarehouseServer, slack: Slack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Department:
    """The department that drops the files, and a bronze that has none yet."""
    extra = {"extra": {"path": str(tmp_path)}}
    monkeypatch.setenv("AIRFLOW_CONN_DROP_ACCOUNT_REVIEWS", json.dumps({"conn_type": "fs", **extra}))
    key = {"conn_type": "generic", "login": "test-1", "password": "ab" * 32}
    monkeypatch.setenv("AIRFLOW_CONN_IDENTIFIER_KEY", json.dumps(key))
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", server.connection)
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", slack.connection)
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path / "docs"))
    with Warehouse().cursor() as session:
        prepare_source(session, contract())
        empty(session)
    # A channel of this test's own: Slack keeps what the tests before it said.
    channel = f"#reviews-{abs(hash(os.environ['PYTEST_CURRENT_TEST'])) % 10**8}"
    return Department(tmp_path, channel)


@pytest.fixture
def cursor(department: Department) -> Iterator[SnowflakeCursor]:  # noqa: ARG001
    with Warehouse().cursor() as session:
        yield session
