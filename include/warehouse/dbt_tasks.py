"""dbt as Airflow tasks. Parsing a DAG that uses them reads no connection and starts no dbt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import TaskGroup, get_parsing_context
from cosmos import settings  # type: ignore[import-untyped]
from cosmos.airflow.task_group import DbtTaskGroup  # type: ignore[import-untyped]
from cosmos.config import (  # type: ignore[import-untyped]
    ExecutionConfig,
    ProfileConfig,
    ProjectConfig,
    RenderConfig,
)
from cosmos.constants import (  # type: ignore[import-untyped]
    ExecutionMode,
    InvocationMode,
    LoadMode,
    TestBehavior,
)
from cosmos.operators.local import (  # type: ignore[import-untyped]
    DbtBuildLocalOperator,
    DbtDocsLocalOperator,
    DbtTestLocalOperator,
)

from include.warehouse.dbt_profile import SnowflakeConnectionProfile
from include.warehouse.dbt_project import PROJECT, models_manifest

PROFILE = ProfileConfig(
    profile_name="governed_analytics",
    target_name="airflow",
    profile_mapping=SnowflakeConnectionProfile("snowflake", profile_args={"threads": 4}),
)


def environment(partition: str) -> dict[str, str]:
    """What a dbt process reads. Not ``--vars``: another day there would make dbt parse the project anew."""
    return {
        "DBT_PARTITION": partition,
        "DBT_EXCLUDE_RESOURCE_TYPES": "unit_test",  # they test the SQL, not the day's data: CI runs them
        # Each process its own, inside the copy of the project that Cosmos makes for it.
        "DBT_TARGET_PATH": "target",
        "DBT_LOG_PATH": "logs",
    }


def models(folder: str, partition: str, *, callback: str | list[str]) -> TaskGroup:
    """The models of ``models/<folder>``: one dbt process, and a task per model that watches it.

    Tests are left to ``tests``: watched one by one they would double the tasks and slow dbt down, because
    every step of every node is sent to Airflow while dbt waits.

    A worker reads the DAG to find the one task that it runs. A model's task looks at no other, so for it the
    groups have no more than that: to make the tasks of all models would be most of what it does. Other tasks
    get the whole DAG; a gate skips what comes after it. Source:
    https://airflow.apache.org/docs/apache-airflow/stable/howto/dynamic-dag-generation.html
    """
    select = _needed(folder)
    if not select:
        return TaskGroup(group_id=folder)
    group: TaskGroup = DbtTaskGroup(
        group_id=folder,
        project_config=ProjectConfig(
            PROJECT,
            manifest_path=models_manifest(),
            env_vars=environment(partition),
            install_dbt_deps=False,
        ),
        profile_config=PROFILE,
        execution_config=ExecutionConfig(
            execution_mode=ExecutionMode.WATCHER,
            invocation_mode=InvocationMode.DBT_RUNNER,
            # The second try of the dbt process only tells the models' tasks to run themselves. It comes at
            # once, so that their own retries find it done.
            setup_operator_args={"retries": 1, "retry_delay": timedelta(seconds=1)},
        ),
        render_config=RenderConfig(
            load_method=LoadMode.DBT_MANIFEST,
            select=[select],
            test_behavior=TestBehavior.NONE,
            emit_datasets=False,
        ),
        operator_args={"callback": callback},
    )
    return group


def _needed(folder: str) -> str:
    """Which models of a folder to make tasks of, in dbt's words: all, unless a worker runs a model's task."""
    group, _, task = (get_parsing_context().task_id or "").rpartition(".")
    if not task.endswith("_run"):
        return f"path:models/{folder}"
    return task.removesuffix("_run") if group == folder else ""


def tests(folder: str, partition: str, **options: Any) -> DbtTestLocalOperator:
    """All tests of ``models/<folder>`` that need no model of a later folder, in one dbt process."""
    return DbtTestLocalOperator(**_arguments(folder, partition), should_store_compiled_sql=False, **options)


def build(folder: str, partition: str, **options: Any) -> DbtBuildLocalOperator:
    """The models of ``models/<folder>`` and their tests, in one dbt process and one task."""
    return DbtBuildLocalOperator(**_arguments(folder, partition), **options)


def docs(partition: str, **options: Any) -> DbtDocsLocalOperator:
    """dbt's description of the whole project and of the tables that stand in the warehouse."""
    arguments = {
        name: value
        for name, value in _arguments("", partition).items()
        if name not in {"select", "indirect_selection"}
    }
    return DbtDocsLocalOperator(**arguments, should_store_compiled_sql=False, **options)


def _arguments(folder: str, partition: str) -> dict[str, Any]:
    return {
        "project_dir": PROJECT,
        "profile_config": PROFILE,
        "invocation_mode": InvocationMode.DBT_RUNNER,
        "select": f"path:models/{folder}",
        "indirect_selection": "buildable",
        "env": environment(partition),
        "install_deps": False,
        "emit_datasets": False,
        # Where one process leaves the parsed project for the next.
        "cache_dir": settings.cache_dir / "dbt",
    }
