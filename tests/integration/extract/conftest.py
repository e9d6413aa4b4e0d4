from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from include.sandbox import bank
from include.sandbox.postgres import Postgres
from include.sandbox.services.settings import LIMITS
from tests.integration.extract.api import Api
from tests.integration.extract.api import serving as answering
from tests.integration.extract.vendor import LAST_DAY, Vendor
from tests.integration.services.conftest import free_port, serving


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bank.Places]:
    """A small bank and a day on which records that existed were changed."""
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), free_port())
    postgres.start()
    dsns = []
    for name in ("core", "cards", "vendors"):
        postgres.create_database(name)
        dsns.append(postgres.dsn(name))
    made = bank.Places(*dsns, tmp_path_factory.mktemp("drop"))
    bank.create(made, bank.WorldSpec(LAST_DAY, people=300, history_days=45))
    yield made
    postgres.kill()


@pytest.fixture(scope="session")
def address(places: bank.Places) -> Iterator[str]:
    """Where services run that do not limit their callers."""
    with serving(places.vendors_dsn, {}) as started:
        yield started


@pytest.fixture
def vendor(places: bank.Places, address: str) -> Iterator[Callable[[str], Vendor]]:
    """Gives a vendor by name. No fault is on."""
    yield lambda name: Vendor(name, address, places.vendors_dsn)
    for service in LIMITS:
        httpx.delete(f"{address}/_faults/{service}")


@pytest.fixture
def api() -> Iterator[Api]:
    with answering(Api()) as served:
        yield served
