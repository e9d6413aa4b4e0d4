"""Airflow as the watchdog sees it: its API server over a metadata database, and nothing that runs tasks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import httpx

from include.sandbox.processes import Server

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


@dataclass
class Board:
    """An API server on `port`, with the DAGs of `watched_dags` and the runs that a test makes."""

    home: Path
    port: int
    _runs: list[dict[str, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "watched_dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "0" * 64,
            "PYTHONPATH": str(REPOSITORY),
        }
        airflow = str(Path(sys.executable).with_name("airflow"))
        argv = [airflow, "api-server", "--apps", "core", "--host", "127.0.0.1", "--port", str(self.port)]
        self.server = Server("api-server", self.home, argv, self.env, HERE)

    @property
    def connection(self) -> str:
        """The value of `AIRFLOW_CONN_AIRFLOW_API` that leads here."""
        told = {"conn_type": "http", "host": self.url, "login": "watchdog", "password": "any"}
        return json.dumps(told)

    def start(self) -> None:
        """Make the database and start the server; `ready` says when it answers."""
        log = (self.home / "runs.log").open("w")
        self.maker = subprocess.Popen(
            [sys.executable, str(HERE / "watched_runs.py")],
            env={**os.environ, **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self._answered("ready")
        self.server.start()

    def stop(self) -> None:
        self.server.stop()
        self.maker.kill()
        self.maker.wait()

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/v2/version").is_success
        except httpx.TransportError:
            return False

    def has(
        self, dag_id: str, partition: date, run_type: str, state: str, ended: datetime | None = None
    ) -> None:
        """Let there be one more run."""
        run = {"dag_id": dag_id, "run_type": run_type, "state": state, "partition_key": str(partition)}
        self._runs.append(run | {"end_date": ended.isoformat() if ended else None})
        self._make()

    def forget_runs(self) -> None:
        """Let there be no run."""
        self._runs.clear()
        self._make()

    def pause(self, dag_id: str, *, paused: bool = True) -> None:
        answer = httpx.patch(
            f"{self.url}/api/v2/dags/{dag_id}",
            json={"is_paused": paused},
            headers=self._headers(),
            timeout=30,
        )
        answer.raise_for_status()

    def _headers(self) -> dict[str, str]:
        account = {"username": "test", "password": "any"}
        answer = httpx.post(f"{self.url}/auth/token", json=account, timeout=30).raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def _make(self) -> None:
        assert self.maker.stdin
        self.maker.stdin.write(f"{json.dumps(self._runs)}\n")
        self.maker.stdin.flush()
        self._answered("done")

    def _answered(self, word: str) -> None:
        assert self.maker.stdout
        answer = self.maker.stdout.readline().strip()
        assert answer == word, (self.home / "runs.log").read_text()[-3000:]
