"""What the checkpoints of silver and gold look at."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from include.contracts import load_sources
from include.quality import gold, silver
from include.warehouse.dbt_project import is_staged

DAY = date(2026, 11, 18)
GOLD_MODELS = Path(__file__).resolve().parents[3] / "dbt" / "models" / "gold"


def test_every_contracted_table_of_a_source_in_silver_is_checked_for_its_keys() -> None:
    checked = {validation.table: validation for validation in silver.validations(DAY)}
    assert "stg_core_banking__party" in checked
    for source in load_sources().values():
        if not is_staged(source.name):
            continue
        for table in source.tables:
            expectations = checked.pop(f"stg_{source.name}__{table.name}").expectations
            not_null = {one.column for one in expectations if hasattr(one, "column")}
            assert set(table.key) <= not_null
    assert not checked


def test_customers_events_and_every_mart_are_reconciled() -> None:
    marts = {path.stem for path in GOLD_MODELS.rglob("mart_*.sql")}
    assert "mart_daily_metrics" in marts
    reconciled = {validation.table for validation in gold.validations(DAY)}
    assert reconciled >= {"dim_customer", "fct_journey_event"} | marts


def test_a_reconciliation_is_of_one_day_in_the_contracts_time_zone() -> None:
    queries = [
        expectation.unexpected_rows_query
        for validation in gold.validations(DAY)
        for expectation in validation.expectations
        if hasattr(expectation, "unexpected_rows_query")
    ]
    assert len(queries) == len(gold.RECONCILIATIONS)
    assert not any("$" in query for query in queries)
    assert any("'America/Toronto'" in query and "'2026-11-18'::date" in query for query in queries)


def test_only_what_degradable_sources_alone_tell_may_be_empty() -> None:
    fewest = {validation.table: validation.expectations[0].min_value for validation in gold.validations(DAY)}
    assert {table for table, rows in fewest.items() if rows == 0} == gold.MAY_BE_EMPTY
    assert {fewest[table] for table in ("dim_customer", "fct_journey_event", "mart_daily_metrics")} == {1}
