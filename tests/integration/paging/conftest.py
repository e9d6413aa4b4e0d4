"""The parts of the sandbox that paging talks to: PostgreSQL, Slack and the warehouse."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.sandbox.postgres import Postgres
from include.sandbox.processes import Server, python_module
from tests.integration.paging.slack import TOKEN, Slack

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(found: Callable[[], Any], what: str) -> Any:
    """Poll until ``found`` answers something true, and return it."""
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if answer := found():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"{what}: not within {PATIENCE} s")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def slack(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slack]:
    """A Slack without the real one's limit of a message per second."""
    postgres.create_database("vendors")
    port, folder = free_port(), tmp_path_factory.mktemp("services")
    options = ["--port", str(port), "--dsn", postgres.dsn("vendors"), "--slack-limit", "100/1000"]
    argv = python_module("include.sandbox.services", *options)
    server = Server("services", folder, argv, {"SANDBOX_SLACK_SECRET": TOKEN}, REPOSITORY)
    server.start()
    try:
        page = Slack(f"http://127.0.0.1:{port}")
        until(page.ready, f"the sandbox's services, see {server.log}")
        yield page
    finally:
        server.stop()


@pytest.fixture(scope="session")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Airflow connection to a fresh warehouse."""
    port, folder = free_port(), tmp_path_factory.mktemp("warehouse")
    argv = python_module("include.sandbox.warehouse", "--port", str(port), "--state", str(folder / "state"))
    server = Server("warehouse", folder, argv, {}, REPOSITORY)
    server.start()

    def ready() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health").is_success
        except httpx.TransportError:
            return False

    try:
        until(ready, f"the sandbox's warehouse, see {server.log}")
        extra = {
            "account": "sandbox",
            "database": "ANALYTICS",
            "warehouse": "TRANSFORM",
            "role": "ACCOUNTADMIN",
            "host": "127.0.0.1",
            "port": port,
            "protocol": "http",
        }
        told = {"conn_type": "snowflake", "login": "airflow", "password": "sandbox", "schema": "PUBLIC"}
        yield json.dumps({**told, "extra": extra})
    finally:
        server.stop()
