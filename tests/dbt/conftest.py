from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dbt.bronze import Bronze, empty_bronze
from tests.dbt.project import Dbt, environment

START_SECONDS = 60


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a sandbox warehouse of its own."""
    folder = tmp_path_factory.mktemp("warehouse")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "include.sandbox.warehouse", "--port", str(port), "--state", str(folder)],
            stdout=output,
            stderr=output,
        )
    try:
        _wait_until_healthy(port, server, log)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture(scope="session")
def bronze(warehouse: int) -> Iterator[Bronze]:
    with empty_bronze(warehouse) as bronze:
        yield bronze


@pytest.fixture(scope="session")
def dbt(warehouse: int, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    return Dbt(environment(warehouse), tmp_path_factory.mktemp("dbt"))


def _wait_until_healthy(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"the warehouse did not start on port {port}:\n{log.read_text()[-4000:]}")
