"""One warehouse for all tests here; each test works in a schema of its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from snowflake.connector import SnowflakeConnection

from tests.integration.warehouse.clients import Sql, WarehouseProcess


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarehouseProcess]:
    process = WarehouseProcess(tmp_path_factory.mktemp("warehouse"))
    process.start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def login(warehouse: WarehouseProcess) -> Iterator[Callable[..., Sql]]:
    """Opens sessions; they are closed after the test."""
    opened: list[SnowflakeConnection] = []

    def open_session(**options: Any) -> Sql:
        opened.append(warehouse.connect(**options))
        return Sql(opened[-1])

    yield open_session
    for connection in opened:
        connection.close()


@pytest.fixture
def sql(login: Callable[..., Sql]) -> Sql:
    """A session in an empty schema of its own."""
    session = login()
    session(f"create schema T_{uuid.uuid4().hex[:12]}")
    return session
