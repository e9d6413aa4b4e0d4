"""Tells the owners of metrics about the anomalies of a day, each once."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import MetricContract, load_metric_contract
from include.paging import slack
from include.paging.anomaly_message import Anomaly, anomaly_message, withdrawn_message
from include.paging.slack import Message, Posted, SlackError
from include.warehouse.session import Warehouse, transaction

DDL = """
create table if not exists monitoring.anomaly_notice (
    metric_name varchar not null,
    metric_date date not null,
    rule varchar not null comment 'With metric and date, what a message is about: it gets one',
    channel_id varchar not null comment 'Slack''s id of the channel',
    message_ts varchar not null comment 'Slack''s id of the message in it',
    content varchar not null comment 'SHA-256 of what the message says',
    told_at timestamp_ntz(6) not null comment 'When it was last written, in UTC'
)
comment = 'The Slack message of each anomaly, so that a rerun changes it instead of sending another'
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Subject:
    """What one message is about."""

    metric_name: str
    metric_date: date
    rule: str

    @property
    def id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"anomaly/{self.metric_name}/{self.metric_date}/{self.rule}")


@dataclass(frozen=True)
class Notice:
    """Where a message is, and the hash of what it says."""

    posted: Posted
    content: str


def report_anomalies(partition: str, run_url: str) -> int:
    """Tell each anomaly of the day to its metric's owner; gives the number of anomalies.

    Run again, it changes the messages that it sent before: to the new figure, or, where the figure no longer
    stands out, to say so.

    :param partition: the business day, ``YYYY-MM-DD``.
    :param run_url: the Airflow page of the run that found them.
    :raises SlackError: Slack took some of the messages only. The others were sent.
    """
    contract = load_metric_contract()
    refusals = []
    with Warehouse().cursor() as cursor:
        cursor.execute(DDL)
        found = _found(cursor, partition)
        told = _told(cursor, partition)
        for subject in sorted(found.keys() | told.keys()):
            before = told.get(subject)
            try:
                if subject in found:
                    message = _words(found[subject], contract, run_url)
                    _tell(cursor, subject, message, before, channel=found[subject].channel)
                elif before:
                    message = withdrawn_message(subject.metric_name, subject.metric_date, run_url)
                    _tell(cursor, subject, message, before, channel=before.posted.channel_id)
            except SlackError as refusal:
                refusals.append(f"{subject.metric_name}: {refusal}")
    if refusals:
        raise SlackError(f"{len(refusals)} messages about anomalies were not taken. {' '.join(refusals)}")
    return len(found)


def _words(anomaly: Anomaly, contract: MetricContract, run_url: str) -> Message:
    (metric,) = (metric for metric in contract.metrics if metric.name == anomaly.metric_name)
    return anomaly_message(anomaly, metric, contract.clauses[metric.clause], run_url)


def _tell(
    cursor: SnowflakeCursor, subject: Subject, message: Message, before: Notice | None, *, channel: str
) -> None:
    content = hashlib.sha256(json.dumps(asdict(message), sort_keys=True).encode()).hexdigest()
    if before is None:
        posted = slack.post(channel, message, once=subject.id)
        log.info("told %s about %s", channel, subject)
    elif before.content != content:
        posted = before.posted
        slack.amend(posted, message)
        log.info("changed the message about %s", subject)
    else:
        return
    _remember(cursor, subject, Notice(posted, content))


def _found(cursor: SnowflakeCursor, partition: str) -> dict[Subject, Anomaly]:
    cursor.execute(
        """
        select
            metric_date, metric_name, rule, actual,
            expected_low, expected_high, expected, z_score, owner, channel
        from monitoring.anomaly_detection
        where metric_date = %s::date
        """,
        (partition,),
    )
    anomalies = [Anomaly(*row) for row in cursor.fetchall()]
    return {Subject(found.metric_name, found.metric_date, found.rule): found for found in anomalies}


def _told(cursor: SnowflakeCursor, partition: str) -> dict[Subject, Notice]:
    cursor.execute(
        """
        select metric_name, metric_date, rule, channel_id, message_ts, content
        from monitoring.anomaly_notice
        where metric_date = %s::date
        """,
        (partition,),
    )
    return {
        Subject(metric, day, rule): Notice(Posted(channel_id, timestamp), content)
        for metric, day, rule, channel_id, timestamp, content in cursor.fetchall()
    }


def _remember(cursor: SnowflakeCursor, subject: Subject, notice: Notice) -> None:
    about = (subject.metric_name, subject.metric_date.isoformat(), subject.rule)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    with transaction(cursor):
        cursor.execute(
            """
            delete from monitoring.anomaly_notice
            where metric_name = %s and metric_date = %s::date and rule = %s
            """,
            about,
        )
        cursor.execute(
            """
            insert into monitoring.anomaly_notice
                (metric_name, metric_date, rule, channel_id, message_ts, content, told_at)
            select %s, %s::date, %s, %s, %s, %s, %s::timestamp_ntz(6)
            """,
            (*about, notice.posted.channel_id, notice.posted.timestamp, notice.content, now),
        )
