"""The statement that writes every difference down with its cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from include.governance.reconcile.causes import (
    DAY_SHIFT,
    DEFINITION,
    DUPLICATE_LEGACY,
    DUPLICATE_MART,
    FACTOR,
    LATE,
    NULL_OR_ZERO,
    ONLY_LEGACY,
    ONLY_MART,
    SHIFT_ROWS,
    SHIFT_SHARE,
    TEXT_FORM,
    UNREADABLE,
)
from include.governance.reconcile.factors import Factor
from include.governance.reconcile.plan import Ignored, Pair, Plan
from include.governance.reconcile.statements import Span, compared, fits, readable
from include.governance.reconcile.tables import DIFFERENCE, MOVED, PAIRED, UNLIKE
from include.governance.reconcile.values import HIDDEN, agree, empty, folded, literal, shown

WHOLE_ROW = -1
"""The number of a column where a difference speaks of a whole row."""


def differences(plan: Plan, span: Span, factors: Mapping[int, Factor]) -> str:
    """A row per difference: column, cause, day, keys, both values as text, and the rule that ignores it."""
    values = compared(plan)
    entries = [_rows(plan), *(_renamed(plan) if plan.keys else [])]
    entries += [_values(plan, span, number, factors.get(number)) for number in range(len(values))]
    earlier, later = (_shares(f"{name}_fits") for name in ("earlier", "later"))
    return f"""create or replace temporary table {DIFFERENCE} as
with entries as ({" union all ".join(entries)}),
judged as (
    select entries.*, case
        when cause <> '{DEFINITION.name}' then cause
        when (earlier_fits and {earlier}) or (later_fits and {later}) then '{DAY_SHIFT.name}'
        else cause
    end as final_cause
    from entries
)
select column_number, final_cause as cause, day, {_keys(plan)}series, legacy_text, mart_text,
    {_ignoring(plan)} as ignored_by
from judged"""  # noqa: S608


def _shares(hit: str) -> str:
    """Whether a direction explains most of the unexplained differences of a column, or of a key in it."""
    tests = []
    for of in ("column_number", "column_number, series"):
        every = f"sum(case when cause = '{DEFINITION.name}' then 1 else 0 end) over (partition by {of})"
        hits = (
            f"sum(case when cause = '{DEFINITION.name}' and {hit} then 1 else 0 end) over (partition by {of})"
        )
        tests.append(f"({every} >= {SHIFT_ROWS} and {hits} >= {SHIFT_SHARE} * {every})")
    return f"({' or '.join(tests)})"


def _rows(plan: Plan) -> str:
    """Keys that are not once on each side. A row found one day off is told once, by its legacy row."""
    return f"""select {WHOLE_ROW} as column_number, row_cause as cause, day, {_keys(plan)}series,
    case row_cause
        when '{DUPLICATE_LEGACY.name}' then legacy_n::varchar || ' rows'
        when '{UNREADABLE.name}' then {shown("day_text")}
        when '{DAY_SHIFT.name}' then day::varchar
    end as legacy_text,
    case row_cause
        when '{DUPLICATE_MART.name}' then mart_n::varchar || ' rows'
        when '{DAY_SHIFT.name}' then moved_to::varchar
    end as mart_text,
    false as earlier_fits, false as later_fits
from (
    select paired.series, paired.day, paired.day_text, paired.legacy_n, paired.mart_n,
        by_legacy.mart_day as moved_to{_display(plan)},
        case when by_legacy.series is null then paired.row_cause else '{DAY_SHIFT.name}' end as row_cause
    from {PAIRED} as paired
    left join {MOVED} as by_legacy on paired.row_cause = '{ONLY_LEGACY.name}'
        and by_legacy.series = paired.series and by_legacy.legacy_day = paired.day
    left join {MOVED} as by_mart on paired.row_cause in ('{ONLY_MART.name}', '{LATE.name}')
        and by_mart.series = paired.series and by_mart.mart_day = paired.day
    where paired.row_cause is not null and by_mart.series is null
        and (paired.in_span or by_legacy.series is not null)
) as rows_apart"""  # noqa: S608


def _renamed(plan: Plan) -> Iterator[str]:
    legacy, mart = (
        " || ' / ' || ".join(
            f"coalesce({HIDDEN if pair.masked else f'{side}{i}'}, '')" for i, pair in enumerate(plan.keys)
        )
        for side in ("kl", "km")
    )
    yield f"""select {WHOLE_ROW}, '{TEXT_FORM.name}', day, {_keys(plan)}series, {legacy}, {mart}, false, false
