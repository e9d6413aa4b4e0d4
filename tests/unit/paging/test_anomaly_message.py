from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from include.contracts import load_metric_contract
from include.paging.anomaly_message import Anomaly, anomaly_message, withdrawn_message

CONTRACT = load_metric_contract()
METRIC = next(metric for metric in CONTRACT.metrics if metric.name == "customer_initiated_events")
CLAUSE = CONTRACT.clauses[METRIC.clause]
RUN = "https://airflow.bank.example/dags/medallion/runs/asset_triggered__1"

DROP = Anomaly(
    metric_date=date(2026, 11, 22),
    metric_name="customer_initiated_events",
    rule="out_of_range",
    actual=Decimal("1234.0000"),
    expected_low=Decimal("1900.2500"),
    expected_high=Decimal("2212.7500"),
    expected=Decimal("2056.5000"),
    z_score=Decimal("-13.1600"),
    owner="digital-banking",
    channel="#digital-metrics",
)


def words(anomaly: Anomaly) -> str:
    return text_of(anomaly_message(anomaly, METRIC, CLAUSE, RUN).blocks)


def text_of(blocks: Any) -> str:
    texts = []
    for block in blocks:
        texts += [block["text"]["text"]] if "text" in block else [e["text"] for e in block["elements"]]
    return "\n".join(texts)


def test_the_owner_reads_metric_expected_range_actual_value_and_distance() -> None:
    text = words(DROP)
    assert "customer_initiated_events looks wrong: 2026-11-22" in text
    assert "*1,234* on 2026-11-22; expected *1,900.2 to 2,212.8*" in text
    assert "40% below the mean of the days before (2,056.5), 13.2 standard deviations away" in text


def test_a_figure_above_its_range_is_called_above() -> None:
    text = words(replace(DROP, actual=Decimal(4113), z_score=Decimal("32.9")))
    assert "100% above the mean" in text


def test_a_count_is_never_expected_to_be_negative() -> None:
    assert "expected *0 to" in words(replace(DROP, expected_low=Decimal("-3.5")))


def test_a_constant_series_that_moved_says_what_it_had_been() -> None:
    same = Decimal("12.0000")
    moved = replace(
        DROP,
        rule="constant_moved",
        actual=Decimal(13),
        expected_low=same,
        expected_high=same,
        expected=same,
        z_score=None,
    )
    assert "*13* on 2026-11-22; it had been *12* on every one of the days before" in words(moved)


def test_a_missing_figure_says_that_there_was_one_before() -> None:
    text = words(replace(DROP, rule="missing", actual=None, z_score=None))
    assert "There is *no figure* for 2026-11-22" in text
    assert "*2,056.5* on average" in text


def test_the_owner_finds_clause_run_and_runbook() -> None:
    text = words(DROP)
    assert "Owner: digital-banking" in text
    assert "Clause 2.1 Journey event, version 1" in text
    assert f"<{RUN}|Run>" in text
    assert "runbooks/a-metric-looks-wrong.md" in text


def test_the_message_says_that_gold_is_published_and_what_to_do_first() -> None:
    text = words(DROP)
    assert "Gold is published and passed its tests" in text
    assert "1. Do other metrics of the day look wrong too?" in text


def test_the_notification_line_holds_the_finding_without_markup() -> None:
    text = anomaly_message(DROP, METRIC, CLAUSE, RUN).text
    assert text.startswith("customer_initiated_events looks wrong: 2026-11-22. 1,234 on 2026-11-22; expected")
    assert "*" not in text


def test_a_withdrawn_anomaly_asks_for_nothing() -> None:
    text = text_of(withdrawn_message("email_clicks", date(2026, 11, 22), RUN).blocks)
    assert "email_clicks is as expected after all: 2026-11-22" in text
    assert "Nothing to do" in text
