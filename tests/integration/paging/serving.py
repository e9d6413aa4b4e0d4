"""Servers of the sandbox that a test starts for itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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


@contextmanager
def serving_postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL with nothing in it."""
    server = Postgres(folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def serving_slack(postgres: Postgres, folder: Path) -> Iterator[Slack]:
    """A Slack without the real one's limit of a message per second; `postgres` keeps its messages."""
    postgres.create_database("vendors")
    port = free_port()
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