from (select paired.*{_display(plan)} from {PAIRED} as paired where is_renamed and in_span) as spelled"""  # noqa: S608


def _values(plan: Plan, span: Span, number: int, factor: Factor | None) -> str:
    pair = compared(plan)[number]
    left, right = f"unlike.l{number}", f"unlike.m{number}"
    tests = [
        (f"not {readable('unlike', number)}", UNREADABLE),
        (f"unlike.mart_day > '{span.extract_ends}'::date", LATE),
        (f"{empty(pair, left)} and {empty(pair, right)}", NULL_OR_ZERO),
    ]
    if factor:
        tests.append((factor.explains(pair, left, right), FACTOR))
    if pair.kind == "text":
        tests.append((f"{folded(left)} = {folded(right)}", TEXT_FORM))
    if pair.kind == "date":
        tests.append((f"abs(datediff(day, {left}, {right})) = 1", DAY_SHIFT))
    cause = " ".join(f"when {test} then '{cause.name}'" for test, cause in tests)
    hits = [
        f"coalesce({left} is not null and {agree(pair, left, f'unlike.{side}{number}')}, false)"
        if plan.day_is_key
        else "false"
        for side in ("earlier", "later")
    ]
    legacy_text = _text_of(pair, f"unlike.r{number}", f"unlike.l{number}")
    mart_text = HIDDEN if pair.masked else f"{right}::varchar"
    return f"""select {number}, case {cause} else '{DEFINITION.name}' end, day, {_keys(plan)}series,
    {legacy_text}, {mart_text}, {hits[0]}, {hits[1]}
from (select paired.*{_display(plan)} from {UNLIKE} as paired) as unlike
where not {fits("unlike", pair, number)}"""  # noqa: S608


def _text_of(pair: Pair, text: str, value: str) -> str:
    """A legacy text for a report. What was read as a number, a day or a truth value is nobody's name."""
    if pair.masked:
        return f"case when {text} is not null then {HIDDEN} end"
    if pair.kind == "text":
        return shown(text)
    return f"case when {value} is null then {shown(text)} else {text} end"


def _display(plan: Plan) -> str:
    """Keys as a report may show them: the mart's, free of personal data, else the legacy one guarded."""
    guarded = [
        HIDDEN
        if pair.masked
        else f"case when paired.in_mart then paired.km{i} else {shown(f'paired.kl{i}')} end"
        for i, pair in enumerate(plan.keys)
    ]
    return "".join(f", {text} as k{i}" for i, text in enumerate(guarded))


def _keys(plan: Plan) -> str:
    return "".join(f"k{i}, " for i in range(len(plan.keys)))


def _ignoring(plan: Plan) -> str:
    """The number of the first rule that fits a difference, or null."""
    if not plan.ignored:
        return "null::int"
    rules = " ".join(f"when {_fitting(plan, rule)} then {number}" for number, rule in enumerate(plan.ignored))
    return f"(case {rules} end)::int"


def _fitting(plan: Plan, rule: Ignored) -> str:
    names = [pair.legacy for pair in compared(plan)]
    keys = [pair.legacy for pair in plan.keys]
    tests = []
    if rule.columns:
        numbers = [names.index(name) if name in names else WHOLE_ROW for name in rule.columns]
        tests.append(f"column_number in ({', '.join(map(str, numbers))})")
    if rule.causes:
        tests.append(f"final_cause in ({', '.join(map(literal, rule.causes))})")
    if rule.days:
        days = ", ".join(f"'{day}'::date" for day in rule.days)
        tests.append(f"day in ({days})")
    for key, allowed in rule.where.items():
        tests.append(f"k{keys.index(key)} in ({', '.join(map(literal, allowed))})")
    return f"({' and '.join(tests)})"
