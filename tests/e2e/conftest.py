"""One small bank, one real Airflow, for all end-to-end tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.sandbox.lifecycle import Sandbox
from include.sandbox.state import REPOSITORY, State

SMALL = ("--people", "400", "--history-days", "45", "--seed", "11")


class Deployment:
    """A sandbox of its own, driven through the same command line as `make`."""

    def __init__(self, root: Path) -> None:
        self.sandbox = Sandbox(State(root))
        # A caller's own connection, as an operator of a real account has one, must not become the sandbox's.
        elsewhere = {"AIRFLOW_CONN_SNOWFLAKE": "snowflake://nobody@nowhere"}
        self._env = {**os.environ, **elsewhere, "SANDBOX_ROOT": str(root)}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command and return at once."""
        return subprocess.Popen(
            [sys.executable, "-m", "include.sandbox", *arguments],
            cwd=REPOSITORY,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command to its end: exit code and output."""
        process = self.start(*arguments)
        output, _ = process.communicate()
        return process.returncode, output

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Rows from the warehouse."""
        from include.warehouse.session import Warehouse

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIRFLOW_CONN_SNOWFLAKE", self.sandbox.environment["AIRFLOW_CONN_SNOWFLAKE"])
            with Warehouse().cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    made = Deployment(tmp_path_factory.mktemp("sandbox"))
    yield made
    made.command("down")


@pytest.fixture(scope="session")
def three_days(deployment: Deployment) -> str:
    """What `make run` printed, for a small bank."""
    code, output = deployment.command("run", *SMALL)
    assert code == 0, output
    return output
