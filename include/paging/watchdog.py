"""One check of the watchdog: what is measured is kept and sent to monitoring, what is wrong is told once.

Two watches that know nothing of each other, so that a bank's database that does not answer keeps nobody from
hearing of a source that never started.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from airflow.sdk import Connection

from include.contracts import SourceContract, load_metric_contract
from include.extract.cdc.health import SlotHealth, slot_health
from include.extract.errors import SourceError
from include.governance.publication import published_partition
from include.paging import freshness, gauges, incidents, overlooked
from include.paging.dag_states import airflow_dags
from include.paging.incidents import Incident
from include.paging.slots import trouble
from include.paging.watchdog_message import over_message, overlooked_message, slot_message
from include.warehouse.session import Warehouse

PARTITIONS, SLOTS = "partitions", "slots"

log = logging.getLogger(__name__)


def watch_partitions(
    contracts: Sequence[SourceContract], as_of: datetime, now: datetime | None = None
) -> int:
    """Keep the age of every source, and page what nobody else would; gives the number of incidents.

    Args:
        contracts: every source.
        as_of: the moment the check was due. A retry keeps the same row for it.
        now: when it is; the clock's, where not given.

    Raises:
        SlackError: a page was not taken. httpx.HTTPError: Airflow did not say which runs there are.
    """
    metrics = load_metric_contract()
    now = now or datetime.now(UTC)
    with Warehouse().cursor() as cursor:
        loaded = freshness.loaded_partitions(cursor)
        ages = freshness.measure(contracts, loaded, as_of)
        freshness.record(cursor, ages)
        for age in ages:
            gauges.of_source(age)
            log.info("%s is %s: %s in bronze, %s awaited", age.source, age.status, age.latest, age.awaited)
        before = incidents.told(cursor, PARTITIONS)
        still_open = incidents.open_subjects(before)
        with airflow_dags() as dags:
            found = list(overlooked.sources(contracts, loaded, dags, now, still_open))
            gold = overlooked.gold(
                contracts, metrics, loaded, published_partition(cursor), dags=dags, now=now
            )
        found += [gold] if gold else []
        pages = [Incident(one.subject, overlooked_message(one, metrics)) for one in found]
        gauges.of_watch(PARTITIONS, len(pages))
        incidents.tell(cursor, PARTITIONS, pages, before, channel=metrics.channel, over=over_message)
    return len(pages)


def watch_slots(contracts: Sequence[SourceContract]) -> int:
    """Ask every source that is read as changes about its slot, and page what is wrong; gives the number.

    Raises:
        SourceError: a source did not answer. The others were asked, and what was told about it stays open.
        SlackError, httpx.HTTPError: as in `watch_partitions`.
    """
    healths, silent = _ask([contract for contract in contracts if contract.kind == "cdc"])
    for _, health in healths:
        gauges.of_slot(health)
        log.info("slot of %s: %s", health.source, health)
    with Warehouse().cursor() as cursor:
        loaded = freshness.loaded_partitions(cursor)
        with airflow_dags() as dags:
            found = [
                one
                for contract, health in healths
                if (one := trouble(contract, health, loaded.get(contract.name, frozenset()), dags))
            ]
        pages = [Incident(one.subject, slot_message(one)) for one in found]
        gauges.of_watch(SLOTS, len(pages))
        before = {
            subject: page
            for subject, page in incidents.told(cursor, SLOTS).items()
            if not any(subject.what.startswith(f"slot {name} ") for name in silent)
        }
        channel = load_metric_contract().channel
        incidents.tell(cursor, SLOTS, pages, before, channel=channel, over=over_message)
    if silent:
        raise SourceError("\n".join(str(error) for error in silent.values()))
    return len(pages)


def _ask(
    contracts: Sequence[SourceContract],
) -> tuple[list[tuple[SourceContract, SlotHealth]], dict[str, SourceError]]:
    healths, silent = [], {}
    for contract in contracts:
        try:
            health = slot_health(contract, Connection.get(contract.connection_id).get_uri())
        except SourceError as error:
            silent[contract.name] = error
        else:
            healths.append((contract, health))
    return healths, silent
