"""DAG files parsed as Airflow would, with the network and subprocesses out of reach."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
HEAVY = ("pyarrow", "dlt", "great_expectations", "snowflake.connector", "adbc_driver_postgresql", "psycopg")
"""What no DAG file may import while it is parsed: each costs every parse a second or more."""


def parsed(name: str, environment: dict[str, str] | None = None) -> ModuleType:
    """`dags/<name>.py` as a module. I/O while it is parsed raises."""

    def forbidden(*arguments: Any, **_: Any) -> None:
        raise AssertionError(f"I/O while dags/{name}.py is parsed: {arguments}")

    spec = importlib.util.spec_from_file_location(f"{name}_under_test", REPOSITORY / f"dags/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in (environment or {}).items():
            patch.setenv(variable, value)
        patch.setattr("socket.socket.connect", forbidden)
        patch.setattr("subprocess.Popen.__init__", forbidden)
        spec.loader.exec_module(module)
    return module
