from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bronze.world import World
from tests.integration.landing.server import WarehouseServer


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A bank, its systems and an empty warehouse, named by the environment as Airflow names them."""
    state = tmp_path_factory.mktemp("world")
    (state / "warehouse").mkdir()
    warehouse = WarehouseServer(state / "warehouse")
    warehouse.start()
    made = World(state, warehouse)
    patch = pytest.MonkeyPatch()
    try:
        made.start()
        for name, value in made.connections.items():
            patch.setenv(name, value)
        patch.setenv("DATA_DOCS_PATH", str(state / "data_docs"))
        patch.setenv("CODE_VERSION", "test")
        yield made
        made.stop()
    finally:
        patch.undo()
        warehouse.stop()


@pytest.fixture
def drop(world: World) -> Path:
    return world.drop
