"""Sends the gauges of one source and one slot, as a task does, to wherever the environment says.

A program of its own, because Airflow reads its configuration when it is imported, and a task's process sends
what OpenTelemetry has gathered when it ends.
"""

from __future__ import annotations

from datetime import date, datetime

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils

from include.contracts import load_sources
from include.extract.cdc.health import SlotHealth
from include.paging import gauges, schedule
from include.paging.freshness import judge

# As airflow.sdk.execution_time.task_runner.main does before it runs a task.
stats.initialize(
    factory=stats_utils.get_stats_factory(), export_legacy_names=conf.getboolean("metrics", "legacy_names_on")
)

FIVE = datetime(2026, 11, 19, 5, tzinfo=schedule.ZONE)
for name, latest in (("core_banking", date(2026, 11, 17)), ("kyc", date(2026, 11, 18))):
    gauges.of_source(judge(load_sources()[name], [latest], FIVE))
gauges.of_slot(SlotHealth("core_banking", "slot", "present", lag=1000, kept=5000, limit=1 << 20))
gauges.of_watch("partitions", 2)
