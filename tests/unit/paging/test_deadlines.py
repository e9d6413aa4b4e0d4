from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from include.contracts import load_metric_contract, load_sources
from include.paging.deadlines import bronze_deadline, gold_tables, medallion_deadline
from include.paging.promise import Promise
from include.paging.reference import PartitionDue

METRICS = load_metric_contract()
SOURCES = load_sources()


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_source_is_due_when_its_contract_says(name: str) -> None:
    alert = bronze_deadline(SOURCES[name])
    assert alert.reference == PartitionDue(due=SOURCES[name].due, timezone="America/Toronto")
    assert alert.interval == timedelta(0)


def test_gold_is_due_when_the_metric_contract_says() -> None:
    assert medallion_deadline(METRICS).reference == PartitionDue(
        due=METRICS.gold_due, timezone=METRICS.timezone
    )


def test_a_changed_contract_is_a_changed_deadline() -> None:
    kyc = SOURCES["kyc"]
    assert bronze_deadline(kyc).reference != bronze_deadline(replace(kyc, due=time(3))).reference


def test_a_page_knows_owner_channel_and_criticality_from_the_contract() -> None:
    promise = Promise(**bronze_deadline(SOURCES["kyc"]).callback.kwargs)
    assert (promise.owner, promise.owner_channel) == ("kyc-operations", "#kyc")
    assert promise.on_call_channel == METRICS.channel
    assert promise.criticality == "blocking"


def test_the_stale_tables_are_those_the_metric_contract_speaks_of() -> None:
    tables = gold_tables(METRICS).split(", ")
    assert {"dim_customer", "fct_journey_event", "mart_daily_metrics", "mart_weekly_funnel"} <= set(tables)
    assert len(tables) == len(set(tables))
    named = {column.split(".")[0] for clause in METRICS.clauses.values() for column in clause.columns}
    assert set(tables) == named


def test_callback_arguments_are_plain_text_which_airflow_can_store_and_hash() -> None:
    alert = bronze_deadline(SOURCES["kyc"])
    assert all(isinstance(value, str) for value in alert.callback.kwargs.values())
    hash(alert)
    assert alert.callback.path == "include.paging.missed.page_missed_deadline"
