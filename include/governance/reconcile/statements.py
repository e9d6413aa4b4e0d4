"""The statements that bring both sides together: typed, one row per key, paired.

Short names inside: ``k`` a key's text, ``q`` the same as it is compared, ``l`` ``r`` a legacy value and its
text, ``m`` a mart's value; a number says which column of the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from include.governance.reconcile.causes import (
    DUPLICATE_LEGACY,
    DUPLICATE_MART,
    LATE,
    NULL_OR_ZERO,
    ONLY_LEGACY,
    ONLY_MART,
    UNREADABLE,
)
from include.governance.reconcile.factors import Factor
from include.governance.reconcile.plan import Pair, Plan
from include.governance.reconcile.tables import (
    EXTRACT,
    LEGACY,
    MART,
    MOVED,
    PAIRED,
    RENAMED,
    TEXT_COLUMNS,
    UNLIKE,
)
from include.governance.reconcile.values import (
    agree,
    as_mart,
    bare,
    day,
    empty,
    folded,
    present,
    read,
    signed,
)


@dataclass(frozen=True)
class Span:
    """The days that are compared, and the last one that the extract covers."""

    first: date
    last: date
    extract_ends: date

    def holds(self, column: str) -> str:
        """Whether a day is one of them."""
        return f"coalesce({column} between '{self.first}'::date and '{self.last}'::date, false)"

    def nearly_holds(self, column: str) -> str:
        """The same with a day more at each end, where a shifted row would stand."""
        before, after = self.first - timedelta(days=1), self.last + timedelta(days=1)
        return f"{column} between '{before}'::date and '{after}'::date"


def compared(plan: Plan) -> tuple[Pair, ...]:
    """The columns whose values are held against each other; the day is one where it is no key."""
    return plan.columns if plan.day_is_key else (*plan.columns, plan.day)


def readable(table: str, number: int) -> str:
    """Whether a legacy text was read, or there was none."""
    return f"({table}.l{number} is not null or {table}.r{number} is null)"


def fits(table: str, pair: Pair, number: int) -> str:
    """Whether a row's two values of a column agree."""
    return f"({agree(pair, f'{table}.l{number}', f'{table}.m{number}')} and {readable(table, number)})"


def days_of_extract(plan: Plan) -> str:
    """First and last day of the extract, and how many rows have one."""
    text = present(TEXT_COLUMNS[0], plan.legacy.dialect)
    value = day(text, plan.legacy.dialect)
    return f"""select min(day), max(day), sum(n) from (
    select {value} as day, n from (select c0, count(*) as n from {EXTRACT} group by c0) as texts
) as days
where day is not null"""  # noqa: S608


def legacy(plan: Plan, span: Span) -> str:
    """The extract's rows, typed, one per key."""
    dialect = plan.legacy.dialect
    numbers = [index for index, pair in enumerate(plan.pairs) if pair.kind == "number"]
    texts = [f"t{index}" for index in range(len(plan.pairs))]
    given = ", ".join(
        f"{present(column, dialect)} as {text}" for column, text in zip(TEXT_COLUMNS, texts, strict=False)
    )
    bared = [f"{bare(f't{index}', dialect)} as b{index}" for index in numbers]
    with_sign = [f"{signed(f'b{index}')} as s{index}" for index in numbers]
    values = [
        read(pair, f"s{index}" if pair.kind == "number" else f"t{index}", dialect)
        for index, pair in enumerate(plan.pairs)
    ]
    first_value = 1 + len(plan.keys)
    key_values, column_values = values[1:first_value], values[first_value:]
    read_columns = [f"{values[0]} as day", "t0 as day_text"]
    read_columns += [f"nullif(({value})::varchar, '') as q{i}" for i, value in enumerate(key_values)]
    read_columns += [f"t{i + 1} as k{i}" for i in range(len(plan.keys))]
    read_columns += [f"{value} as l{i}" for i, value in enumerate(column_values)]
    read_columns += [f"t{i + first_value} as r{i}" for i in range(len(plan.columns))]
    kept = [f"k{i}" for i in range(len(plan.keys))]
    kept += [f"{letter}{i}" for letter in "lr" for i in range(len(plan.columns))]
    if not plan.day_is_key:
        number = len(plan.columns)
        read_columns += [f"{values[0]} as l{number}", f"t0 as r{number}"]
        kept += [f"l{number}", f"r{number}"]
    unread = " or ".join(f"(k{i} is not null and q{i} is null)" for i in range(len(plan.keys))) or "false"
    return f"""create or replace temporary table {LEGACY} as
with given as (select {given} from {EXTRACT}),
written as (select * from given where coalesce({", ".join(texts)}, '') <> ''),
bare as (select {", ".join([*texts, *bared])} from written),
signed as (select {", ".join([*texts, *with_sign])} from bare),
typed as (select {", ".join(read_columns)} from signed),
keyed as (select *, {_series(plan)} as series from typed where day is null or {span.nearly_holds("day")})
select series, {_one_day(plan)} as day, count(*) as n,
    any_value(day_text) as day_text, max(case when {unread} then 1 else 0 end) = 1 as key_is_unreadable,
    {", ".join(f"any_value({column}) as {column}" for column in kept)}
from keyed
group by {_grouping(plan)}"""  # noqa: S608


