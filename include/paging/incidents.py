"""`monitoring.watchdog_page`: what the watchdog told on-call, so that the next check does not repeat it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from snowflake.connector.cursor import SnowflakeCursor

from include.paging import slack
from include.paging.slack import Message, Posted, SlackError
from include.warehouse.session import transaction

TABLE = "monitoring.watchdog_page"

DDL = f"""
create table if not exists {TABLE} (
    watch varchar not null comment 'partitions or slots: the check that saw it',
    what varchar not null comment 'The DAG or slot that is wrong',
    partition_key date not null comment 'The business day that is at risk',
    episode number not null comment 'From 1; more than 1 when it came back after it was over',
    channel_id varchar not null comment 'Slack''s id of the channel',
    message_ts varchar not null comment 'Slack''s id of the page in it',
    content varchar not null comment 'SHA-256 of what the page says',
    paged_at timestamp_ntz(6) not null comment 'When on-call was told, UTC',
    resolved_at timestamp_ntz(6) comment 'When a check no longer saw it, UTC; empty while it lasts'
)
comment = 'The page of each thing that nothing but the watchdog would have told'
"""

log = logging.getLogger(__name__)


@dataclass(frozen=True, order=True)
class Subject:
    """What one page is about."""

    what: str
    partition: date


@dataclass(frozen=True)
class Incident:
    """Something that is wrong now, and how on-call is told."""

    subject: Subject
    page: Message


@dataclass(frozen=True)
class Told:
    """The newest page about a subject."""

    episode: int
    posted: Posted
    content: str
    resolved: bool


def told(cursor: SnowflakeCursor, watch: str) -> dict[Subject, Told]:
    """What a watch has told so far, the newest episode of each."""
    cursor.execute(DDL)
    cursor.execute(
        "select what, partition_key, episode, channel_id, message_ts, content, resolved_at is not null "  # noqa: S608
        f"from {TABLE} where watch = %s order by episode",
        (watch,),
    )
    return {
        Subject(what, partition): Told(int(episode), Posted(channel, ts), content, bool(resolved))
        for what, partition, episode, channel, ts, content, resolved in cursor.fetchall()
    }


def open_subjects(before: dict[Subject, Told]) -> frozenset[Subject]:
    """What was told and is not over."""
    return frozenset(subject for subject, page in before.items() if not page.resolved)


def tell(
    cursor: SnowflakeCursor,
    watch: str,
    found: Iterable[Incident],
    before: dict[Subject, Told],
    *,
    channel: str,
    over: Callable[[Subject], Message],
) -> None:
    """Page what is new, correct the page of what has changed, and write `over` into that of what is over.

    Killed between Slack and the warehouse, it posts again under the same id, which Slack answers with the
    first message.

    Raises:
        SlackError: Slack took some of the messages only. The others were sent; the next check tries again.
    """
    now = {incident.subject: incident for incident in found}
    refusals = []
    for subject in sorted(now.keys() | open_subjects(before)):
        try:
            if subject in now:
                _report(cursor, watch, now[subject], before.get(subject), channel)
            else:
                _close(cursor, watch, subject, before[subject], over(subject))
        except SlackError as refusal:
            refusals.append(f"{subject.what} {subject.partition}: {refusal}")
    if refusals:
        raise SlackError(f"{len(refusals)} pages of the watchdog were not taken. {' '.join(refusals)}")


def _report(
    cursor: SnowflakeCursor, watch: str, incident: Incident, before: Told | None, channel: str
) -> None:
    subject, content = incident.subject, _hash(incident.page)
    if before is None or before.resolved:
        episode = before.episode + 1 if before else 1
        posted = slack.post(channel, incident.page, once=_id(watch, subject, episode))
        _remember(cursor, watch, subject, Told(episode, posted, content, resolved=False))
        log.info("paged %s: %s %s", channel, subject.what, subject.partition)
    elif before.content != content:
        slack.amend(before.posted, incident.page)
        _update(cursor, (watch, subject, before.episode), "content = %s", content)
        log.info("corrected the page about %s %s", subject.what, subject.partition)


def _close(cursor: SnowflakeCursor, watch: str, subject: Subject, before: Told, over: Message) -> None:
    slack.amend(before.posted, over)
    _update(cursor, (watch, subject, before.episode), "resolved_at = %s::timestamp_ntz(6)", _now())
    log.info("over: %s %s", subject.what, subject.partition)


def _remember(cursor: SnowflakeCursor, watch: str, subject: Subject, page: Told) -> None:
    about = (watch, subject.what, subject.partition.isoformat(), page.episode)
    with transaction(cursor):
        cursor.execute(
            f"delete from {TABLE} where watch = %s and what = %s and partition_key = %s::date "  # noqa: S608
            "and episode = %s",
            about,
        )
        cursor.execute(
            f"insert into {TABLE} (watch, what, partition_key, episode, channel_id, message_ts, content, "
            "paged_at, resolved_at) select %s, %s, %s::date, %s, %s, %s, %s, %s::timestamp_ntz(6), null",
            (*about, page.posted.channel_id, page.posted.timestamp, page.content, _now()),
        )


def _update(cursor: SnowflakeCursor, page: tuple[str, Subject, int], change: str, value: str) -> None:
    watch, subject, episode = page
    cursor.execute(
        f"update {TABLE} set {change} "  # noqa: S608
        "where watch = %s and what = %s and partition_key = %s::date and episode = %s",
        (value, watch, subject.what, subject.partition.isoformat(), episode),
    )


def _id(watch: str, subject: Subject, episode: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"watchdog/{watch}/{subject.what}/{subject.partition}/{episode}")


def _hash(message: Message) -> str:
    return hashlib.sha256(json.dumps(asdict(message), sort_keys=True).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
