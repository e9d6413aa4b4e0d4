"""What the project promises beside its rows: read from dbt's manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from include.contracts import load_metric_contract, load_sources
from include.warehouse.dbt_project import is_staged
from tests.dbt.project import Dbt, DbtError
from tests.dbt.small_world import DAY, NEXT_DAY


@pytest.fixture(scope="module")
def manifest(dbt: Dbt) -> dict[str, Any]:
    dbt("parse")
    return dict(json.loads((dbt.folder / "target" / "manifest.json").read_text()))


def models(manifest: dict[str, Any], folder: str) -> Iterator[dict[str, Any]]:
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["original_file_path"].startswith(f"models/{folder}"):
            yield node


def test_each_gold_column_names_the_clauses_that_name_it(manifest: dict[str, Any]) -> None:
    clauses = load_metric_contract().clauses.values()
    for model in models(manifest, "gold"):
        for name, column in model["columns"].items():
            named = set(column["config"]["meta"]["clause"].split(", ")) - {"technical"}
            naming = {clause.id for clause in clauses if f"{model['name']}.{name}" in clause.columns}
            assert named == naming, f"{model['name']}.{name}"


def test_a_source_is_in_silver_with_all_its_tables_and_a_quarantine_or_not_at_all(
    manifest: dict[str, Any],
) -> None:
    built = {model["name"] for model in models(manifest, "silver/staging")}
    staged = [source for source in load_sources().values() if is_staged(source.name)]
    expected = {f"quarantine_{source.name}" for source in staged}
    expected |= {f"stg_{source.name}__{table.name}" for source in staged for table in source.tables}
    others = {f"stg_{source.name}__read_day" for source in staged} | {
        "stg_marketing_automation__subscription_change"
    }
    assert built - others == expected


def test_a_new_day_makes_dbt_parse_nothing_again(dbt: Dbt) -> None:
    dbt("parse", partition=DAY)
    perf = dbt.folder / "target" / "perf_info.json"
    dbt("parse", partition=NEXT_DAY)
    parsed = json.loads(perf.read_text())
    assert parsed["is_partial_parse_enabled"]
    assert parsed["parsed_path_count"] == 0
    assert not parsed["projects"][0]["parsers"]


@pytest.mark.parametrize("day", ["yesterday", "2026-11-18' or true --"])
def test_a_day_that_is_no_day_is_refused(dbt: Dbt, day: str) -> None:
    with pytest.raises(DbtError, match="set it to the business day to build"):
        dbt("compile", "--select", "dim_customer", partition=day)


def test_a_run_without_a_day_is_refused(dbt: Dbt) -> None:
    with pytest.raises(DbtError, match="DBT_PARTITION is ''; set it to the business day to build"):
        dbt("run", "--select", "stg_kyc__applicant")
