"""The dbt project, run in this process: a process of its own would spend most of its time on imports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2] / "dbt"


def environment(port: int) -> dict[str, str]:
    """What leads dbt's profile to the warehouse on a port."""
    return {
        "SNOWFLAKE_ACCOUNT": "sandbox",
        "SNOWFLAKE_USER": "test",
        "SNOWFLAKE_PASSWORD": "test",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_DATABASE": "ANALYTICS",
        "SNOWFLAKE_ROLE": "SYSADMIN",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@dataclass(frozen=True)
class Outcome:
    """What became of one node: `success`, `pass`, `warn`, `fail`, `error` or `skipped`."""

    node: str
    status: str
    message: str


class DbtError(Exception):
    """dbt stopped, or a node failed; says why in dbt's own words."""


@dataclass(frozen=True)
class Dbt:
    """`environment` says which warehouse; `folder` keeps dbt's artefacts out of the repository."""

    environment: dict[str, str]
    folder: Path
    project: Path = PROJECT

    def __call__(self, *arguments: str, partition: date | str | None = None) -> list[Outcome]:
        """Run dbt and give what became of each node it ran.

        Raises:
            DbtError: dbt did not succeed.
        """
        environment = self.environment | {
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_PARTITION": str(partition or ""),
        }
        places = ["--project-dir", str(self.project), "--profiles-dir", str(PROJECT)]
        with _environment(environment):
            done = dbtRunner().invoke(["--log-level", "none", *arguments, *places])
        if done.exception:
            raise DbtError(f"dbt {' '.join(arguments)}: {done.exception}") from done.exception
        outcomes = [
            Outcome(result.node.unique_id, str(result.status), str(result.message))
            for result in getattr(done.result, "results", [])
        ]
        if not done.success:
            failed = [outcome for outcome in outcomes if outcome.status in {"error", "fail"}]
            raise DbtError("\n".join(f"{one.node}: {one.status}: {one.message}" for one in failed))
        return outcomes


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
