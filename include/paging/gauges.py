"""What monitoring reads of a check, as gauges of Airflow's own metrics (`[metrics]` of its configuration).

They go wherever the deployment sends Airflow's: OpenTelemetry, StatsD or DogStatsD. Gauges carry tags; plain
StatsD has none, so every gauge is sent a second time under a name that ends with its source, as Airflow does
with its own while `legacy_names_on` is set.

    source.age_seconds          source, criticality   from the end of the newest partition in bronze
    source.overdue_seconds      source, criticality   since the next one was due; negative until then
    slot.lag_bytes              source                written at the source and not confirmed as taken
    slot.kept_bytes             source                log that the slot holds back from recycling
    slot.budget_bytes           source                what it may hold
    slot.gone                   source                1 when the slot is lost or missing
    watchdog.open_incidents     watch                 what is wrong at the moment; also the sign of life
"""

from __future__ import annotations

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

from include.extract.cdc.health import SlotHealth
from include.paging.freshness import Freshness


def of_source(source: Freshness) -> None:
    """The gauges of a source. One that was never loaded has no age."""
    tags = {"source": source.source, "criticality": source.criticality}
    if source.age is not None:
        _gauge("source.age_seconds", source.age.total_seconds(), tags, name=source.source)
    overdue = source.as_of - source.due
    _gauge("source.overdue_seconds", overdue.total_seconds(), tags, name=source.source)


def of_slot(slot: SlotHealth) -> None:
    """The gauges of a replication slot."""
    for measure, value in (
        ("lag_bytes", slot.lag),
        ("kept_bytes", slot.kept),
        ("budget_bytes", slot.budget),
        ("gone", int(slot.state != "present")),
    ):
        _gauge(f"slot.{measure}", value, {"source": slot.source}, name=slot.source)


def of_watch(watch: str, incidents: int) -> None:
    """How many incidents a watch sees."""
    _gauge("watchdog.open_incidents", incidents, {"watch": watch}, name=watch)


def _gauge(stat: str, value: float, tags: dict[str, str], *, name: str) -> None:
    stats.gauge(stat, value, tags=tags)
    if conf.getboolean("metrics", "legacy_names_on"):
        stats.gauge(f"{stat}.{name}", value)
