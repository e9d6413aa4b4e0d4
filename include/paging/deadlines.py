"""The deadline of each DAG, from its contract."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert

from include.contracts import MetricContract, SourceContract, load_metric_contract
from include.paging.missed import page_missed_deadline
from include.paging.promise import Promise
from include.paging.reference import PartitionDue


def bronze_deadline(contract: SourceContract) -> DeadlineAlert:
    """A source's partition is in bronze by the contract's time of availability, the day after."""
    metrics = load_metric_contract()
    promise = Promise(
        subject=contract.name,
        owner=contract.owner,
        owner_channel=contract.channel,
        on_call_channel=metrics.channel,
        criticality=contract.criticality,
        gold_tables=gold_tables(metrics),
        timezone=metrics.timezone,
    )
    reference = PartitionDue(due=contract.due, timezone=metrics.timezone)
    return _alert(reference, promise, name=f"{contract.name} in bronze")


def medallion_deadline(contract: MetricContract) -> DeadlineAlert:
    """Gold is published by the metric contract's time, the day after the partition."""
    promise = Promise(
        subject="gold",
        owner=contract.owner,
        owner_channel=contract.channel,
        on_call_channel=contract.channel,
        criticality="gold",
        gold_tables=gold_tables(contract),
        timezone=contract.timezone,
    )
    reference = PartitionDue(due=contract.gold_due, timezone=contract.timezone)
    return _alert(reference, promise, name="gold published")


def gold_tables(contract: MetricContract) -> str:
    """The gold tables that the contract's clauses speak of: ``"dim_customer, mart_daily_metrics"``."""
    columns = (column for clause in contract.clauses.values() for column in clause.columns)
    return ", ".join(sorted({column.partition(".")[0] for column in columns}))


def _alert(reference: PartitionDue, promise: Promise, *, name: str) -> DeadlineAlert:
    # Asynchronous callbacks run in the triggerer: a page needs no free worker, pool slot or executor.
    callback = AsyncCallback(page_missed_deadline, kwargs=asdict(promise))
    return DeadlineAlert(reference=reference, interval=timedelta(0), callback=callback, name=name)
