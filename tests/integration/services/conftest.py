from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn

from include.sandbox.postgres import Postgres
from include.sandbox.services.app import build
from include.sandbox.services.documents import DDL, TABLES
from include.sandbox.services.settings import LIMITS, LOGINS, RateLimit, Settings

SECRETS = {name: f"{name}-secret" for name in LIMITS} | {"slack": "xoxb-secret"}
PLENTY = RateLimit(10_000, 10_000)
KYC_AUTH = {"Authorization": "Token token=kyc-secret"}
MARKETING_AUTH = {"X-Api-Key": "marketing-secret"}
NOON = dt.datetime(2026, 11, 18, 17, tzinfo=dt.UTC)
RECORDS = 230


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), free_port())
    postgres.start()
    yield postgres
    postgres.kill()


@pytest.fixture(scope="session")
def vendors(server: Postgres) -> str:
    """The DSN of a database in which every list holds 230 records.

    They are a minute apart in fours, so that pages end between equal moments.
    """
    server.create_database("vendors")
    with psycopg.connect(server.dsn("vendors")) as connection:
        connection.execute(DDL)
        with connection.cursor() as cursor:
            for table in TABLES:
                rows = [
                    (f"{number:04d}", NOON + dt.timedelta(minutes=number // 4), json.dumps({"n": number}))
                    for number in range(RECORDS)
                ]
                cursor.executemany(f"insert into {table} values (%s, %s, %s)", rows[::-1])
    return server.dsn("vendors")


@contextmanager
def serving(dsn: str, limits: dict[str, RateLimit]) -> Iterator[str]:
    """The application behind a real server on loopback; gives its address."""
    every = dict.fromkeys(LIMITS, PLENTY) | limits
    port = free_port()
    config = uvicorn.Config(build(Settings(dsn, SECRETS, every)), "127.0.0.1", port, log_config=None)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the services did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    running.should_exit = True
    thread.join(10)


@pytest.fixture
def serve(vendors: str) -> Iterator[Callable[..., httpx.Client]]:
    """Starts the services, with rate limits by name, and gives a client."""
    with ExitStack() as stack:

        def start(**limits: RateLimit) -> httpx.Client:
            address = stack.enter_context(serving(vendors, limits))
            return stack.enter_context(httpx.Client(base_url=address, timeout=10))

        yield start


@pytest.fixture(scope="session")
def address(vendors: str) -> Iterator[str]:
    """Where services run that do not limit their callers."""
    with serving(vendors, {}) as started:
        yield started


@pytest.fixture
def services(address: str, vendors: str) -> Iterator[httpx.Client]:
    """A client of these services. No fault is on, and Slack has no message."""
    with psycopg.connect(vendors) as connection:
        connection.execute("truncate slack.message, slack.channel")
    with httpx.Client(base_url=address, timeout=10) as client:
        yield client
        for service in LIMITS:
            client.delete(f"/_faults/{service}")


def grant(client: httpx.Client) -> str:
    """A token of the branches' CRM."""
    form = {
        "grant_type": "client_credentials",
        "client_id": LOGINS["crm_a"],
        "client_secret": SECRETS["crm_a"],
    }
    return str(client.post("/crm_a/services/oauth2/token", data=form).json()["access_token"])


def numbers(records: list[dict[str, Any]]) -> list[int]:
    return [record["n"] for record in records]
