from __future__ import annotations

import datetime as dt
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from include.sandbox import bank
from include.sandbox.bank import card_ledger, core_banking, vendors
from include.sandbox.bank.life import history
from include.sandbox.bank.world import World
from include.sandbox.postgres import Postgres
from tests.unit.sandbox.bank.shown import Shown

LAST_DAY = dt.date(2026, 11, 10)  # 30 days and 720 hours differ: the clocks were set back on 1 November
SMALL = bank.WorldSpec(LAST_DAY, people=200, history_days=45, seed=7)
DATABASES = ("core", "cards", "vendors")
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), port)
    postgres.start()
    yield postgres
    postgres.kill()


@pytest.fixture
def places(server: Postgres, tmp_path: Path) -> bank.Places:
    """Empty databases and a drop folder."""
    number = next(_numbers)
    dsns = [_created(server, f"{database}_{number}") for database in DATABASES]
    return bank.Places(*dsns, tmp_path / "drop")


@pytest.fixture(scope="session")
def founded(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> bank.Places:
    """The small world, written once. Read only."""
    dsns = [_created(server, f"{database}_founded") for database in DATABASES]
    places = bank.Places(*dsns, tmp_path_factory.mktemp("drop"))
    bank.create(places, SMALL)
    return places


@pytest.fixture
def lively(founded: bank.Places, server: Postgres, tmp_path: Path) -> bank.Places:
    """A copy of the small world, free to live on."""
    return _copy(founded, server, tmp_path / "drop")


@pytest.fixture
def undisturbed(founded: bank.Places, server: Postgres, tmp_path: Path) -> bank.Places:
    """A second copy, to compare with."""
    return _copy(founded, server, tmp_path / "undisturbed")


def _created(server: Postgres, database: str) -> str:
    server.create_database(database)
    return server.dsn(database)


def _copy(founded: bank.Places, server: Postgres, drop: Path) -> bank.Places:
    dsns = (founded.core_dsn, founded.cards_dsn, founded.vendors_dsn)
    names = [dsn.rsplit("/", 1)[1] for dsn in dsns]
    number = next(_numbers)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        for name in names:
            connection.execute(f"create database {name}_{number} template {name}")
    return bank.Places(*(server.dsn(f"{name}_{number}") for name in names), drop)


@pytest.fixture(scope="session")
def full_size() -> World:
    """The default world at the end of its history, in memory. Read only: copy it to live on."""
    return history(bank.WorldSpec(LAST_DAY))


@pytest.fixture(scope="session")
def shown(full_size: World) -> Shown:
    """All that the sources hold at the end of history."""
    return Shown.of(
        [
            *core_banking.history(full_size),
            *card_ledger.history(full_size),
            *vendors.history(full_size),
        ]
    )
