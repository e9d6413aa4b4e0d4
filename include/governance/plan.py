"""What a run of medallion builds: the stages someone selected, and the day they are built for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from airflow.sdk.exceptions import AirflowFailException

from include.contracts import SourceContract
from include.governance.gold_sets import Cursor


class Stage(StrEnum):
    """What can be run alone, in the order of a whole run."""

    SILVER = "silver"
    GOLD = "gold"
    CHECKS = "checks"
    PUBLISH = "publish"
    ANOMALIES = "anomalies"


class PlanError(AirflowFailException):
    """The run cannot do what it was asked for; the message says why and what to do. No retry changes that."""


def requested_partition(partition_key: str | None) -> date:
    """The business day a run was triggered for.

    Raises:
        PlanError: there is no partition key, or it is no day.
    """
    if not partition_key:
        raise PlanError(
            "medallion builds one business day: trigger it with a partition key, such as 2026-11-18"
        )
    try:
        return date.fromisoformat(partition_key)
    except ValueError as error:
        raise PlanError(f"partition key {partition_key!r} is not a day; write it as 2026-11-18") from error


def partition_to_build(requested: date, published: date | None) -> date:
    """The day to build for: the requested one, or what gold holds already when that is later.

    A late rerun of an old day changes history that the later day includes; gold never goes back in time.
    """
    return max(requested, published or requested)


def require_tested(stages: Iterable[str]) -> None:
    """Refuse to publish what is built anew and not checked.

    Raises:
        PlanError: gold and publish are selected without checks.
    """
    selected = set(stages)
    if {Stage.GOLD, Stage.PUBLISH} <= selected and Stage.CHECKS not in selected:
        raise PlanError("gold would be rebuilt and published untested; select the stage checks too")


def require_loaded(cursor: Cursor, partition: date, sources: Iterable[SourceContract]) -> None:
    """Refuse to build on bronze that lacks the day.

    Raises:
        PlanError: the load ledger has no load of ``partition`` for a blocking source.
    """
    cursor.execute(
        "select distinct source from raw_control.load_ledger where partition = %s::date",
        (partition.isoformat(),),
    )
    loaded = {str(source) for (source,) in cursor.fetchall()}
    missing = [source for source in sources if source.criticality == "blocking" and source.name not in loaded]
    if missing:
        raise PlanError(
            f"bronze of {', '.join(source.name for source in missing)} has no load of {partition}; run "
            f"{', '.join(source.dag_id for source in missing)} for that partition first"
        )
