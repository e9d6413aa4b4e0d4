"""What the tasks of medallion do in the warehouse, each in a session of its own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from include.contracts import load_sources
from include.governance import degraded, plan, publication
from include.governance.evidence import Stage
from include.governance.gold_sets import require_candidate
from include.warehouse.session import Warehouse


def partition_to_build(partition_key: str | None, stages: Iterable[str]) -> date:
    """The day a run builds for, once it is clear that it can.

    Raises:
        plan.PlanError: the request is not one that can be run, or bronze lacks the day.
    """
    plan.require_tested(stages)
    requested = plan.requested_partition(partition_key)
    with Warehouse().cursor() as cursor:
        publication.settle(cursor)
        partition = plan.partition_to_build(requested, publication.published_partition(cursor))
        plan.require_loaded(cursor, partition, load_sources().values())
    return partition


def go_on_without(stage: Stage) -> dict[str, date | None]:
    """Put on record which degradable sources lack the day, with the latest one that bronze has of each."""
    return degraded.record_sources(stage, load_sources().values())


def begin_candidate(partition: date, run_id: str) -> None:
    """Open the candidate for a build; what it held may not be published any more."""
    with Warehouse().cursor() as cursor:
        publication.begin(cursor, partition, run_id)


def see_candidate(partition: date) -> None:
    """Raises NotPublishable when the candidate is missing or speaks of another day."""
    with Warehouse().cursor() as cursor:
        require_candidate(cursor, partition)


def release_candidate(partition: date, run_id: str) -> None:
    """Let the candidate be published. Raises NotPublishable when it is not complete."""
    with Warehouse().cursor() as cursor:
        publication.release(cursor, partition, run_id)


def publish(partition: date, run_id: str) -> publication.Publication:
    """Make the candidate gold. Raises NotPublishable."""
    with Warehouse().cursor() as cursor:
        return publication.publish(cursor, partition, run_id)
