"""The words of an anomaly: what was expected, what came, and whether to worry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from include.contracts import Clause, Metric
from include.paging import links
from include.paging.blocks import escape, header, plain, section, small_print
from include.paging.slack import Message

Rule = Literal["out_of_range", "constant_moved", "missing"]
RUNBOOK = "a-metric-looks-wrong"


@dataclass(frozen=True)
class Anomaly:
    """One row of ``monitoring.anomaly_detection``. A missing figure has no ``actual`` and no ``z_score``."""

    metric_date: date
    metric_name: str
    rule: Rule
    actual: Decimal | None
    expected_low: Decimal
    expected_high: Decimal
    expected: Decimal
    z_score: Decimal | None
    owner: str
    channel: str


def anomaly_message(anomaly: Anomaly, metric: Metric, clause: Clause, run_url: str) -> Message:
    """What the metric's owner is told."""
    headline = f"{metric.name} looks wrong: {anomaly.metric_date}"
    finding = _finding(anomaly)
    blocks = (
        header(f":mag: {headline}"),
        section("What is wrong", finding),
        section("What is counted", escape(metric.description)),
        section(
            "What it means",
            "Gold is published and passed its tests, so the figure may be true: the world may have changed. "
            "Or the data has, or part of it did not reach us.",
        ),
        section(
            "Do first",
            "1. Do other metrics of the day look wrong too? Then suspect the source that they share.\n"
            "2. It alone? See whether the volume of its source fell that day. "
            f"The query is here: {links.runbook(RUNBOOK)}.\n"
            "3. Say in this thread what it was: the next reader will ask.",
        ),
        small_print(
            f"Owner: {escape(anomaly.owner)}",
            f"Clause {clause.id} {escape(clause.title)}, version {clause.version}",
            f"Data: partition {anomaly.metric_date}",
            f"<{run_url}|Run>",
            links.runbook(RUNBOOK),
        ),
    )
    return Message(text=f"{headline}. {plain(finding)} Owner: {anomaly.owner}.", blocks=blocks)


def withdrawn_message(metric_name: str, day: date, run_url: str) -> Message:
    """What the owner's message says once the data was mended and the figure no longer stands out."""
    headline = f"{metric_name} is as expected after all: {day}"
    finding = "The figure was computed again and no longer stands out. Nothing to do."
    blocks = (
        header(f":white_check_mark: {headline}"),
        section("Corrected", finding),
        small_print(f"<{run_url}|Run that found so>"),
    )
    return Message(text=f"{headline}. {finding}", blocks=blocks)


def _finding(anomaly: Anomaly) -> str:
    expected = _number(anomaly.expected)
    if anomaly.actual is None:
        return (
            f"There is *no figure* for {anomaly.metric_date}, and every one of the days before had one: "
            f"*{expected}* on average."
        )
    actual = f"*{_number(anomaly.actual)}* on {anomaly.metric_date}"
    if anomaly.rule == "constant_moved" or anomaly.z_score is None:
        return f"{actual}; it had been *{expected}* on every one of the days before."
    side = "below" if anomaly.actual < anomaly.expected else "above"
    low, high = _number(max(anomaly.expected_low, Decimal(0))), _number(anomaly.expected_high)
    return (
        f"{actual}; expected *{low} to {high}*. That is {_percent(anomaly)} {side} the mean of the days "
        f"before ({expected}), {abs(anomaly.z_score):.1f} standard deviations away."
    )


def _percent(anomaly: Anomaly) -> str:
    if anomaly.actual is None or not anomaly.expected:
        return "far"
    return f"{abs(anomaly.actual - anomaly.expected) / abs(anomaly.expected):.0%}"


def _number(value: Decimal) -> str:
    """``1,234`` for what is whole, ``1,234.5`` for what is not."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.1f}"
