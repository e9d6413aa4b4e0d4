"""Imports what tasks need once, in the scheduler, before it forks the workers of the LocalExecutor.

A task is a fork of its worker, and that a fork of the scheduler: a module imported here costs a task nothing.
Imported in each task, Great Expectations takes some four seconds of a processor, dbt three, the
warehouse's connector with Arrow two, and Cosmos, which reading `medallion` needs, more than one. That is most
of what a short task does.
"""

from __future__ import annotations

import logging
import sys
import time
from importlib import import_module
from typing import Any

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

# None of them may start a thread or open a connection when imported: neither survives a fork.
MODULES = (
    "include.ingest.steps",
    "include.extract.rest",
    "include.governance.steps",
    "include.quality.datasource",
    "include.paging.anomalies",
    "include.paging.deadlines",
    "include.warehouse.dbt_tasks",
    "cosmos.operators.watcher",
    "cosmos.plugin.airflow3",  # a task asks each plugin whether it reads lineage
    "dbt.cli.main",
    "dbt.adapters.snowflake",
)

log = logging.getLogger(__name__)


class BeforeWorkersFork:
    """Listens for the scheduler's start."""

    @hookimpl
    def on_starting(self, component: Any) -> None:  # noqa: ARG002 -- Airflow's signature
        """Import the modules if this is the scheduler; no other component forks tasks."""
        # Airflow names the component only after this call.
        if "scheduler" not in sys.argv:
            return
        missing = [module for module in MODULES if module not in sys.modules]
        if not missing:  # a task, which is a fork of the scheduler and starts with the same call
            return
        begun = time.monotonic()
        for module in missing:
            import_module(module)
        log.info("imported what tasks need in %.1f s", time.monotonic() - begun)


class WarmStart(AirflowPlugin):
    name = "warm_start"
    listeners = [BeforeWorkersFork()]  # noqa: RUF012 - the base class declares it so
