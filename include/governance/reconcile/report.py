"""What a comparison found, as sections of plain cells; how they look is the renderers' matter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from include.governance.reconcile.causes import BY_NAME, CAUSES
from include.governance.reconcile.compare import Findings

DAYS_SHOWN = 62
ROWS = "(row)"
NO_DAY = "no day"
ADVICE = "What the causes mean"


@dataclass(frozen=True)
class Section:
    """A table with a heading. Cells are text; ``numbers`` are the columns that stand to the right."""

    title: str
    note: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[int] = frozenset()


def headline(findings: Findings) -> str:
    """The one sentence: do they agree?"""
    plan, span = findings.plan, findings.span
    legacy = (
        plan.legacy.file.name if plan.legacy.file else f"query on {plan.legacy.connection or 'the warehouse'}"
    )
    mart = plan.mart if not plan.mart.startswith("(") else "the mart's query"
    days = f"{span.first} to {span.last}"
    if not findings.open:
        verdict = f"{legacy} and {mart} agree over {days}: {findings.both:,} keys"
        return verdict + (f", {findings.ignored:,} differences explained" if findings.ignored else "")
    what = "difference" if findings.open == 1 else "differences"
    return (
        f"{legacy} and {mart} differ over {days}: {findings.open:,} {what} open, "
        f"{findings.ignored:,} explained, {findings.both:,} keys compared"
    )


def sections(findings: Findings) -> list[Section]:
    """The report from the whole to the single rows. Sections that would be empty are left out."""
    found = [_keys(findings), _columns(findings), _causes(findings), _ignored(findings)]
    found += [_by_day(findings), _samples(findings), _advice(findings)]
    return [section for section in found if section.rows]


def _keys(findings: Findings) -> Section:
    cells = (findings.extract_rows, findings.legacy_keys, findings.mart_keys, findings.both)
    return Section(
        "Rows",
        f"Keys of {findings.span.first} to {findings.span.last}. "
        f"The extract ends on {findings.span.extract_ends}.",
        ("rows in the extract", "keys in the extract", "keys in the mart", "compared"),
        [[f"{cell:,}" for cell in cells]],
        frozenset(range(4)),
    )


def _columns(findings: Findings) -> Section:
    rows = []
    for column in findings.columns:
        differ = column.compared - column.equal - column.within_tolerance
        share = f"{1 - differ / column.compared:.2%}" if column.compared else "-"
        rows.append([
            column.pair.legacy, column.pair.mart, f"{column.compared:,}", f"{column.equal:,}",
            f"{column.within_tolerance:,}", f"{differ:,}", share,
        ])  # fmt: skip
    return Section(
        "Values",
        "Of the keys that both sides have once.",
        ("extract", "mart", "compared", "equal", "within tolerance", "differ", "agree"),
        rows,
        frozenset(range(2, 7)),
    )


def _causes(findings: Findings) -> Section:
    factors = {column.pair.legacy: column.factor for column in findings.columns if column.factor}
    rows = []
    for count in findings.counts:
        if count.ignored_by is not None:
            continue
        factor = f" (x {factors[count.column]:g})" if count.cause == "factor" else ""
        rows.append([
            count.column or ROWS, BY_NAME[count.cause].title + factor, f"{count.rows:,}",
            _day(count.first_day), _day(count.last_day),
        ])  # fmt: skip
    return Section(
        "Open differences by cause",
        "What no rule of the file explains.",
        ("column", "cause", "rows", "first day", "last day"),
        rows,
        frozenset({2}),
    )


def _ignored(findings: Findings) -> Section:
    rows = [
        [count.column or ROWS, BY_NAME[count.cause].title, f"{count.rows:,}",
         findings.plan.ignored[count.ignored_by].reason]
        for count in findings.counts
        if count.ignored_by is not None
    ]  # fmt: skip
    return Section(
        "Explained differences",
        "Counted, and not held against the mart: rules under `ignore`.",
        ("column", "cause", "rows", "reason"),
        rows,
        frozenset({2}),
    )


def _by_day(findings: Findings) -> Section:
    per_day: dict[date | None, dict[str, int]] = defaultdict(dict)
    for day, cause, rows in findings.days:
        per_day[day][cause] = rows
    causes = [cause for cause in CAUSES if any(cause.name in counts for counts in per_day.values())]
    days = list(per_day)[-DAYS_SHOWN:]
    left_out = len(per_day) - len(days)
    return Section(
        "Open differences by day",
        f"The last {DAYS_SHOWN} days with any; {left_out} before them." if left_out else "",
        ("day", *(cause.title for cause in causes)),
        [
            [
                _day(day),
                *(f"{per_day[day][cause.name]:,}" if cause.name in per_day[day] else "" for cause in causes),
            ]
            for day in days
        ],
        frozenset(range(1, len(causes) + 1)),
    )


def _samples(findings: Findings) -> Section:
    return Section(
        "Samples",
        "A few of each column and cause. Legacy texts that look like an e-mail address, a telephone or an "
        "identity number are shown as ***; columns that are not compared were not read.",
        ("column", "cause", "day", *(pair.legacy for pair in findings.plan.keys), "extract", "mart"),
        [
            [
                sample.column or ROWS, BY_NAME[sample.cause].title, _day(sample.day),
                *(_cell(part) for part in sample.key), _cell(sample.legacy), _cell(sample.mart),
            ]
            for sample in findings.samples
        ],
    )  # fmt: skip


def _advice(findings: Findings) -> Section:
    met = {count.cause for count in findings.counts if count.ignored_by is None}
    return Section(
        ADVICE,
        "",
        ("cause", "decided by", "what to do"),
        [[cause.title, cause.decided, cause.advice] for cause in CAUSES if cause.name in met],
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else NO_DAY


def _cell(text: str | None) -> str:
    return "" if text is None else text
