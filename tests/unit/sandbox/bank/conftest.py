from __future__ import annotations

import datetime as dt
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from include.sandbox import bank
from include.sandbox.bank.life import history
from include.sandbox.bank.world import World
from include.sandbox.postgres import Postgres

LAST_DAY = dt.date(2026, 11, 10)  # 30 days and 720 hours differ: the clocks were set back on 1 November
SMALL = bank.WorldSpec(LAST_DAY, people=200, history_days=45, seed=7)
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
    """Two empty databases and a drop folder."""
    number = next(_numbers)
    for database in ("core", "vendors"):
        server.create_database(f"{database}_{number}")
    return bank.Places(server.dsn(f"core_{number}"), server.dsn(f"vendors_{number}"), tmp_path / "drop")


@pytest.fixture(scope="session")
def founded(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> bank.Places:
    """The small world, written once. Read only."""
    for database in ("core", "vendors"):
        server.create_database(f"{database}_founded")
    places = bank.Places(
        server.dsn("core_founded"), server.dsn("vendors_founded"), tmp_path_factory.mktemp("drop")
    )
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


def _copy(founded: bank.Places, server: Postgres, drop: Path) -> bank.Places:
    names = {dsn: dsn.rsplit("/", 1)[1] for dsn in (founded.core_dsn, founded.vendors_dsn)}
    number = next(_numbers)
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        for name in names.values():
            connection.execute(f"create database {name}_{number} template {name}")
    core, saas = (server.dsn(f"{name}_{number}") for name in names.values())
    return bank.Places(core, saas, drop)


@pytest.fixture(scope="session")
def full_size() -> World:
    """The default world at the end of its history, in memory. Read only: copy it to live on."""
    return history(bank.WorldSpec(LAST_DAY))
