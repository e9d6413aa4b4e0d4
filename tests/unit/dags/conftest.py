"""The DAG ``medallion`` as Airflow sees it: parsed with dbt's manifest and nothing else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dags.parsing import REPOSITORY, parsed


@pytest.fixture(scope="session")
def manifest_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``dbt parse`` makes of the project: no warehouse is asked."""
    target = tmp_path_factory.mktemp("dbt")
    argv = [str(Path(sys.executable).parent / "dbt"), "--quiet", "parse", "--profiles-dir", "."]
    env = {**os.environ, "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
    subprocess.run(argv, cwd=REPOSITORY / "dbt", env=env, check=True)
    return target


@pytest.fixture(scope="session")
def dag(manifest_folder: Path) -> Any:
    """The DAG; no connection exists."""
    # Imported before, since a library may look at the machine when it is first imported.
    importlib.import_module("include.warehouse.dbt_tasks")
    importlib.import_module("airflow.timetables.trigger")
    return parsed("medallion", {"DBT_TARGET_PATH": str(manifest_folder)}).dag
