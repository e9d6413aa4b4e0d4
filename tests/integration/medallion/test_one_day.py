"""From bronze to published gold with the real dbt project: what the stages hand to each other."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.governance import steps
from include.governance.artifacts import DESCRIBING, STAGE, keep
from include.governance.evidence import Stage
from include.quality import gold, silver
from include.quality.checkpoints import CheckpointFailed
from include.warehouse.prepare import prepare_account
from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt
from tests.integration.medallion import small_bank

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
ALL = ["silver", "gold", "checks", "publish", "anomalies"]
BUILD = ("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable", "--select")


@pytest.fixture(scope="module")
def dbt(warehouse_port: int, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The project, against this folder's warehouse."""
    return Dbt(
        environment={
            "SNOWFLAKE_ACCOUNT": "sandbox",
            "SNOWFLAKE_USER": "test",
            "SNOWFLAKE_PASSWORD": "test",
            "SNOWFLAKE_HOST": "127.0.0.1",
            "SNOWFLAKE_PORT": str(warehouse_port),
            "SNOWFLAKE_PROTOCOL": "http",
            "SNOWFLAKE_DATABASE": "ANALYTICS",
            "SNOWFLAKE_ROLE": "ACCOUNTADMIN",
        },
        folder=tmp_path_factory.mktemp("dbt"),
    )


@pytest.fixture
def world(cursor: Any, dbt: Dbt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Two days of a small bank in bronze; gold is empty."""
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path))
    monkeypatch.setenv("DBT_TARGET_PATH", str(dbt.folder / "target"))
    prepare_account(cursor)
    bronze = Bronze(cursor.connection)
    bronze.create()
    small_bank.found(bronze, MONDAY)
    small_bank.live(bronze, TUESDAY)
    dbt("parse")
    return cursor


def build(dbt: Dbt, day: date) -> None:
    """The stages silver and gold."""
    steps.begin_candidate(day, "run")
    dbt(*BUILD, "path:models/silver", "path:models/gold", partition=day)


def test_each_day_is_checked_published_and_built_the_same_again(world: Any, dbt: Dbt) -> None:
    for day, active in ((MONDAY, 6), (TUESDAY, 5)):
        known = steps.check_contract("run")["known"]
        assert known is (day == TUESDAY)
        assert steps.partition_to_build(day.isoformat(), ALL) == day
        build(dbt, day)
        assert silver.check(day, "run").passed
        checked = gold.check(day, "run")
        looked_at = list(gold.validations(day))
        expectations = sum(len(validation.expectations) for validation in looked_at)
        assert (checked.tables, checked.expectations) == (len(looked_at), expectations)
        steps.release_candidate(day, "run")
        assert steps.publish(day, "run").action == "published"
        world.execute("select count(*) from gold.dim_customer where is_current and is_active")
        assert world.fetchone()[0] == active
    world.execute(
        "select count(*) from governance.published_column_lineage where gold_column = 'is_active' "
        "and bronze_schema = 'raw_marketing_automation'"
    )
    assert world.fetchone()[0] > 0
    build(dbt, TUESDAY)
    gold.check(TUESDAY, "again")
    steps.release_candidate(TUESDAY, "again")
    assert steps.publish(TUESDAY, "again").action == "unchanged"


def test_catalogues_find_what_dbt_says_of_the_published_tables(world: Any, dbt: Dbt) -> None:
    build(dbt, MONDAY)
    dbt("docs", "generate", partition=MONDAY)
    stage = Stage("keep_artifacts", MONDAY, "medallion", "run", attempt=1)
    keep(world, dbt.folder / "target", DESCRIBING, stage, folder="")
    world.execute(f"list @{STAGE}")
    staged = {str(row[0]).partition("/")[2] for row in world.fetchall()}
    assert staged >= {f"{place}/{name}" for place in ("2026-11-16/run", "latest") for name in DESCRIBING}
    catalogue = json.loads((dbt.folder / "target" / "catalog.json").read_text())["nodes"]
    described = catalogue["model.governed_analytics.dim_customer"]["columns"]
    assert described["IS_ACTIVE"]["comment"].startswith("Whether the customer is active")


def test_what_is_wrong_in_silver_or_gold_stops_the_day(world: Any, dbt: Dbt) -> None:
    build(dbt, MONDAY)
    world.execute("delete from silver.stg_kyc__applicant where applicant_id = 'K3'")
    world.execute(
        "insert into silver.stg_core_banking__party select * from silver.stg_core_banking__party limit 1"
    )
    with pytest.raises(CheckpointFailed) as failed:
        silver.check(MONDAY, "run")
    message = str(failed.value)
    assert "rows of silver.stg_kyc__applicant: 5 instead of 6" in message
    assert "silver.stg_core_banking__party: expect_column_values_to_be_unique" in message
    world.execute("delete from gold_candidate.fct_journey_event where event_type = 'txn_purchase'")
    world.execute("update gold_candidate.dim_customer set is_active = false where party_id = 'P1'")
    with pytest.raises(CheckpointFailed) as failed:
        gold.check(MONDAY, "run")
    message = str(failed.value)
    assert (
        "customers active at the end of 2026-11-16, in the dimension and in the mart: 6 instead of 5"
        in message
    )
    assert "customer-initiated events of 2026-11-16, in the fact and in the mart" in message
    assert "events of known parties in silver, and events in the fact" in message
