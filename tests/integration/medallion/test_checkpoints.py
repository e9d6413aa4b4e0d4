"""Checkpoints against a real warehouse: what they tell, and what they never tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from great_expectations.expectations import (
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToBeUnique,
    ExpectColumnValuesToNotBeNull,
    ExpectTableRowCountToBeBetween,
)

from include.quality.checkpoints import CheckpointError, CheckpointFailed, Validation, run_checkpoint
from include.quality.figures import ExpectFiguresToAgree

pytestmark = pytest.mark.usefixtures("party")

RUN = "manual__2026-11-19T05:00:00+00:00"


@pytest.fixture(autouse=True)
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path))
    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "False")
    return tmp_path


@pytest.fixture
def party(cursor: Any) -> None:
    cursor.execute("create schema silver")
    cursor.execute(
        "create table silver.party as select 'P1' as party_id, 'ada@example.org' as email "
        "union all select 'P2', 'bob@example.org' union all select 'P2', 'cyd@example.org'"
    )


def party_must(*expectations: Any) -> list[Validation]:
    return [Validation("silver", "party", expectations)]


def test_a_checkpoint_that_holds_says_how_much_it_checked_and_where_the_report_is() -> None:
    summary = run_checkpoint(
        "silver",
        party_must(
            ExpectTableRowCountToBeBetween(min_value=1), ExpectColumnValuesToNotBeNull(column="party_id")
        ),
        RUN,
    )
    assert (summary.passed, summary.tables, summary.expectations) == (True, 1, 2)
    report = Path(summary.docs.removeprefix("file://"))
    assert "silver.party" in report.read_text()


def test_a_failure_names_table_expectation_expected_and_observed() -> None:
    with pytest.raises(CheckpointFailed) as failed:
        run_checkpoint("silver", party_must(ExpectColumnValuesToBeUnique(column="party_id")), RUN)
    message = str(failed.value)
    assert "silver.party: expect_column_values_to_be_unique" in message
    assert "expected column=party_id" in message
    assert "observed 2 of 3 rows otherwise" in message
    assert "report: file://" in message


def test_figures_that_disagree_are_told_with_both_values() -> None:
    query = (
        "select 'parties' as figure, 2 as expected, count(*) as observed from {batch} having count(*) <> 2"
    )
    with pytest.raises(CheckpointFailed, match="parties: 3 instead of 2"):
        run_checkpoint("silver", party_must(ExpectFiguresToAgree(unexpected_rows_query=query)), RUN)


def test_neither_message_nor_report_quotes_a_customers_value_or_the_password(docs: Path) -> None:
    with pytest.raises(CheckpointFailed) as failed:
        run_checkpoint(
            "silver", party_must(ExpectColumnValuesToBeInSet(column="email", value_set=["nobody"])), RUN
        )
    written = str(failed.value) + "".join(
        file.read_text(errors="replace") for file in docs.rglob("*") if file.is_file()
    )
    assert "example.org" not in written
    assert "a-secret-nobody-may-see" not in written


def test_an_expectation_that_cannot_be_judged_is_an_error_worth_a_retry_not_a_failed_check() -> None:
    with pytest.raises(CheckpointError, match="no_such_column"):
        run_checkpoint("silver", party_must(ExpectColumnValuesToNotBeNull(column="no_such_column")), RUN)


def test_a_missing_table_is_named() -> None:
    with pytest.raises(CheckpointError, match=r"silver\.nowhere"):
        run_checkpoint(
            "silver", [Validation("silver", "nowhere", (ExpectTableRowCountToBeBetween(min_value=1),))], RUN
        )


def test_reports_of_several_runs_are_kept_side_by_side_and_listed(docs: Path) -> None:
    for run in ("monday", "tuesday"):
        run_checkpoint("silver", party_must(ExpectTableRowCountToBeBetween(min_value=1)), run)
    listed = (docs / "index.html").read_text()
    assert "silver/monday/index.html" in listed
    assert "silver/tuesday/index.html" in listed
    assert (docs / "silver/monday/index.html").exists()
    outcome = json.loads((docs / "silver/tuesday/outcome.json").read_text())
    assert (outcome["expectations"], outcome["failed"]) == (1, 0)
    assert (docs / "silver/tuesday/static").resolve() == (docs / "static").resolve()
