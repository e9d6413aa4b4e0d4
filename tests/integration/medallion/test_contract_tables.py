"""The metric contract, its signatures, its columns and their lineage as compliance finds them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.contracts.canonical import digest
from include.governance import contract_tables, gold_sets, publication, steps
from include.governance.contract_tables import Version
from include.governance.lineage import CompiledProject
from tests.unit.governance.small_project import SMALL, checked, contract, project

VERSION = Version(contract(), "definitions-1", "run-1")
TABLES = ("metric_contract", "clause", "signature", "column_binding", "column_lineage")


def counts(cursor: Any) -> dict[str, int]:
    found = {}
    for table in TABLES:
        cursor.execute(f"select count(*) from governance.{table}")
        found[table] = cursor.fetchone()[0]
    return found


def ask(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def test_a_contract_is_there_with_its_clauses_signatures_columns_and_lineage(cursor: Any) -> None:
    assert not contract_tables.are_recorded(cursor, VERSION)
    contract_tables.record_checked(cursor, VERSION, checked())
    assert contract_tables.are_recorded(cursor, VERSION)

    law = VERSION.contract
    assert ask(cursor, "select contract_id, contract_sha256, effective from governance.metric_contract") == [
        (law.id, digest(law).hex(), law.effective)
    ]
    ((sentence, parameters),) = ask(
        cursor, "select sentence, parameters from governance.clause where clause = '3.1'"
    )
    assert sentence == law.clauses["3.1"].sentence
    assert json.loads(parameters) == law.clauses["3.1"].parameters
    assert ask(cursor, "select signatory, key_purpose from governance.signature order by signatory") == [
        ("cfo", "sandbox"),
        ("chief_compliance_officer", "sandbox"),
    ]
    assert ask(
        cursor,
        "select clause, description from governance.column_binding "
        "where gold_table = 'dim_customer' and gold_column = 'is_active'",
    ) == [("3.1", "What the bank knows of is_active by then.")]
    ((way, path),) = ask(
        cursor,
        "select way, path from governance.column_lineage where gold_table = 'fct_journey_event' "
        "and gold_column = 'occurred_at' and bronze_schema = 'raw_bank' and bronze_column = 'posted_at'",
    )
    assert way == "values"
    assert json.loads(path)[0] == "fct_journey_event.occurred_at"
    assert json.loads(path)[-1] == "raw_bank.txn.posted_at"


def test_the_same_version_is_written_once(cursor: Any) -> None:
    contract_tables.record_checked(cursor, VERSION, checked())
    before = counts(cursor)
    contract_tables.record_checked(cursor, replace(VERSION, run_id="run-2"), checked())
    assert counts(cursor) == before


def test_other_definitions_add_their_columns_and_keep_the_earlier_ones(cursor: Any) -> None:
    contract_tables.record_checked(cursor, VERSION, checked())
    before = counts(cursor)
    contract_tables.record_checked(cursor, replace(VERSION, definitions="definitions-2"), checked())
    after = counts(cursor)
    assert {table: after[table] - before[table] for table in TABLES} == {
        **dict.fromkeys(("metric_contract", "clause", "signature"), 0),
        "column_binding": before["column_binding"],
        "column_lineage": before["column_lineage"],
    }


def test_a_write_that_is_cut_short_leaves_nothing(cursor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any) -> Any:
        raise RuntimeError("killed")

    monkeypatch.setattr(contract_tables, "_lineage", dies)
    with pytest.raises(RuntimeError, match="killed"):
        contract_tables.record_checked(cursor, VERSION, checked())
    assert set(counts(cursor).values()) == {0}


def test_the_published_set_names_its_columns_and_lineage(cursor: Any) -> None:
    day = date(2026, 11, 17)
    for definitions in ("definitions-1", "definitions-2"):
        contract_tables.record_checked(cursor, replace(VERSION, definitions=definitions), checked())
    publication.begin(cursor, day, "run-1")
    cursor.execute("create or replace table gold_candidate.dim_customer as select 1 as id")
    versions = {"models": "m", "definitions": "definitions-2"}
    gold_sets.seal_candidate(cursor, day, "run-1", frozenset({"dim_customer"}), versions)
    publication.publish(cursor, day, "run-1")
    for view in ("published_column_binding", "published_column_lineage"):
        assert ask(cursor, f"select distinct definitions from governance.{view}") == [("definitions-2",)]


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small project stands for the deployed one."""
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {}}))
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    monkeypatch.setattr(steps, "load_metric_contract", contract)


def compiling(monkeypatch: pytest.MonkeyPatch, compiled: CompiledProject | None) -> None:
    def compile_project() -> CompiledProject:
        assert compiled, "compiled again"
        return compiled

    monkeypatch.setattr("include.governance.lineage.compile_project", compile_project)


@pytest.mark.usefixtures("deployed", "cursor")
def test_a_deployment_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiling(monkeypatch, project())
    first = steps.check_contract("run-1")
    assert (first["known"], first["gold_columns"]) == (False, 12)
    compiling(monkeypatch, None)
    assert steps.check_contract("run-2") == {"definitions": first["definitions"], "known": True}


@pytest.mark.usefixtures("deployed")
def test_models_that_break_the_contract_stop_the_run_and_leave_no_record(
    cursor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fact = SMALL["fct_journey_event"]
    typed = replace(fact, text=fact.text.replace("event_type from", "'purchase'::varchar as event_type from"))
    compiling(monkeypatch, project(fct_journey_event=typed))
    for _ in range(2):
        with pytest.raises(steps.ContractBrokenError, match=r"fct_journey_event\.event_type \(clause 2\.1\)"):
            steps.check_contract("run-1")
    assert set(counts(cursor).values()) == {0}
