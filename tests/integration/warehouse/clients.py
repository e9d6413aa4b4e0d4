"""The sandbox warehouse as its clients meet it: a process, reached through Snowflake's connector."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.errors import DatabaseError

ROOT = Path(__file__).resolve().parents[3]
STARTED_WITHIN_SECONDS = 30.0


class WarehouseProcess:
    """`python -m include.sandbox.warehouse` over a state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, port: int | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = port or probe.getsockname()[1]
        command = [sys.executable, "-m", "include.sandbox.warehouse", "--port", str(self.port)]
        self._process = subprocess.Popen([*command, "--state", str(self.state)], cwd=ROOT)
        give_up = time.monotonic() + STARTED_WITHIN_SECONDS
        while not self._healthy():
            assert self._process.poll() is None, "the warehouse ended while starting"
            assert time.monotonic() < give_up, "the warehouse did not become healthy"
            time.sleep(0.02)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _healthy(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health", timeout=1) as answer:
                return bool(answer.status == 200)
        except (URLError, ConnectionError):
            return False

    def signal(self, number: int) -> int:
        """Send a signal and wait for the end; the exit status."""
        assert self._process is not None
        os.kill(self._process.pid, number)
        return self._process.wait(timeout=20)

    def stop(self) -> int:
        return self.signal(signal.SIGTERM)

    def kill(self) -> int:
        return self.signal(signal.SIGKILL)

    def connect(self, **options: Any) -> SnowflakeConnection:
        given: dict[str, Any] = {
            "account": "sandbox",
            "user": "tester",
            "password": "unused",
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
            "database": "ANALYTICS",
            "warehouse": "WH",
            "role": "ACCOUNTADMIN",
        }
        return snowflake.connector.connect(**{**given, **options})


class Sql:
    """A session that answers statements with their rows."""

    def __init__(self, connection: SnowflakeConnection) -> None:
        self.connection = connection
        self.cursor = connection.cursor()

    def __call__(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.cursor.execute(statement, *values).fetchall()

    def one(self, statement: str) -> Any:
        """The only value of a one-row, one-column answer, or the row when it has several columns."""
        (row,) = self(statement)
        return row[0] if len(row) == 1 else row

    def refused(self, statement: str, errno: int, words: str = "") -> str:
        """The message of a statement that must fail with this error number."""
        with pytest.raises(DatabaseError) as failure:
            self.cursor.execute(statement)
        assert failure.value.errno == errno, failure.value
        assert words in str(failure.value.msg)
        return str(failure.value.msg)
