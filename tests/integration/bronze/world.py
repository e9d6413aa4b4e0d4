"""A small bank with its systems, a warehouse, and the connections that lead to them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg

from include.contracts import Table, load_sources
from include.sandbox.airflow import DATABASES, SERVICES
from include.sandbox.bank.operations import Places, advance, create
from include.sandbox.bank.spec import WorldSpec
from include.sandbox.postgres import Postgres
from include.sandbox.services.settings import LOGINS, throw_away_secrets
from tests.integration.landing.server import REPOSITORY, WarehouseServer

LAST_DAY = date(2026, 11, 14)
HISTORY_DAYS = 45
PEOPLE = 300
START_SECONDS = 60


@dataclass
class World:
    """PostgreSQL with the bank's databases, its services, its drop folder, a warehouse. All on loopback."""

    state: Path
    warehouse: WarehouseServer
    postgres: Postgres = field(init=False)
    services_port: int = field(init=False)
    day: date = LAST_DAY

    def start(self) -> None:
        """Make the world and serve it."""
        for name in ("postgres", "drop"):
            (self.state / name).mkdir()
        self.postgres = Postgres(self.state / "postgres", _free_port())
        self.postgres.start()
        for name in ("core", "cards", "vendors"):
            self.postgres.create_database(name)
        create(self.places, WorldSpec(LAST_DAY, PEOPLE, HISTORY_DAYS, 7))
        self.services_port = _free_port()
        argv = [sys.executable, "-m", "include.sandbox.services", "--port", str(self.services_port)]
        with (self.state / "services.log").open("wb") as log:
            self.services = subprocess.Popen(
                [*argv, "--dsn", self.places.vendors_dsn, "--support-limit", "1000/1000"],
                cwd=REPOSITORY,
                stdout=log,
                stderr=log,
            )
        give_up = time.monotonic() + START_SECONDS
        while not _answers(f"{self.services_url}/health"):
            assert self.services.poll() is None, (self.state / "services.log").read_text()
            assert time.monotonic() < give_up
            time.sleep(0.05)

    def stop(self) -> None:
        self.services.terminate()
        self.services.wait(timeout=20)
        self.postgres.kill()

    @property
    def places(self) -> Places:
        dsn = self.postgres.dsn
        return Places(dsn("core"), dsn("cards"), dsn("vendors"), self.drop)

    @property
    def drop(self) -> Path:
        return self.state / "drop"

    @property
    def services_url(self) -> str:
        return f"http://127.0.0.1:{self.services_port}"

    @property
    def connections(self) -> dict[str, str]:
        """The environment in which Airflow finds them."""
        secrets = throw_away_secrets()
        key = {"conn_type": "generic", "login": "test-1", "password": "ab" * 32}
        told: dict[str, Any] = {
            **{
                source: {
                    "conn_type": "http",
                    "host": f"{self.services_url}/{service}",
                    "login": LOGINS.get(service),
                    "password": secrets[service],
                }
                for source, service in SERVICES.items()
            },
            **{
                name: {"conn_type": "fs", "extra": {"path": str(self.drop)}}
                for name, contract in load_sources().items()
                if contract.kind == "drop"
            },
            "identifier_key": key,
            "slack": {
                "conn_type": "slack",
                "password": secrets["slack"],
                "extra": {"base_url": f"{self.services_url}/slack/api/"},
            },
        }
        return {
            "AIRFLOW_CONN_SNOWFLAKE": self.warehouse.connection,
            **{
                f"AIRFLOW_CONN_{source.upper()}": self.postgres.dsn(name)
                for source, name in DATABASES.items()
            },
            **{f"AIRFLOW_CONN_{name.upper()}": json.dumps(value) for name, value in told.items()},
        }

    def live(self) -> str:
        """One more day. Returns its partition key."""
        self.day += timedelta(days=1)
        advance(self.places, self.day)
        return self.day.isoformat()

    def fault(self, service: str, **what: Any) -> None:
        """Switch a fault of a service on."""
        httpx.put(f"{self.services_url}/_faults/{service}", json=what).raise_for_status()

    def rows_at_source(self, source: str, table: Table) -> list[tuple[str | None, ...]]:
        """A table of a source read as changes, as it is now, in PostgreSQL's text form.

        An announced column that it does not have yet is null.
        """
        with psycopg.connect(self.postgres.dsn(DATABASES[source]), autocommit=True) as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(f"select * from public.{table.name} limit 0").description or ()
            there = {column.name for column in found}
            awaited = {column.name for column in table.columns if column.announced_for} - there
            columns = ", ".join("null" if name in awaited else f"{name}::text" for name in table.column_names)
            return connection.execute(f"select {columns} from public.{table.name}").fetchall()  # type: ignore[arg-type]

    def records_at_vendor(self, source: str, table: Table, since: date) -> int:
        """How many rows a vendor's records since that day are; an observation of rates is one per series."""
        records = f"{SERVICES[source]}.{table.name} where"
        if source == "rates_engine":
            records = "rates.observation, json_object_keys(record) as name where name <> 'd' and"
        midnight = f"'{since.isoformat()}'::timestamp at time zone 'America/Toronto'"
        with psycopg.connect(self.places.vendors_dsn) as connection:
            query = f"select count(*) from {records} cursor_at >= {midnight}"
            return int(connection.execute(query).fetchone()[0])  # type: ignore[arg-type, index]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
