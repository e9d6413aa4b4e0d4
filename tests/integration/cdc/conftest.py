from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator

import psycopg
import pytest

from include.contracts import Table
from include.extract import cdc
from include.sandbox.postgres import Postgres
from tests.integration.cdc.lake import ITEM, ITEM_DDL, Lake, contract

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of our own. Its folder's parents are closed to others, as pytest makes them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), port)
    postgres.start()
    yield postgres
    postgres.kill()


@pytest.fixture
def make_lake(server: Postgres) -> Iterator[Callable[..., Lake]]:
    """Makes a source database with these tables, its contract and an empty lake; nothing is published."""
    made: list[Lake] = []

    def make(*tables: Table, ddl: str) -> Lake:
        name = f"shop_{next(_numbers)}"
        server.create_database(name)
        lake = Lake(contract(*tables, slot=name), server.dsn(name))
        lake.run(ddl)
        made.append(lake)
        return lake

    yield make
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        for lake in made:
            name = lake.contract.read.slot
            connection.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s",
                [name],
            )
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def shop(make_lake: Callable[..., Lake]) -> Lake:
    """A source of one table, `item`, published and loaded while it was empty."""
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    return lake
