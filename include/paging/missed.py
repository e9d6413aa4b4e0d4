"""The callback of a missed deadline, run by the triggerer.

What Airflow does and does not do around it: the scheduler queues the callback once, in the transaction that
marks the deadline missed. A triggerer that dies while the callback runs hands it to another one, which starts
it again. A callback that raises is marked failed and not tried again, so patience with Slack is in ``slack``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from include.paging import slack
from include.paging.missed_message import MissedDeadline, missed_message
from include.paging.progress import has_published, last_publication, run_state, tasks_holding_up
from include.paging.promise import Promise

log = logging.getLogger(__name__)


async def page_missed_deadline(*, context: Mapping[str, Any], **promise: Any) -> None:
    """Page the on-call channel, unless the run has delivered in the meantime.

    :param context: Airflow's: ``dag_run`` (the REST API's fields), ``deadline`` (``id``, ``deadline_time``).
    :param promise: the fields of ``Promise``.
    :raises SlackError: the page could not be delivered.
    """
    # Slack's and Airflow's clients block; the triggerer's event loop belongs to every other trigger too.
    await asyncio.to_thread(_page, Promise(**promise), context)


def _page(promise: Promise, context: Mapping[str, Any]) -> None:
    run, deadline = context["dag_run"], context["deadline"]
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    state = run_state(dag_id, run_id, otherwise=run["state"])
    gold_is_out = promise.is_gold and has_published(dag_id, run_id)
    if state == "success" or (gold_is_out and state != "failed"):
        log.info("no page: %s %s has delivered", dag_id, run_id)
        return
    miss = MissedDeadline(
        promise=promise,
        dag_id=dag_id,
        run_id=run_id,
        partition_key=run["partition_key"],
        due=_moment(deadline["deadline_time"]),
        now=datetime.now(UTC),
        run_state=state,
        gold_is_out=gold_is_out,
        tasks=tasks_holding_up(dag_id, run_id),
        published=last_publication(),
    )
    slack.post(promise.on_call_channel, missed_message(miss), once=UUID(deadline["id"]))
    log.info("paged %s: %s %s missed %s", promise.on_call_channel, dag_id, run_id, miss.due.isoformat())


def _moment(value: datetime | str) -> datetime:
    """Airflow hands the time over as it was stored: as text, or already as a datetime."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
