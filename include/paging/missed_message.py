"""The words of a missed deadline: what is wrong, what it means, what to do first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from include.paging import links
from include.paging.blocks import Block, clock, duration, escape, header, moment, plain, section, small_print
from include.paging.progress import Publication, TaskProgress
from include.paging.promise import Promise
from include.paging.slack import Message

TASKS_SHOWN = 5


@dataclass(frozen=True)
class MissedDeadline:
    """Everything known about a miss at the moment of the page. Times are aware."""

    promise: Promise
    dag_id: str
    run_id: str
    partition_key: str | None
    due: datetime
    now: datetime
    run_state: str
    gold_is_out: bool
    """The run published gold; what failed came after."""
    tasks: tuple[TaskProgress, ...]
    published: Publication | None


def missed_message(miss: MissedDeadline) -> Message:
    """The page that someone reads at 3 a.m."""
    headline = _headline(miss)
    wrong = _what_is_wrong(miss)
    blocks = (
        header(f":rotating_light: {headline}"),
        section("What is wrong", wrong),
        section("Held up by", _held_up_by(miss)),
        section("What it means", _what_it_means(miss)),
        section("Do first", _do_first(miss)),
        _small_print(miss),
    )
    return Message(text=f"{headline}. {plain(wrong)} Owner: {miss.promise.owner}.", blocks=blocks)


def _headline(miss: MissedDeadline) -> str:
    if miss.gold_is_out:
        return f"Gold is published but not judged: {miss.partition_key}"
    subject = "Gold" if miss.promise.is_gold else miss.promise.subject
    verb = "has failed" if miss.run_state == "failed" else "is late"
    return f"{subject} {verb}: {miss.partition_key or 'a run without partition'}"


def _what_is_wrong(miss: MissedDeadline) -> str:
    partition = (
        f"partition *{escape(miss.partition_key)}*" if miss.partition_key else "a run without partition"
    )
    passed = miss.now - miss.due
    late = "a moment ago" if passed < timedelta(minutes=1) else f"*{duration(passed)}* ago"
    state = {
        "failed": "The run has *failed*: it will not finish by itself.",
        "queued": "The run has *not started*: it is queued.",
    }.get(miss.run_state, f"The run is *{escape(miss.run_state)}*.")
    due = moment(miss.due, miss.promise.timezone)
    return f"`{escape(miss.dag_id)}`, {partition}, was due at *{due}*, {late}. {state}"


def _held_up_by(miss: MissedDeadline) -> str:
    if not miss.tasks:
        return "Airflow names no task: open the run."
    lines = [_task_line(miss, task) for task in miss.tasks[:TASKS_SHOWN]]
    more = len(miss.tasks) - TASKS_SHOWN
    return "\n".join([*lines, f"• and {more} more"] if more > 0 else lines)


def _task_line(miss: MissedDeadline, task: TaskProgress) -> str:
    details = [f"*{task.state.replace('_', ' ')}*"]
    if task.since:
        since = clock(task.since, miss.promise.timezone)
        details.append(f"since {since} ({duration(miss.now - task.since)})")
    if task.try_number and task.max_tries:
        details.append(f"try {task.try_number} of {task.max_tries}")
    return f"• {_log_link(miss, task)}: {', '.join(details)}"


def _what_it_means(miss: MissedDeadline) -> str:
    if miss.gold_is_out:
        return (
            "Readers see the new gold, tested and complete. But its figures were not judged, or their owners "
            "were not told: an odd one may go unnoticed. This can wait for the morning."
        )
    subject = escape(miss.promise.subject)
    reason = {
        "blocking": f"{subject} is a *blocking* source: gold is not built until it has arrived.",
        "degradable": f"{subject} is *degradable*: gold is built without it, and says so.",
        "gold": "Readers keep the previous gold until this run publishes; nothing half-built is shown.",
    }[miss.promise.criticality]
    if miss.promise.criticality == "degradable":
        return reason
    tables = ", ".join(f"`gold.{escape(table)}`" for table in miss.promise.gold_tables.split(", "))
    return f"{reason}\nStale until then: {tables}.\n{_last_published(miss)}"


def _last_published(miss: MissedDeadline) -> str:
    if not miss.published:
        return "When gold was last published is not known here: see the runs of `medallion`."
    at = moment(miss.published.at, miss.promise.timezone)
    return f"Last published: partition *{escape(miss.published.partition_key)}*, at {at}."


def _do_first(miss: MissedDeadline) -> str:
    rest = f"For the rest: {_runbook(miss)}."
    if not miss.tasks:
        return (
            f"1. Open the <{links.run_url(miss.dag_id, miss.run_id)}|run>.\n"
            "2. See whether another run of the DAG still goes on (there is one at a time), whether the "
            "scheduler and the workers live, and whether the DAG is paused.\n"
            f"3. {rest}"
        )
    first, second = _steps(miss, miss.tasks[0])
    return f"1. {first}\n2. {second}\n3. {rest}"


def _steps(miss: MissedDeadline, task: TaskProgress) -> tuple[str, str]:
    """The first two things to do about the most telling task."""
    log = _log_link(miss, task)
    tell = f"tell {escape(miss.promise.owner)} in {escape(miss.promise.owner_channel)}"
    again = "what was loaded is not loaded twice"
    match task.state:
        case "failed":
            return (
                f"Read the end of the log of {log}: it says what was wrong and what to do next.",
                f"Then clear the failed tasks on the run's page: {again}. If the cause is not ours, {tell}.",
            )
        case "up_for_retry":
            return (
                f"Read the end of the log of {log}: it failed, and tries again by itself.",
                f"If the next try cannot succeed either, {tell}.",
            )
        case "queued" | "scheduled":
            return (
                f"{log} waits for a slot or a worker: look at Admin > Pools and at the workers.",
                "Free a slot or start a worker; the task then starts by itself.",
            )
        case _:
            return (
                f"Open the log of {log} and see whether it still moves.",
                f"If it waits for somebody else, {tell}. If it hangs, clear it: {again}.",
            )


def _small_print(miss: MissedDeadline) -> Block:
    promise = miss.promise
    return small_print(
        f"Owner: {escape(promise.owner)} ({escape(promise.owner_channel)})",
        f"Criticality: {promise.criticality}",
        f"<{links.run_url(miss.dag_id, miss.run_id)}|Run>",
        *([_log_link(miss, miss.tasks[0], "Log")] if miss.tasks else []),
        _runbook(miss),
        "One page per missed deadline",
    )


def _runbook(miss: MissedDeadline) -> str:
    return links.runbook("gold-is-late" if miss.promise.is_gold else "a-source-is-late")


def _log_link(miss: MissedDeadline, task: TaskProgress, label: str | None = None) -> str:
    name = task.task_id if task.map_index < 0 else f"{task.task_id} [{task.map_index}]"
    url = links.log_url(miss.dag_id, miss.run_id, task.task_id, task.map_index, task.try_number)
    return f"<{url}|{label or escape(name)}>"
