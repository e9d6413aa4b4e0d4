"""What `make run` ends with: what happened, beside what should have."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from include.contracts import load_metric_contract, load_sources
from include.sandbox.bank.truth import truth
from include.sandbox.bank.world import World
from include.sandbox.scores import scores
from include.warehouse.session import Warehouse

# Active at the end of a day: at the last microsecond before the next midnight in the contract's timezone.
ACTIVE_AT_DAY_END = """
select count(*) from gold.dim_customer
where is_active
    and valid_from < convert_timezone(%(zone)s, 'UTC', dateadd(day, 1, %(day)s::timestamp_ntz))
    and (
        valid_to is null
        or valid_to >= convert_timezone(%(zone)s, 'UTC', dateadd(day, 1, %(day)s::timestamp_ntz))
    )
"""
EVIDENCE = """
select stage, detail from governance.run_evidence
where partition_key = %(day)s and passed
qualify row_number() over (partition by stage order by recorded_at desc nulls last) = 1
"""
ANOMALIES = """
select metric_name, rule, expected_low, expected_high, actual
from monitoring.anomaly_detection where metric_date = %(day)s order by metric_name, rule
"""


@dataclass
class Summary:
    """Lines to print, and what was not as it should be."""

    lines: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def add(self, title: str, text: str, *, fault: str = "") -> None:
        """One line; ``fault`` says what is wrong with it, if anything."""
        self.lines.append(f"{'' if not fault else '✗ '}{title:<27} {text}")
        if fault:
            self.wrong.append(fault)

    def expect(self, title: str, found: object, expected: object) -> None:
        """A line that is wrong unless both are equal."""
        fault = "" if found == expected else f"{title}: found {found}, expected {expected}"
        self.add(title, f"{found}" if not fault else f"{found} (expected {expected})", fault=fault)


def summarise(
    days: Sequence[date],
    world: World,
    messages: Sequence[Mapping[str, Any]],
    held_source: str,
) -> Summary:
    """Compare the warehouse and Slack with the bank's truth.

    Args:
        days: the days that were lived; the last one has the drop and the late source.
        world: the bank at the end of the last of them, for its own books.
        messages: what Slack received.
        held_source: the source that missed its deadline on the last day.
    """
    summary = Summary()
    with Warehouse().cursor() as cursor:

        def ask(query: str, **values: object) -> list[Any]:
            cursor.execute(query, values)
            return list(cursor.fetchall())

        for source in load_sources().values():
            rows = {
                table.name: ask(f"select count(*) from {source.schema}.{table.name}")[0][0]  # noqa: S608
                for table in source.tables
            }
            empty = [name for name, count in rows.items() if not count]
            summary.add(
                f"bronze {source.name}",
                "  ".join(f"{name} {count:,}" for name, count in rows.items()),
                fault=f"no rows in {source.schema}.{', '.join(empty)}" if empty else "",
            )
        _stages(summary, ask(EVIDENCE, day=days[-1].isoformat()))
        zone = load_metric_contract().timezone
        facts = truth(world)
        for day in days:
            found = ask(ACTIVE_AT_DAY_END, day=day.isoformat(), zone=zone)[0][0]
            summary.expect(f"active on {day}", found, facts[day.isoformat()]["active"])
        for score in scores(world, ask):
            summary.add(score.title, score.text, fault=score.fault)
        _anomalies(summary, ask(ANOMALIES, day=days[-1].isoformat()))
    _pages(summary, messages, held_source, days[-1])
    return summary


def _stages(summary: Summary, evidence: Sequence[tuple[str, str]]) -> None:
    details = {stage: json.loads(detail) for stage, detail in evidence}
    for stage in ("silver", "gold"):
        models = _passed(details, stage, "model")
        tests = _passed(details, f"test_{stage}", "test")
        checks = details.get(f"check_{stage}", {}).get("expectations", 0)
        summary.add(
            stage,
            f"{models} models built, {tests} tests passed, {checks} expectations held",
            fault=""
            if models and tests and checks
            else f"no evidence that all of {stage} was built and checked",
        )
    published = details.get("publish", {}).get("tables", {})
    summary.add(
        "published",
        ", ".join(f"{name} {rows:,}" for name, rows in published.items()),
        fault="" if published else "nothing was published",
    )


def _passed(details: Mapping[str, Any], stage: str, kind: str) -> int:
    """Nodes of a kind in a stage's evidence; only stages in which every one passed are asked for."""
    counts: Mapping[str, int] = details.get(stage, {}).get("counts", {}).get(kind, {})
    return sum(counts.values())


def _anomalies(summary: Summary, rows: Sequence[tuple[str, str, Any, Any, Any]]) -> None:
    for metric, rule, low, high, actual in rows:
        found = "no value" if actual is None else f"{float(actual):,.0f}"
        expected = "" if low is None else f", expected {float(low):,.0f} to {float(high):,.0f}"
        summary.add("anomaly", f"{metric} ({rule}): {found}{expected}")
    if "customer_initiated_events" not in {row[0] for row in rows}:
        summary.add("anomaly", "none", fault="the drop in customer_initiated_events was not noticed")


def first_sentence(message: Mapping[str, Any]) -> str:
    """What a Slack message says first; its fallback text holds the whole of it."""
    return str(message["text"]).split(". ", 1)[0]


def _pages(summary: Summary, messages: Sequence[Mapping[str, Any]], held: str, day: date) -> None:
    on_call = load_metric_contract().channel
    pages = [message for message in messages if message["channel"] == on_call]
    for page in pages:
        summary.add("page", first_sentence(page))
    for_held = [page for page in pages if f"bronze_{held}" in str(page) and day.isoformat() in str(page)]
    if len(pages) != 1 or len(for_held) != 1:
        summary.add(
            "pages",
            str(len(pages)),
            fault=f"expected one page, for bronze_{held} {day}; Slack has {len(pages)} in {on_call}",
        )
    others = [message for message in messages if message not in pages]
    metrics = [metric.name for metric in load_metric_contract().metrics]
    anomalies = [message for message in others if any(name in str(message["text"]) for name in metrics)]
    told = any("customer_initiated_events" in str(message["text"]) for message in anomalies)
    summary.add(
        "anomaly messages",
        str(len(anomalies)),
        fault="" if told else "nobody was told of the drop in customer_initiated_events",
    )
    summary.add("notices to owners", str(len(others) - len(anomalies)))
