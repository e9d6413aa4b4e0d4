"""Airflow in the sandbox: its settings, its connections and its four processes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from include.sandbox.processes import Server
from include.sandbox.services.settings import LOGINS
from include.sandbox.state import REPOSITORY, State

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
WAREHOUSE_DATABASE = "ANALYTICS"
# The service that plays the vendor of each source.
SERVICES = {
    "kyc": "kyc",
    "marketing_automation": "marketing",
    "mobile_app": "mobile_app",
    "crm_a": "crm_a",
    "crm_b": "crm_b",
    "aml": "aml",
    "nps": "nps",
    "rates_engine": "rates",
    "support": "support",
}


def connections(state: State, core_dsn: str) -> dict[str, dict[str, Any]]:
    """Connection id -> Airflow connection. The only place where production and sandbox differ."""
    return {
        "snowflake": {
            "conn_type": "snowflake",
            "login": "airflow",
            "password": "sandbox",
            "schema": "PUBLIC",
            "extra": {
                "account": "sandbox",
                "database": WAREHOUSE_DATABASE,
                "warehouse": "TRANSFORM",
                "role": "ACCOUNTADMIN",
                "host": "127.0.0.1",
                "port": state.ports["warehouse"],
                "protocol": "http",
            },
        },
        "core_banking": {"uri": core_dsn},
        **{source: _service(state, service) for source, service in SERVICES.items()},
        "drop_account_reviews": {"conn_type": "fs", "extra": {"path": str(drop_folder(state))}},
        "identifier_key": {
            "conn_type": "generic",
            "login": "sandbox-1",
            "password": state.secrets["identifier"],
        },
        "airflow_api": {
            "conn_type": "http",
            "host": state.url("airflow"),
            "login": "paging",
            "password": "sandbox",
        },
        "slack": {
            "conn_type": "slack",
            "password": state.secrets["slack"],
            "extra": {"base_url": f"{state.url('services')}/slack/api/"},
        },
    }


def drop_folder(state: State) -> Path:
    """Where the bank's departments drop their CSV files."""
    return state.folder("drop")


def environment(state: State, *, metadata_dsn: str, core_dsn: str) -> dict[str, str]:
    """Everything an Airflow process, a task or a terminal command of this sandbox needs to know."""
    base = state.url("airflow")
    env = {
        **shared_settings(),
        "AIRFLOW_HOME": str(state.folder("airflow")),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "6",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        # The bank's days come when `make day` lives them, not when the clock strikes three.
        "GOVERNED_ANALYTICS_SCHEDULE_FROM": "2100-01-01",
        "AIRFLOW__CORE__FERNET_KEY": state.secrets["fernet"],
        # One user on loopback: no login. A deployment brings its own auth manager.
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata_dsn.replace(
            "postgresql://", "postgresql+psycopg2://", 1
        ),
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(state.ports["airflow"]),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": state.secrets["session"],
        "AIRFLOW__API_AUTH__JWT_SECRET": state.secrets["jwt"],
        "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        # A task whose process was killed is found and retried within this time.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(state.folder("airflow/logs")),
        "AIRFLOW__COSMOS__CACHE_DIR": str(state.folder("cosmos")),
        "DBT_TARGET_PATH": str(state.folder("dbt/target")),
        "DBT_LOG_PATH": str(state.folder("dbt/logs")),
        "DATA_DOCS_PATH": str(state.folder("data_docs")),
        "DATA_DOCS_URL": f"{state.url('services')}/data-docs",
        "GOVERNED_ANALYTICS_DOCS_URL": f"{state.url('services')}/docs",
        "PYTHONPATH": str(REPOSITORY),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    known = connections(state, core_dsn)
    env |= dbt_profile_settings(known["snowflake"])
    for name, connection in known.items():
        value = connection["uri"] if "uri" in connection else json.dumps(connection)
        env[f"AIRFLOW_CONN_{name.upper()}"] = str(value)
    return env


def dbt_profile_settings(connection: dict[str, Any]) -> dict[str, str]:
    """What ``dbt/profiles.yml`` reads when dbt is called from a terminal instead of by Airflow."""
    fields = {**connection["extra"], "user": connection["login"], "password": connection["password"]}
    return {f"SNOWFLAKE_{name.upper()}": str(value) for name, value in fields.items()}


def shared_settings() -> dict[str, str]:
    """The settings of ``deployment.env``, which every deployment shares."""
    lines = (REPOSITORY / "deployment.env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def servers(state: State, env: dict[str, str]) -> list[Server]:
    """Airflow's processes, in the order they start."""
    airflow = str(Path(sys.executable).parent / "airflow")
    return [
        Server(f"airflow-{component}", state.folder("run"), [airflow, component], env, REPOSITORY)
        for component in COMPONENTS
    ]


def _service(state: State, name: str) -> dict[str, Any]:
    return {
        "conn_type": "http",
        "host": f"{state.url('services')}/{name}",
        "login": LOGINS.get(name),
        "password": state.secrets[name],
    }
