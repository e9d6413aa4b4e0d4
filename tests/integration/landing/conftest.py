from __future__ import annotations

from collections.abc import Iterator

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.warehouse.prepare import prepare_source
from include.warehouse.session import Warehouse
from tests.integration.landing.server import WarehouseServer
from tests.unit.landing.rows import contract


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseServer]:
    """A warehouse of our own, prepared for the source."""
    warehouse = WarehouseServer(tmp_path_factory.mktemp("warehouse"))
    warehouse.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SNOWFLAKE", warehouse.connection)
        with Warehouse().cursor() as session:
            prepare_source(session, contract())
    yield warehouse
    warehouse.stop()


@pytest.fixture(autouse=True)
def connection(server: WarehouseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Airflow connection ``snowflake``, in the environment of one test."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", server.connection)


@pytest.fixture
def cursor(connection: None) -> Iterator[SnowflakeCursor]:  # noqa: ARG001
    """A session in a warehouse where the source is prepared and nothing is loaded."""
    with Warehouse().cursor() as session:
        empty(session)
        yield session


def empty(session: SnowflakeCursor) -> None:
    """Forget every load."""
    for table in ("load_ledger", "reconciliation", "staged_table", "contract_notice"):
        session.execute(f"delete from raw_control.{table}")
    session.execute(f"delete from {contract().schema}.review")
    session.execute(f"remove @{contract().schema}.landing")
