"""Which code, models and contracts a set of tables was built with."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.contracts import load_metric_contract, load_sources
from include.warehouse.dbt_project import target_path

GOLD_FOLDER = "gold"


@dataclass(frozen=True)
class GoldModels:
    """The gold models of the deployed code: their tables' names, and a hash over all that defines them."""

    names: frozenset[str]
    version: str

    @classmethod
    def deployed(cls) -> GoldModels:
        """As the DAGs were parsed from. Raises FileNotFoundError when dbt's manifest is missing."""
        return cls.of(target_path() / "manifest.json")

    @classmethod
    def of(cls, manifest: Path) -> GoldModels:
        """As a manifest of dbt has them. Raises FileNotFoundError."""
        if not manifest.exists():
            raise FileNotFoundError(
                f"{manifest} is missing; run `dbt parse` (make does, and so does the image)"
            )
        nodes = json.loads(manifest.read_text())["nodes"].values()
        models = sorted((node for node in nodes if _is_gold(node)), key=lambda node: str(node["name"]))
        defining = [
            [node["name"], node["checksum"], node["config"], node["description"], node["columns"]]
            for node in models
        ]
        digest = hashlib.sha256(json.dumps(defining, sort_keys=True).encode())
        return cls(
            names=frozenset(str(node["alias"]).lower() for node in models), version=digest.hexdigest()[:16]
        )


def built_with(models: GoldModels) -> dict[str, Any]:
    """What goes on record beside a set of tables."""
    metrics = load_metric_contract()
    contracts = {name: contract.version for name, contract in load_sources().items()}
    return {
        "code": os.environ.get("CODE_VERSION", "unversioned"),
        "models": models.version,
        "contracts": {**contracts, metrics.id: metrics.version},
    }


def _is_gold(node: dict[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["fqn"][1] == GOLD_FOLDER)
