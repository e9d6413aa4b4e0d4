"""What must hold of silver: every business key that bronze knows is there, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from great_expectations.expectations.core.expect_column_values_to_be_unique import (
    ExpectColumnValuesToBeUnique,
)
from great_expectations.expectations.core.expect_column_values_to_not_be_null import (
    ExpectColumnValuesToNotBeNull,
)
from great_expectations.expectations.core.expect_compound_columns_to_be_unique import (
    ExpectCompoundColumnsToBeUnique,
)

from include.contracts import SourceContract, Table, load_sources
from include.quality.checkpoints import CheckpointSummary, Validation, run_checkpoint
from include.quality.figures import ExpectFiguresToAgree
from include.warehouse.dbt_project import is_staged

SCHEMA = "silver"
CAST = {"integer": "try_to_number({})", "timestamp": "try_to_timestamp_tz({})"}


def check(partition: date, run_name: str) -> CheckpointSummary:
    """Check the staging model of every contracted table, as of ``partition``.

    Raises:
        CheckpointFailed: a key is missing, null or there twice.
        CheckpointError: a model could not be read.
    """
    return run_checkpoint(SCHEMA, list(validations(partition)), run_name)


def validations(partition: date) -> Iterator[Validation]:
    """One per contracted table of the sources in silver, on its staging model ``stg_<source>__<table>``."""
    for source in (one for one in load_sources().values() if is_staged(one.name)):
        for table in source.tables:
            unique = (
                ExpectColumnValuesToBeUnique(column=table.key[0])
                if len(table.key) == 1
                else ExpectCompoundColumnsToBeUnique(column_list=list(table.key))
            )
            yield Validation(
                schema=SCHEMA,
                table=f"stg_{source.name}__{table.name}",
                expectations=(
                    *(ExpectColumnValuesToNotBeNull(column=column) for column in table.key),
                    unique,
                    ExpectFiguresToAgree(
                        unexpected_rows_query=_missing_or_extra_keys(source, table, partition),
                        description=f"as many rows as bronze knows keys of {source.name}.{table.name}",
                    ),
                ),
            )


def _missing_or_extra_keys(source: SourceContract, table: Table, partition: date) -> str:
    """Counts keys in bronze by grouping, where the models rank rows: two ways to one figure."""
    bronze, loaded = f"{source.schema}.{table.name}", f"_partition <= '{partition}'::date"
    keys = [CAST.get(table.column(name).logical_type, "{}").format(name) for name in table.key]
    gone = "_op = 'delete'"
    if deleted := table.soft_delete:
        gone = f"({gone} or coalesce({deleted.column}, '') = '{deleted.value}')"
    # Rows whose key does not cast are in the source's quarantine.
    known = " and ".join(f"{key} is not null" for key in keys)
    return f"""
with kept as (
    select max_by({gone}, _position) as is_gone
    from {bronze}
    where {loaded} and {known} and _op <> 'truncate' and _position > coalesce(
        (select max(_position) from {bronze} where {loaded} and _op = 'truncate'), ''
    )
    group by {", ".join(keys)}
), figures as (
    select
        (select count(*) from kept where not is_gone) as expected,
        (select count(*) from {{batch}}) as observed
)
select 'rows of {SCHEMA}.stg_{source.name}__{table.name}' as figure, expected, observed
from figures where expected <> observed
"""  # noqa: S608 -- names from contracts, a date
