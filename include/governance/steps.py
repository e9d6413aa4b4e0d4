"""What the tasks of medallion do in the warehouse, each in a session of its own."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from include.contracts import load_metric_contract, load_sources
from include.governance import degraded, plan, publication
from include.governance.evidence import Stage
from include.governance.gold_sets import require_candidate
from include.governance.versions import GoldModels
from include.warehouse.session import Warehouse

log = logging.getLogger(__name__)


class ContractBrokenError(AirflowFailException):
    """Models do not hold to the metric contract; a line for each says which, and what to do."""


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


def check_contract(run_id: str) -> dict[str, Any]:
    """Hold the deployed models against the metric contract; write it and gold's lineage to `governance`.

    Done once for each deployment: definitions that are on record were found in order. Raises
    ContractBrokenError.
    """
    from include.governance import contract_check, contract_tables
    from include.governance.lineage import LineageError, compile_project

    version = contract_tables.Version(load_metric_contract(), GoldModels.deployed().definitions, run_id)
    with Warehouse().cursor() as cursor:
        if contract_tables.are_recorded(cursor, version):
            return {"definitions": version.definitions, "known": True}
    try:
        checked = contract_check.check(compile_project(), version.contract)
    except LineageError as problem:
        raise ContractBrokenError(str(problem)) from problem
    if checked.problems:
        raise ContractBrokenError("\n".join(map(str, checked.problems)))
    with Warehouse().cursor() as cursor:
        contract_tables.record_checked(cursor, version, checked)
    return {
        "definitions": version.definitions,
        "known": False,
        "models": len(checked.project.models),
        "gold_columns": sum(len(model.columns) for model in checked.project.gold()),
    }


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
