"""Runs a comparison in the warehouse and reads its counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import DatabaseError

from include.contracts.errors import suggestion
from include.governance.reconcile import statements
from include.governance.reconcile.differences import differences
from include.governance.reconcile.extract import load_extract
from include.governance.reconcile.factors import Factor, find_factors
from include.governance.reconcile.plan import Kind, Pair, Plan, ReconcileError
from include.governance.reconcile.statements import Span, compared
from include.governance.reconcile.tables import DIFFERENCE, PAIRED, SCRATCH, result_columns
from include.governance.reconcile.values import fits_near

KIND_OF_TYPE: dict[str, Kind] = {
    "FIXED": "number", "REAL": "number", "TEXT": "text", "BOOLEAN": "boolean", "DATE": "date",
    "TIMESTAMP": "date", "TIMESTAMP_NTZ": "date", "TIMESTAMP_LTZ": "date", "TIMESTAMP_TZ": "date",
}  # fmt: skip
FETCH_ROWS = 10_000

Step = Callable[[str], None]


@dataclass(frozen=True)
class ColumnCount:
    """How the values of a column compare, over rows that both sides have once."""

    pair: Pair
    compared: int
    equal: int
    within_tolerance: int
    factor: float | None


@dataclass(frozen=True)
class Difference:
    """One difference. ``column`` is empty where it speaks of a whole row; values are texts, or None."""

    column: str
    cause: str
    day: date | None
    key: tuple[str | None, ...]
    legacy: str | None
    mart: str | None
    ignored_by: int | None


@dataclass(frozen=True)
class Count:
    """How many differences of a column have a cause; ``ignored_by`` is the number of the plan's rule."""

    column: str
    cause: str
    ignored_by: int | None
    rows: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True)
class Findings:
    """What a comparison found. Counts of rows are of keys within the span."""

    plan: Plan
    span: Span
    extract_rows: int
    legacy_keys: int
    mart_keys: int
    both: int
    columns: tuple[ColumnCount, ...]
    counts: tuple[Count, ...]
    days: tuple[tuple[date | None, str, int], ...]
    samples: tuple[Difference, ...]

    @property
    def open(self) -> int:
        """Differences that no rule ignores."""
        return sum(count.rows for count in self.counts if count.ignored_by is None)

    @property
    def ignored(self) -> int:
        """Differences that a rule ignores."""
        return sum(count.rows for count in self.counts if count.ignored_by is not None)


def compare(
    cursor: SnowflakeCursor,
    plan: Plan,
    *,
    first: date | None,
    last: date | None,
    samples: int,
    step: Step,
) -> Findings:
    """Compares over the days from ``first`` to ``last``, both included; the extract's own where not given.

    Reads gold once, in one statement. Raises ReconcileError.
    """
    try:
        return _compare(cursor, plan, first=first, last=last, samples=samples, step=step)
    except DatabaseError as problem:
        reason = " ".join(str(problem.msg).split())
        raise ReconcileError(
            f"the warehouse did not make the comparison: {reason}. The connection's role needs to read the "
            f"mart and USAGE on schema {SCRATCH}, where the temporary tables are"
        ) from problem


def all_differences(cursor: SnowflakeCursor, plan: Plan) -> Iterator[Difference]:
    """Every difference that this session's comparison found, by day, key and column, as they arrive."""
    cursor.execute(f"{_listed(plan)} order by day nulls first, series, column_number")
    while rows := cursor.fetchmany(FETCH_ROWS):
        for row in rows:
            yield _difference(plan, row)


def _compare(
    cursor: SnowflakeCursor, plan: Plan, *, first: date | None, last: date | None, samples: int, step: Step
) -> Findings:
    columns = result_columns(cursor, plan.mart, "mart")
    types = {name.lower(): column_type for name, column_type in columns.items()}
    plan = _typed(plan, types)
    step("read the extract")
    extract_rows = load_extract(cursor, plan)
    span = _span(cursor, plan, first, last)
    step(f"{extract_rows:,} legacy rows; typing them")
    cursor.execute(statements.legacy(plan, span))
    step(f"reading the mart, {span.first} to {span.last}")
    cursor.execute(statements.mart(plan, span, types))
    step("pairing keys")
    cursor.execute(statements.renamed(plan))
    cursor.execute(statements.paired(plan, span))
    step("holding values against each other")
    factors = find_factors(cursor, plan)
    cursor.execute(statements.moved(plan, factors))
    cursor.execute(statements.unlike(plan))
    cursor.execute(differences(plan, span, factors))
    step("counting")
    return _findings(cursor, plan, span, extract_rows=extract_rows, factors=factors, samples=samples)


