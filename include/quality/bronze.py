"""What must hold of bronze: a partition is what its source's contract says, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from great_expectations.expectations.core.expect_table_columns_to_match_set import (
    ExpectTableColumnsToMatchSet,
)

from include.contracts import TIMEZONE, Column, SourceContract, Table
from include.contracts.bronze import TECHNICAL_COLUMNS
from include.quality.checkpoints import CheckpointSummary, Validation, run_checkpoint
from include.quality.figures import ExpectFiguresToAgree

OPERATIONS = {
    "cdc": ("snapshot", "insert", "update", "delete", "truncate"),
    "rest": ("read",),
    "drop": ("read",),
}
ALWAYS_THERE = ("_op", "_position", "_committed_at", "_loaded_at", "_run_id", "_file")
HASH = "hmac-sha256:[^:]+:[0-9a-f]+"  # without braces, which the query's template would take for its own


def check(contract: SourceContract, partition: date, run_name: str) -> CheckpointSummary:
    """Check one partition of a source. The cost follows the partition, not the history.

    Raises:
        CheckpointFailed: bronze is not what the contract says.
        CheckpointError: a table could not be read.
    """
    return run_checkpoint(contract.dag_id, list(validations(contract, partition)), run_name)


def validations(contract: SourceContract, partition: date) -> Iterator[Validation]:
    """One per contracted table."""
    technical = [column.name for column in TECHNICAL_COLUMNS]
    for table in contract.tables:
        rules = dict(_rules(contract, table))
        yield Validation(
            schema=contract.schema,
            table=table.name,
            expectations=(
                ExpectTableColumnsToMatchSet(column_set=[*table.column_names, *technical], exact_match=True),
                ExpectFiguresToAgree(
                    unexpected_rows_query=_rows_that_break(rules, table, partition),
                    description=f"no row of {partition} with: {'; '.join(rules)}",
                ),
            ),
        )


def _rules(contract: SourceContract, table: Table) -> Iterator[tuple[str, str]]:
    """What no row may be, in words and as a condition in SQL."""
    # A delete brings the key alone, a truncate not even that, and large values that did not change stay away.
    whole = "_op not in ('delete', 'truncate') and _unchanged is null"
    operations = OPERATIONS[contract.kind]
    yield f"_op other than {', '.join(operations)}", f"_op not in ({_listed(operations)})"
    for name in ALWAYS_THERE:
        yield f"{name} missing", f"{name} is null"
    for column in table.columns:
        name = column.name
        if column.key:
            yield f"{name} missing", f"{name} is null and _op <> 'truncate'"
        elif column.required:
            yield f"{name} missing", f"{name} is null and {whole}{_once_due(column)}"
        if column.enum:
            yield f"{name} other than {', '.join(column.enum)}", f"{name} not in ({_listed(column.enum)})"
        if column.classification == "restricted":
            yield f"{name} not hashed", f"not regexp_like({name}, '{HASH}')"


def _once_due(column: Column) -> str:
    """The condition that leaves out rows from before an announced column's day, whenever they were loaded.

    A file's moment is the end of its day, so that of the day before is the very start of the column's.
    """
    if column.announced_for is None:
        return ""
    start = datetime.combine(column.announced_for, time.min, ZoneInfo(TIMEZONE)).astimezone(UTC)
    return f" and _committed_at > '{start:%Y-%m-%d %H:%M:%S}'::timestamp_ntz"


def _rows_that_break(rules: dict[str, str], table: Table, partition: date) -> str:
    """One row per rule that is broken, all counted in one pass."""
    rows = f"{{batch}} where _partition = '{partition}'::date"
    identity = ", ".join((*table.key, "_position"))
    counted = ",\n        ".join(
        f"count_if({condition}) as broken_{number}" for number, condition in enumerate(rules.values())
    )
    broken = "\nunion all ".join(
        f"select '{_quoted(rule)}' as figure, 0 as expected, broken_{number} as observed from counted "  # noqa: S608
        f"where broken_{number} > 0"
        for number, rule in enumerate(rules)
    )
    return f"""
with counted as (
    select
        {counted}
    from {rows}
), repeated as (
    select count(*) as observed from (
        select 1 as one from {rows} group by {identity} having count(*) > 1
    ) as several
)
{broken}
union all select '{identity} repeated' as figure, 0 as expected, observed from repeated where observed > 0
"""  # noqa: S608 -- names and values from contracts, a date


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{_quoted(value)}'" for value in values)


def _quoted(text: str) -> str:
    return text.replace("'", "''")
