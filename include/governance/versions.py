"""Which code, models and contracts a set of tables was built with."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.contracts import load_metric_contract, load_sources
from include.contracts.canonical import canonical_text
from include.warehouse.dbt_project import target_path

GOLD_FOLDER = "gold"
RULES = ("lineage", "policy")  # a stricter rule is for the models of yesterday, too


@dataclass(frozen=True)
class GoldModels:
    """The gold models of the deployed code: their tables' names, and a hash over all that defines them."""

    names: frozenset[str]
    version: str
    definitions: str  # a hash over gold, all it is made of down to bronze, its tests, and the metric contract

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
        project = json.loads(manifest.read_text())
        nodes = project["nodes"].values()
        models = sorted((node for node in nodes if _is_gold(node)), key=lambda node: str(node["name"]))
        defining = [
            [node["name"], node["checksum"], node["config"], node["description"], node["columns"]]
            for node in models
        ]
        return cls(
            names=frozenset(str(node["alias"]).lower() for node in models),
            version=_hash(defining),
            definitions=_definitions(project),
        )


def built_with(models: GoldModels) -> dict[str, Any]:
    """What goes on record beside a set of tables."""
    metrics = load_metric_contract()
    contracts = {name: contract.version for name, contract in load_sources().items()}
    return {
        "code": os.environ.get("CODE_VERSION", "unversioned"),
        "models": models.version,
        "definitions": models.definitions,
        "contracts": {**contracts, metrics.id: metrics.version},
    }


def _definitions(project: dict[str, Any]) -> str:
    """What the check of the contract looks at, and the rules it goes by."""
    parts = ("checksum", "config", "description", "columns", "test_metadata")
    described = {
        node_id: [node.get(part) for part in parts]
        for kind in ("nodes", "unit_tests")
        for node_id, node in project.get(kind, {}).items()
    }
    macros = {
        macro_id: macro["macro_sql"]
        for macro_id, macro in project.get("macros", {}).items()
        if macro["package_name"] == project["metadata"]["project_name"]
    }
    sources = {
        source_id: sorted(source["columns"]) for source_id, source in project.get("sources", {}).items()
    }
    rules = [
        file.read_text() for folder in RULES for file in sorted((Path(__file__).parent / folder).glob("*.py"))
    ]
    return _hash([described, macros, sources, rules, canonical_text(load_metric_contract())])


def _hash(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def _is_gold(node: dict[str, Any]) -> bool:
    return bool(node["resource_type"] == "model" and node["fqn"][1] == GOLD_FOLDER)
