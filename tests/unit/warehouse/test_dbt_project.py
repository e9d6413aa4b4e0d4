"""What Airflow reads of the dbt project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from include.warehouse.dbt_project import models_manifest


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    return tmp_path


def write(target: Path, *names: str, at: int) -> None:
    """A manifest with these models, and a test of each, written at a moment in ns."""
    nodes = {}
    for name in names:
        nodes[f"model.p.{name}"] = node("model", name) | {"raw_code": "select 1" * 100}
        nodes[f"test.p.{name}"] = node("test", name)
    path = target / "manifest.json"
    path.write_text(json.dumps({"metadata": {"project_name": "p"}, "nodes": nodes, "macros": {"m": "..."}}))
    os.utime(path, ns=(at, at))


def node(kind: str, name: str) -> dict[str, Any]:
    return {
        "resource_type": kind,
        "package_name": "p",
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": ["model.p.before"]},
        "tags": [],
        "config": {"materialized": "table"},
        "fqn": ["p", name],
    }


def test_it_holds_the_models_and_what_they_depend_on_and_no_more(target: Path) -> None:
    write(target, "a", "b", at=1)
    read = json.loads(models_manifest().read_text())
    assert read == {
        "metadata": {"project_name": "p"},
        "nodes": {f"model.p.{name}": node("model", name) for name in ("a", "b")},
    }


def test_it_is_made_anew_when_the_project_was_parsed_again_even_by_an_older_deployment(target: Path) -> None:
    for names, at in ((("a",), 2), (("a", "b"), 3), (("a",), 1)):
        write(target, *names, at=at)
        assert {*json.loads(models_manifest().read_text())["nodes"]} == {f"model.p.{name}" for name in names}
    made = models_manifest().stat()
    assert models_manifest().stat() == made
    assert {path.name for path in target.iterdir()} == {"manifest.json", "models.json"}


def test_whoever_may_read_dbts_manifest_may_read_it(target: Path) -> None:
    write(target, "a", at=1)
    (target / "manifest.json").chmod(0o644)
    assert models_manifest().stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("target")
def test_a_project_that_was_not_parsed_says_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match=r"manifest.json is not there; run `dbt parse` in .*/dbt"):
        models_manifest()
