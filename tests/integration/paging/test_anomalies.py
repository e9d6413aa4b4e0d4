"""Anomalies from the warehouse to Slack, and what a second run of the stage makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.paging.anomalies import report_anomalies
from include.paging.slack import SlackError
from include.warehouse.session import Warehouse
from tests.integration.paging.slack import Slack

DAY = "2026-11-22"
RUN, LATER_RUN = "http://airflow/dags/medallion/runs/first", "http://airflow/dags/medallion/runs/second"
EVENTS = (
    "('2026-11-22', 'customer_initiated_events', 'out_of_range', 60, 90, 110, 100, -10, 'digital-banking', "
)
CLICKS = "('2026-11-22', 'email_clicks', 'missing', null, 20, 40, 30, null, 'marketing-operations', "
YESTERDAYS = (
    "('2026-11-21', 'kyc_verified', 'constant_moved', 13, 12, 12, 12, null, 'kyc-operations', '#kyc')"
)


@pytest.fixture
def warehouse(snowflake: str, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[SnowflakeCursor]:
    """A cursor; the schema ``monitoring`` as dbt leaves it after a day, without anomalies."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", snowflake)
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", slack.connection)
    with Warehouse().cursor() as cursor:
        cursor.execute("create or replace schema monitoring")
        cursor.execute(
            """
            create table monitoring.anomaly_detection (
                metric_date date, metric_name varchar, rule varchar, actual number(18, 4),
                expected_low number(18, 4), expected_high number(18, 4), expected number(18, 4),
                z_score number(38, 4), owner varchar, channel varchar
            )
            """
        )
        yield cursor


def found(cursor: SnowflakeCursor, *rows: str) -> None:
    """Let dbt have found these."""
    cursor.execute("delete from monitoring.anomaly_detection")
    for row in rows:
        cursor.execute(f"insert into monitoring.anomaly_detection values {row}")


def test_each_anomaly_of_the_day_reaches_its_metrics_channel(
    warehouse: SnowflakeCursor, slack: Slack
) -> None:
    found(warehouse, f"{EVENTS} '#events-1')", f"{CLICKS} '#clicks-1')", YESTERDAYS)
    assert report_anomalies(DAY, RUN) == 2
    (drop,) = slack.messages("#events-1")
    assert "*60* on 2026-11-22; expected *90 to 110*" in json.dumps(drop)
    (missing,) = slack.messages("#clicks-1")
    assert "There is *no figure*" in json.dumps(missing)


def test_a_day_without_anomalies_is_silent(warehouse: SnowflakeCursor, slack: Slack) -> None:
    before = slack.messages()
    found(warehouse, YESTERDAYS)
    assert report_anomalies(DAY, RUN) == 0
    assert slack.messages() == before


def test_running_the_task_again_sends_nothing_new(warehouse: SnowflakeCursor, slack: Slack) -> None:
    found(warehouse, f"{EVENTS} '#events-2')")
    report_anomalies(DAY, RUN)
    report_anomalies(DAY, RUN)
    assert len(slack.messages("#events-2")) == 1


def test_rerunning_the_stage_changes_the_message_to_the_new_figure(
    warehouse: SnowflakeCursor, slack: Slack
) -> None:
    found(warehouse, f"{EVENTS} '#events-3')")
    report_anomalies(DAY, RUN)
    found(warehouse, f"{EVENTS.replace(' 60,', ' 61,')} '#events-3')")
    report_anomalies(DAY, LATER_RUN)
    (message,) = slack.messages("#events-3")
    assert "*61* on 2026-11-22" in json.dumps(message)
    assert LATER_RUN in json.dumps(message)


def test_a_figure_that_was_mended_corrects_its_message(warehouse: SnowflakeCursor, slack: Slack) -> None:
    found(warehouse, f"{EVENTS} '#events-4')")
    report_anomalies(DAY, RUN)
    found(warehouse)
    assert report_anomalies(DAY, LATER_RUN) == 0
    (message,) = slack.messages("#events-4")
    assert "is as expected after all" in message["text"]


def test_a_post_that_was_not_remembered_is_not_sent_twice(warehouse: SnowflakeCursor, slack: Slack) -> None:
    found(warehouse, f"{EVENTS} '#events-5')")
    report_anomalies(DAY, RUN)
    warehouse.execute("delete from monitoring.anomaly_notice")  # as if killed between Slack and warehouse
    report_anomalies(DAY, RUN)
    assert len(slack.messages("#events-5")) == 1


def test_one_channel_that_refuses_does_not_keep_the_others_waiting(
    warehouse: SnowflakeCursor, slack: Slack
) -> None:
    found(warehouse, f"{EVENTS} '#No Such Channel')", f"{CLICKS} '#clicks-6')")
    with pytest.raises(SlackError, match=r"customer_initiated_events: .*channel_not_found"):
        report_anomalies(DAY, RUN)
    assert len(slack.messages("#clicks-6")) == 1