def _typed(plan: Plan, types: dict[str, str]) -> Plan:
    """The plan with the kind of every column, the mart's own where the file names none."""

    def typed(pair: Pair) -> Pair:
        if pair.mart not in types:
            raise ReconcileError(f"the mart has no column {pair.mart!r}; {suggestion(pair.mart, types)}")
        column_type = types[pair.mart]
        if not pair.kind and column_type not in KIND_OF_TYPE:
            raise ReconcileError(
                f"{pair.mart} is a {column_type.lower()}; give {pair.legacy!r} a `type`, such as text"
            )
        found = replace(pair, kind=pair.kind or KIND_OF_TYPE[column_type])
        if found.kind != "number" and (pair.absolute or pair.relative or pair.scale != 1):
            raise ReconcileError(f"{pair.legacy!r} is no number, so it can have no tolerance and no scale")
        if found.kind != "text" and pair.values:
            raise ReconcileError(f"{pair.legacy!r} is no text, so it can have no `values`")
        return found

    day = typed(replace(plan.day, kind=plan.day.kind or "date"))
    if day.kind != "date":
        raise ReconcileError(f"`date` has the type {day.kind}; leave its type out")
    return replace(plan, day=day, keys=tuple(map(typed, plan.keys)), columns=tuple(map(typed, plan.columns)))


def _span(cursor: SnowflakeCursor, plan: Plan, first: date | None, last: date | None) -> Span:
    cursor.execute(statements.days_of_extract(plan))
    ((earliest, latest, rows),) = cursor.fetchall()
    if not rows:
        raise ReconcileError(
            f"no row of the extract has a day that can be read in {plan.day.legacy!r} as "
            f"{plan.legacy.dialect.dates}; correct `legacy.dates`, or is the extract empty?"
        )
    span = Span(first or earliest, last or latest, plan.legacy.last_day or latest)
    if span.first > span.last:
        raise ReconcileError(f"the days run from {span.first} to {span.last}; give the earlier one first")
    if latest < span.first or earliest > span.last:
        raise ReconcileError(
            f"the extract has days from {earliest} to {latest}, none of {span.first} to {span.last}; there "
            "is nothing to compare"
        )
    return span


def _findings(
    cursor: SnowflakeCursor,
    plan: Plan,
    span: Span,
    *,
    extract_rows: int,
    factors: dict[int, Factor],
    samples: int,
) -> Findings:
    values = compared(plan)
    measures = ", ".join(
        f"count_if({statements.fits('paired', pair, i)}), count_if({fits_near(pair, f'l{i}', f'm{i}')})"
        for i, pair in enumerate(values)
    )
    cursor.execute(
        f"select count(*), {measures} from {PAIRED} as paired where row_cause is null and in_span"  # noqa: S608
    )
    ((both, *fitting),) = cursor.fetchall()
    cursor.execute(
        f"select count(legacy_n), count(mart_n) from {PAIRED} where in_span"  # noqa: S608
    )
    ((legacy_keys, mart_keys),) = cursor.fetchall()
    columns = tuple(
        ColumnCount(
            pair,
            int(both),
            int(fitting[2 * i]) - int(fitting[2 * i + 1]),
            int(fitting[2 * i + 1]),
            factors[i].times if i in factors else None,
        )
        for i, pair in enumerate(values)
    )
    cursor.execute(
        f"select column_number, cause, ignored_by, count(*), min(day), max(day) from {DIFFERENCE} "  # noqa: S608
        "group by column_number, cause, ignored_by order by column_number, count(*) desc, cause, ignored_by"
    )
    counts = tuple(
        Count(_column(plan, number), cause, None if rule is None else int(rule), int(rows), first, last)
        for number, cause, rule, rows, first, last in cursor.fetchall()
    )
    cursor.execute(
        f"select day, cause, count(*) from {DIFFERENCE} where ignored_by is null "  # noqa: S608
        "group by day, cause order by day nulls first, cause"
    )
    days = tuple((day, cause, int(rows)) for day, cause, rows in cursor.fetchall())
    cursor.execute(
        f"{_listed(plan)} where ignored_by is null qualify row_number() over ("
        f"partition by column_number, cause order by day nulls first, series) <= {samples} "
        "order by column_number, cause, day nulls first, series"
    )
    shown = tuple(_difference(plan, row) for row in cursor.fetchall())
    return Findings(
        plan, span, extract_rows, int(legacy_keys), int(mart_keys), int(both), columns, counts, days, shown
    )


def _listed(plan: Plan) -> str:
    keys = "".join(f"k{i}, " for i in range(len(plan.keys)))
    return f"select column_number, cause, day, {keys}legacy_text, mart_text, ignored_by from {DIFFERENCE}"  # noqa: S608


def _difference(plan: Plan, row: Sequence[Any]) -> Difference:
    number, cause, day, *key, legacy, mart, ignored_by = row
    return Difference(
        _column(plan, number), cause, day, tuple(key), legacy, _short(plan, number, mart),
        None if ignored_by is None else int(ignored_by),
    )  # fmt: skip


def _column(plan: Plan, number: int) -> str:
    return compared(plan)[number].legacy if number >= 0 else ""


def _short(plan: Plan, number: int, text: str | None) -> str | None:
    """A mart's number without the zeros that the comparison's own scale adds."""
    if text is None or number < 0 or compared(plan)[number].kind != "number" or not text[-1:].isdigit():
        return text
    return format(Decimal(text).normalize(), "f")
