from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from include.warehouse.session import Warehouse
from tests.integration.landing.server import WarehouseServer
from tests.integration.reconcile.desk import Desk


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    """A warehouse with the schemas that a comparison needs, and an analyst who may read and no more."""
    warehouse = WarehouseServer(tmp_path_factory.mktemp("warehouse"))
    warehouse.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SNOWFLAKE", warehouse.connection)
        with Warehouse().cursor() as cursor:
            for statement in (
                "create schema gold",
                "create schema monitoring",
                "create role analyst",
                "grant usage on database analytics to role analyst",
                "grant usage on schema gold to role analyst",
                "grant usage on schema monitoring to role analyst",
                "grant select on future tables in schema gold to role analyst",
            ):
                cursor.execute(statement)
    yield warehouse
    warehouse.stop()


@pytest.fixture
def desk(server: WarehouseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An analyst's folder, and a mart of its own in gold."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", server.connection)
    monkeypatch.setenv("AIRFLOW_CONN_ANALYST", server.connection.replace("ACCOUNTADMIN", "ANALYST"))
    return Desk(tmp_path, f"gold.mart_{uuid.uuid4().hex[:8]}")