def mart(plan: Plan, span: Span, types: Mapping[str, str]) -> str:
    """The mart's rows of these days, one per key; where the day is no key, all of the extract's keys too."""
    values = compared(plan)
    read_columns = [f"{as_mart(plan.day, types[plan.day.mart])} as day"]
    read_columns += [
        f"{as_mart(pair, types[pair.mart])}::varchar as q{i}" for i, pair in enumerate(plan.keys)
    ]
    read_columns += [f"mart.{pair.mart}::varchar as k{i}" for i, pair in enumerate(plan.keys)]
    read_columns += [f"{as_mart(pair, types[pair.mart])} as m{i}" for i, pair in enumerate(values)]
    kept = [f"k{i}" for i in range(len(plan.keys))] + [f"m{i}" for i in range(len(values))]
    wanted = span.nearly_holds("day")
    if not plan.day_is_key:
        wanted += f" or series in (select series from {LEGACY})"  # noqa: S608
    return f"""create or replace temporary table {MART} as
with typed as (select {", ".join(read_columns)} from {plan.mart} as mart),
keyed as (select *, {_series(plan)} as series from typed)
select series, {_one_day(plan)} as day, count(*) as n,
    {", ".join(f"any_value({column}) as {column}" for column in kept)}
from keyed
where {wanted}
group by {_grouping(plan)}"""  # noqa: S608


def renamed(plan: Plan) -> str:
    """Legacy keys that the mart has under another case, accent or space, where there is no doubt which."""

    def left_alone(side: str, other: str) -> str:
        return f"""select any_value(alone.series) as series, {folded("alone.series")} as folded
    from (select distinct series from {side}) as alone
    left join (select distinct series from {other}) as other on alone.series = other.series
    where other.series is null
    group by {folded("alone.series")}
    having count(*) = 1"""  # noqa: S608

    wanted = "true" if any(pair.kind == "text" for pair in plan.keys) else "false"
    return f"""create or replace temporary table {RENAMED} as
with legacy_left as ({left_alone(LEGACY, MART)}),
mart_left as ({left_alone(MART, LEGACY)})
select legacy_left.series as legacy_series, mart_left.series as mart_series
from legacy_left join mart_left on legacy_left.folded = mart_left.folded
where {wanted}"""  # noqa: S608


