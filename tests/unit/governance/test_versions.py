"""What makes two builds of gold the same build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.governance.versions import GoldModels


def model(name: str, *, folder: str = "gold", checksum: str = "1", **overrides: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "name": name,
        "alias": name,
        "fqn": ["governed_analytics", folder, name],
        "checksum": {"name": "sha256", "checksum": checksum},
        "config": {"materialized": "table"},
        "description": "",
        "columns": {},
        **overrides,
    }


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))

    def deploy(*models: dict[str, Any]) -> GoldModels:
        nodes = {f"model.p.{node['name']}": node for node in models}
        (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        return GoldModels.deployed()

    return deploy


def test_only_gold_models_are_counted_as_gold(deployed: Any) -> None:
    gold = deployed(model("dim_customer"), model("stg_party", folder="silver"))
    assert gold.names == {"dim_customer"}


@pytest.mark.parametrize(
    "change",
    [
        {"checksum": {"name": "sha256", "checksum": "2"}},
        {"description": "another meaning"},
        {"config": {"materialized": "incremental"}},
        {"columns": {"party_id": {"data_type": "varchar"}}},
    ],
    ids=["sql", "description", "config", "columns"],
)
def test_any_change_to_a_gold_model_is_another_version(deployed: Any, change: dict[str, Any]) -> None:
    before = deployed(model("dim_customer"))
    assert deployed(model("dim_customer") | change).version != before.version


def test_a_change_outside_gold_is_not(deployed: Any) -> None:
    before = deployed(model("dim_customer"), model("stg_party", folder="silver"))
    after = deployed(model("dim_customer"), model("stg_party", folder="silver", checksum="2"))
    assert after.version == before.version


def test_a_missing_manifest_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="run `dbt parse`"):
        GoldModels.deployed()
