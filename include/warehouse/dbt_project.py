"""Where the dbt project and its artefacts are."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2] / "dbt"


def target_path() -> Path:
    """Where dbt's artefacts of the deployed code are: ``DBT_TARGET_PATH``, or ``target`` in the project."""
    return Path(os.environ.get("DBT_TARGET_PATH") or PROJECT / "target")


def is_staged(source: str) -> bool:
    """Whether silver has models of a source; a source may be loaded into bronze before anything reads it."""
    return any((PROJECT / "models/silver/staging" / source).glob("stg_*.sql"))
