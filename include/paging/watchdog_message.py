"""The words of the watchdog: what nobody else would have told. Nothing in them changes from check to check
while nothing else does, because a page is corrected when its words change.
"""

from __future__ import annotations

from include.contracts import MetricContract
from include.paging import links
from include.paging.blocks import escape, header, moment, plain, section, small_print
from include.paging.deadlines import gold_tables
from include.paging.incidents import Subject
from include.paging.overlooked import Overlooked, Reason
from include.paging.slack import Message
from include.paging.slots import SlotTrouble

NEVER_STARTED = "a-run-never-started"
SLOT_GROWS = "replication-slot-grows"
SLOT_LOST = "replication-slot-lost"

_STATE: dict[Reason, str] = {
    "never_started": "There is *no run* of it: the scheduler has created none, and nothing else will say so.",
    "failed": "A run that somebody started by hand has *failed*, and none has been started since.",
    "paused": "Its DAG is *paused*: no run will be created.",
    "broken": "Its DAG file *does not import*: no run will be created.",
    "missing": "Airflow *does not know* its DAG: no run will be created.",
}
_DO: dict[Reason, tuple[str, str]] = {
    "never_started": (
        "See whether the scheduler is up: Home > component health, then its log.",
        "Trigger the DAG with the partition key. A missed night is not made up for by itself.",
    ),
    "failed": (
        "Open the DAG's runs of the partition and read the end of the failed task's log.",
        "Clear the failed tasks, or trigger the DAG with the partition key.",
    ),
    "paused": (
        "Find out who paused it, and why: Browse > Audit Log.",
        "Unpause it, and trigger it with the partition key where no run appears.",
    ),
    "broken": (
        "Open *Dag Import Errors* on Airflow's home page: it names file and line.",
        "Undo or mend the last deployment; then trigger the DAG where no run appears.",
    ),
    "missing": (
        "See whether the deployment holds its file and contract, and whether the DAG processor is up.",
        "Deploy again; then trigger the DAG with the partition key.",
    ),
}


def overlooked_message(found: Overlooked, metrics: MetricContract) -> Message:
    """A partition that has no run to speak for it."""
    subject = found.contract.name if found.contract else "Gold"
    can_run = found.reason in ("never_started", "failed")
    headline = f"{subject} {'has not started' if can_run else 'cannot start'}: {found.partition}"
    if found.reason == "failed":
        headline = f"{subject} has failed: {found.partition}"
    wrong = (
        f"`{escape(found.dag_id)}`, partition *{found.partition}*, is due at "
        f"*{moment(found.due, metrics.timezone)}*. {_STATE[found.reason]}"
    )
    tables = ", ".join(f"`gold.{escape(table)}`" for table in gold_tables(metrics).split(", "))
    if found.contract:
        means = f"{escape(subject)} is a *blocking* source: gold is not built until it has arrived."
        owner, channel = found.contract.owner, found.contract.channel
    else:
        means = "Every blocking source has arrived; readers keep the previous gold until this is built."
        owner, channel = metrics.owner, metrics.channel
    first, second = _DO[found.reason]
    blocks = (
        header(f":rotating_light: {headline}"),
        section("What is wrong", wrong),
        section("What it means", f"{means}\nStale until then: {tables}."),
        section(
            "Do first",
            f"1. {first}\n2. {second} <{links.dag_url(found.dag_id)}|Open the DAG>.\n"
            f"3. For the rest: {links.runbook(NEVER_STARTED)}.",
        ),
        _small_print(owner, channel, NEVER_STARTED),
    )
    return Message(text=f"{headline}. {plain(wrong)} Owner: {owner}.", blocks=blocks)


def slot_message(found: SlotTrouble) -> Message:
    """A replication slot that needs somebody."""
    health, contract = found.health, found.contract
    name = f"`{escape(health.slot)}` of `{escape(contract.name)}`"
    if found.trouble == "grows":
        runbook = SLOT_GROWS
        headline = f"{contract.name}: the replication slot holds back too much log"
        limit = f"*{_size(health.budget)}*, its budget"
        wrong = f"Slot {name} holds back more than half of {limit}, of the source's write-ahead log (WAL)."
        means = (
            "At the budget the server gives up the slot: changes would be *lost*, and every table would have "
            "to be read again."
            if health.limit is not None
            else "The server sets *no limit* (`max_slot_wal_keep_size`): the log grows until the *bank's "
            "disk* is full, which stops core systems."
        )
        first = f"Did the last run of `{escape(contract.dag_id)}` end with `confirm`? Only that lets go."
        second = "If it did not, clear the failed task. The message of its log says what is in the way."
    else:
        runbook = SLOT_LOST
        headline = f"{contract.name}: the replication slot is {found.trouble}"
        what = (
            "is *gone*" if found.trouble == "missing" else "is *lost*: the server has given up what it held"
        )
        wrong = f"Slot {name} {what}. Changes since the last load cannot be read any more."
        means = f"The load of *{found.partition}* will fail until all tables have been read again."
        first = "Do *not* create the slot by hand: what happened in between would be missing without a trace."
        second = (
            f"Trigger `{escape(contract.dag_id)}` for {found.partition} or the day before, with `resnapshot`."
        )
    blocks = (
        header(f":rotating_light: {headline}"),
        section("What is wrong", wrong),
        section("What it means", means),
        section(
            "Do first",
            f"1. {first}\n2. {second} <{links.dag_url(contract.dag_id)}|Open the DAG>.\n"
            f"3. For the rest: {links.runbook(runbook)}.",
        ),
        _small_print(contract.owner, contract.channel, runbook),
    )
    return Message(text=f"{headline}. {plain(wrong)} Owner: {contract.owner}.", blocks=blocks)


def over_message(subject: Subject) -> Message:
    """What a page says once a check no longer sees what it was about."""
    headline = f"{subject.what} is in order again: {subject.partition}"
    finding = "What this page was about is over. Nothing to do."
    blocks = (header(f":white_check_mark: {headline}"), section("Over", finding))
    return Message(text=f"{headline}. {finding}", blocks=blocks)


def _small_print(owner: str, channel: str, runbook: str) -> dict[str, object]:
    return small_print(
        f"Owner: {escape(owner)} ({escape(channel)})",
        "Told by the watchdog",
        links.runbook(runbook),
        "One page per partition; it is corrected when it is over",
    )


def _size(count: int) -> str:
    """`1.5 GB`, in units of 1,000."""
    for unit, size in (("GB", 10**9), ("MB", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count / 1000:.0f} kB"
