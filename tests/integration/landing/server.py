"""The sandbox's warehouse as a process of the tests."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
START_SECONDS = 60


@dataclass
class WarehouseServer:
    """A server with its data in `state`, on a port of its own. It can be killed and started again."""

    state: Path
    port: int = 0
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = self.port or _free_port()

    @property
    def connection(self) -> str:
        """The value of `AIRFLOW_CONN_SNOWFLAKE` that leads here."""
        extra = {
            "account": "sandbox",
            "database": "ANALYTICS",
            "warehouse": "LOADING",
            "role": "ACCOUNTADMIN",
            "host": "127.0.0.1",
            "port": self.port,
            "protocol": "http",
        }
        told = {"conn_type": "snowflake", "login": "airflow", "password": "of-the-tests", "extra": extra}
        return json.dumps(told)

    def start(self) -> None:
        """Returns when it answers."""
        argv = [sys.executable, "-m", "include.sandbox.warehouse", "--port", str(self.port)]
        argv += ["--state", str(self.state), *self.options]
        with (self.state / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, cwd=REPOSITORY, stdout=log, stderr=log)
        give_up = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self.process.poll() is None, (self.state / "log").read_text()
            assert time.monotonic() < give_up, (self.state / "log").read_text()
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Returns when it is gone."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health", timeout=2).is_success
        except httpx.HTTPError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
