"""Tells a source's owner what its days show, each thing once: `raw_control.contract_notice` remembers."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.paging import links, slack
from include.paging.contract_message import Finding, breach_message, mended_message, notice_message
from include.paging.slack import Message, Posted, SlackError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """Whose findings these are: a source's run for a partition."""

    contract: SourceContract
    partition: str
    run_id: str

    @property
    def url(self) -> str:
        return links.run_url(self.contract.dag_id, self.run_id)

    @property
    def subject(self) -> str:
        """What the one message about a broken contract is about."""
        return f"run/{self.run_id}"


def tell_breach(cursor: SnowflakeCursor, run: Run, findings: Sequence[str]) -> None:
    """One message per run: repeated with other findings, it changes the message.

    :raises SlackError: the owner does not know. Nothing is remembered, so it is safe to try again.
    """
    message = breach_message(run.contract, run.partition, findings, run.url)
    _tell(cursor, run.contract, run.subject, message)


def tell_mended(cursor: SnowflakeCursor, run: Run) -> None:
    """If the owner was told that this run's day is broken, say in the same message that it no longer is."""
    if _told(cursor, run.contract, run.subject) is not None:
        _tell(cursor, run.contract, run.subject, mended_message(run.contract, run.partition, run.url))


def tell_oddities(cursor: SnowflakeCursor, run: Run, findings: Sequence[Finding]) -> int:
    """A message for each finding that was never told; gives how many were sent.

    What Slack does not take is said by the next run that sees it: it holds up no data.
    """
    sent = 0
    for finding in findings:
        if _told(cursor, run.contract, finding.subject) is not None:
            continue
        message = notice_message(run.contract, run.partition, finding, run.url)
        try:
            _tell(cursor, run.contract, finding.subject, message)
            sent += 1
        except SlackError as refusal:
            log.warning("%s: not told that %s %s", run.contract.name, finding.what, refusal)
    return sent


@dataclass(frozen=True)
class _Told:
    posted: Posted
    content: str


def _tell(cursor: SnowflakeCursor, contract: SourceContract, subject: str, message: Message) -> None:
    content = hashlib.sha256(json.dumps(asdict(message), sort_keys=True).encode()).hexdigest()
    before = _told(cursor, contract, subject)
    if before is None:
        once = uuid5(NAMESPACE_URL, f"contract/{contract.name}/{subject}")
        posted = slack.post(contract.channel, message, once=once)
    elif before.content != content:
        posted = before.posted
        slack.amend(posted, message)
    else:
        return
    log.info("told %s: %s", contract.channel, message.text)
    _remember(cursor, contract, subject, _Told(posted, content))


def _told(cursor: SnowflakeCursor, contract: SourceContract, subject: str) -> _Told | None:
    cursor.execute(
        "select channel_id, message_ts, content from raw_control.contract_notice "
        "where source = %s and subject = %s",
        (contract.name, subject),
    )
    for channel_id, timestamp, content in cursor.fetchall():
        return _Told(Posted(channel_id, timestamp), content)
    return None


def _remember(cursor: SnowflakeCursor, contract: SourceContract, subject: str, told: _Told) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    where = (contract.name, subject)
    cursor.execute(
        "update raw_control.contract_notice set content = %s, told_at = %s::timestamp_ntz(6) "
        "where source = %s and subject = %s",
        (told.content, now, *where),
    )
    if not cursor.rowcount:
        cursor.execute(
            "insert into raw_control.contract_notice (source, subject, channel_id, message_ts, content, "
            "told_at) select %s, %s, %s, %s, %s, %s::timestamp_ntz(6)",
            (*where, told.posted.channel_id, told.posted.timestamp, told.content, now),
        )
