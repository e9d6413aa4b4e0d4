"""A warehouse server for the tests of this folder, and the connection that leads to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.warehouse.session import Warehouse

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 60
SCHEMAS = ("gold", "gold_candidate", "gold_previous", "governance", "silver", "monitoring", "raw_control")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def warehouse_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The sandbox's warehouse, on a port of its own."""
    port, state = _free_port(), tmp_path_factory.mktemp("warehouse")
    argv = [sys.executable, "-m", "include.sandbox.warehouse", "--port", str(port), "--state", str(state)]
    with (state / "log").open("w") as log:
        server = subprocess.Popen(argv, cwd=REPOSITORY, stdout=log, stderr=log)
    try:
        give_up = time.monotonic() + START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}/health"):
            assert server.poll() is None, (state / "log").read_text()
            assert time.monotonic() < give_up, (state / "log").read_text()
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


@pytest.fixture(autouse=True)
def connection(warehouse_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Airflow connection ``snowflake``, in the environment of one test."""
    told = {
        "conn_type": "snowflake",
        "login": "airflow",
        "password": "a-secret-nobody-may-see",
        "schema": "PUBLIC",
        "extra": {
            "account": "sandbox",
            "database": "ANALYTICS",
            "warehouse": "TRANSFORM",
            "role": "ACCOUNTADMIN",
            "host": "127.0.0.1",
            "port": warehouse_port,
            "protocol": "http",
        },
    }
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", json.dumps(told))


@pytest.fixture
def cursor(connection: None) -> Iterator[Any]:  # noqa: ARG001
    """A session in a warehouse without any of our schemas."""
    with Warehouse().cursor() as session:
        for schema in SCHEMAS:
            session.execute(f"drop schema if exists {schema} cascade")
        yield session
