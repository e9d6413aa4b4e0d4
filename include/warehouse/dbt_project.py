"""Where the dbt project and its artefacts are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

# What Cosmos reads of a model (`_build_dbt_node_from_manifest_resource` in cosmos/dbt/graph.py).
RENDERED = ("resource_type", "package_name", "original_file_path", "depends_on", "tags", "config", "fqn")

PROJECT = Path(__file__).resolve().parents[2] / "dbt"


def target_path() -> Path:
    """Where dbt's artefacts of the deployed code are: ``DBT_TARGET_PATH``, or ``target`` in the project."""
    return Path(os.environ.get("DBT_TARGET_PATH") or PROJECT / "target")


def is_staged(source: str) -> bool:
    """Whether silver has models of a source; a source may be loaded into bronze before anything reads it."""
    return any((PROJECT / "models/silver/staging" / source).glob("stg_*.sql"))


def models_manifest() -> Path:
    """dbt's manifest of the deployed code with nothing but the models in it: what Airflow renders.

    Each task's worker reads the DAG, and with it this file. Macros, tests and SQL are most of dbt's own, and
    reading it would cost more than the rest of the DAG. It is made anew when dbt's is another.

    Raises:
        FileNotFoundError: the project was not parsed; ``dbt parse`` is a step of a deployment.
    """
    manifest = target_path() / "manifest.json"
    models = target_path() / "models.json"
    if not manifest.exists():
        raise FileNotFoundError(f"{manifest} is not there; run `dbt parse` in {PROJECT} when deploying")
    made_at = manifest.stat().st_mtime_ns
    if not models.exists() or models.stat().st_mtime_ns != made_at:
        _write_models(manifest, models, made_at)
    return models


def _write_models(manifest: Path, models: Path, made_at: int) -> None:
    whole = json.loads(manifest.read_text())
    nodes = {
        name: {field: node[field] for field in RENDERED}
        for name, node in whole["nodes"].items()
        if node["resource_type"] == "model"
    }
    # Two processes may write at once: each puts a whole file in place.
    with NamedTemporaryFile("w", dir=models.parent, prefix=models.name, delete=False) as file:
        json.dump({"metadata": whole["metadata"], "nodes": nodes}, file)
    made = Path(file.name)
    made.chmod(manifest.stat().st_mode)  # a temporary file is its owner's alone
    os.utime(made, ns=(made_at, made_at))
    made.replace(models)