def paired(plan: Plan, span: Span) -> str:
    """A row per key of either side; ``row_cause`` where the key is not found once on each."""
    values = compared(plan)
    numbers = range(len(values))
    keys = range(len(plan.keys))
    same_day = "and legacy.day = mart.day" if plan.day_is_key else ""
    no_legacy = " and ".join(empty(pair, f"mart.m{i}") for i, pair in enumerate(values))
    no_mart = " and ".join(
        f"{empty(pair, f'legacy.l{i}')} and {readable('legacy', i)}" for i, pair in enumerate(values)
    )
    zero = ""
    if plan.missing_is_zero:
        zero = f"""when legacy.series is null and {no_legacy} then '{NULL_OR_ZERO.name}'
        when mart.series is null and {no_mart} then '{NULL_OR_ZERO.name}'"""
    unreadable_day = (
        "when legacy.series is not null and legacy.day is null"
        if plan.day_is_key
        else ("when mart.series is null and legacy.day is null")
    )
    return f"""create or replace temporary table {PAIRED} as
with legacy as (
    select coalesce(renamed.mart_series, legacy.series) as series,
        renamed.mart_series is not null as is_renamed,
        legacy.day, legacy.n, legacy.day_text, legacy.key_is_unreadable,
        {_listed([f"legacy.k{i}" for i in keys])}
        {_listed([f"legacy.{letter}{i}" for letter in "lr" for i in numbers]).rstrip(", ")}
    from {LEGACY} as legacy
    left join {RENAMED} as renamed on legacy.series = renamed.legacy_series
)
select coalesce(legacy.series, mart.series) as series, coalesce(legacy.day, mart.day) as day,
    legacy.day as legacy_day, mart.day as mart_day, legacy.n as legacy_n, mart.n as mart_n, legacy.day_text,
    coalesce(legacy.is_renamed, false) as is_renamed, mart.series is not null as in_mart,
    {_listed([f"legacy.k{i} as kl{i}, mart.k{i} as km{i}" for i in keys])}
    {_listed([f"legacy.l{i}, legacy.r{i}, mart.m{i}" for i in numbers])}
    {span.holds("legacy.day")} or {span.holds("mart.day")}
        or (legacy.series is not null and legacy.day is null) as in_span,
    case
        when legacy.n > 1 then '{DUPLICATE_LEGACY.name}'
        when mart.n > 1 then '{DUPLICATE_MART.name}'
        {unreadable_day} then '{UNREADABLE.name}'
        {zero}
        when legacy.series is null and mart.day > '{span.extract_ends}'::date then '{LATE.name}'
        when legacy.series is null then '{ONLY_MART.name}'
        when mart.series is null and legacy.key_is_unreadable then '{UNREADABLE.name}'
        when mart.series is null then '{ONLY_LEGACY.name}'
    end as row_cause
from legacy
full outer join {MART} as mart on legacy.series = mart.series {same_day}"""  # noqa: S608


def moved(plan: Plan, factors: Mapping[int, Factor]) -> str:
    """Rows that the other side has one day off, and not on their own day: values equal but for their unit."""
    values = compared(plan)
    tests = []
    for i, pair in enumerate(values):
        left, right = f"legacy.l{i}", f"mart.m{i}"
        in_unit = f" or {factors[i].explains(pair, left, right)}" if i in factors else ""
        tests.append(f"({agree(pair, left, right)}{in_unit})")
    same = " and ".join(tests)
    told = " or ".join(f"not {empty(pair, f'mart.m{i}')}" for i, pair in enumerate(values))
    wanted = "true" if plan.day_is_key else "false"
    return f"""create or replace temporary table {MOVED} as
select legacy.series, legacy.day as legacy_day, mart.day as mart_day
from {PAIRED} as legacy
join {PAIRED} as mart on legacy.series = mart.series and abs(datediff(day, legacy.day, mart.day)) = 1
where {wanted} and legacy.row_cause = '{ONLY_LEGACY.name}'
    and mart.row_cause in ('{ONLY_MART.name}', '{LATE.name}')
    and (legacy.in_span or mart.in_span) and {same} and ({told})
qualify row_number() over (partition by legacy.series, legacy.day order by mart.day) = 1
    and row_number() over (partition by mart.series, mart.day order by legacy.day) = 1"""  # noqa: S608


def unlike(plan: Plan) -> str:
    """Rows of both sides that disagree somewhere, beside the mart's values of the day before and after."""
    values = compared(plan)
    alike = " and ".join(fits("paired", pair, i) for i, pair in enumerate(values))
    around = ""
    joins = ""
    if plan.day_is_key:
        around = "".join(f", earlier.m{i} as earlier{i}, later.m{i} as later{i}" for i in range(len(values)))
        joins = "".join(
            f" left join {MART} as {name} on {name}.series = paired.series and {name}.n = 1 "
            f"and {name}.day = dateadd(day, {step}, paired.day)::date"
            for name, step in (("earlier", -1), ("later", 1))
        )
    return f"""create or replace temporary table {UNLIKE} as
select paired.*{around} from {PAIRED} as paired{joins}
where paired.row_cause is null and paired.in_span and not ({alike})"""  # noqa: S608


def _series(plan: Plan) -> str:
    """All keys but the day in one text. Nothing people type holds the character between them."""
    return " || chr(31) || ".join(f"coalesce(q{i}, '')" for i in range(len(plan.keys))) or "''"


def _grouping(plan: Plan) -> str:
    return "series, day" if plan.day_is_key else "series"


def _one_day(plan: Plan) -> str:
    return "day" if plan.day_is_key else "any_value(day)"


def _listed(columns: list[str]) -> str:
    return "".join(f"{column}, " for column in columns)
