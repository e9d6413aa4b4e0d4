"""The dbt project as dbt compiles it: every model with the SQL that would run, and no warehouse asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from include.warehouse.dbt_project import PROJECT

COMPILE_SECONDS = 600

# Where incremental models note what they have seen, made by their hooks: of runs, not of the bank. They are
# known by name, since dbt compiles hooks only when it runs. Nothing in them counts as coming from bronze.
NOTES = {
    "silver.seen_partition": ("reader", "partition_key", "row_count", "settled"),
    "silver.due_key": ("reader", "due_key", "taken"),
}


class CompileError(Exception):
    """The project does not compile without a warehouse. Says why in dbt's own words."""


@dataclass(frozen=True)
class Column:
    """A column as the model's .yml declares it. `clauses` as its `meta.clause` names them."""

    name: str
    description: str
    data_type: str  # lower case; empty where none is declared
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A model and its SQL: one text, and for an incremental one another for when it is there already."""

    name: str
    folder: str  # "gold/customer"
    database: str
    schema: str
    description: str
    meta: Mapping[str, Any]
    config: Mapping[str, Any]
    columns: Mapping[str, Column]
    reads: tuple[str, ...]  # models and sources, by the names that lineage gives them
    sql: tuple[str, ...]

    @property
    def layer(self) -> str:
        """`silver`, `gold` or `monitoring`."""
        return self.folder.split("/", maxsplit=1)[0]

    @property
    def is_staging(self) -> bool:
        return self.folder.startswith("silver/staging")


@dataclass(frozen=True)
class Test:
    """A data test: its name (of a generic one, the test's own), what it reads, its column if it is of one."""

    name: str
    is_generic: bool
    of: str  # the model a generic test stands at; empty otherwise
    column: str
    arguments: Mapping[str, Any]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class CompiledProject:
    """Models by name, each after what it reads; columns of each source table by `raw_kyc.check`."""

    models: Mapping[str, Model]
    sources: Mapping[str, tuple[str, tuple[str, ...]]]  # database, columns
    tests: tuple[Test, ...]
    unit_tests: Mapping[str, int]  # by model

    @classmethod
    def of(cls, manifest: Mapping[str, Any], built: Mapping[str, Any] | None = None) -> CompiledProject:
        """From dbt's manifest; `built`: the one of incremental models as if they were there already."""
        nodes = {**manifest["nodes"], **manifest["sources"]}
        again = (built or {}).get("nodes", {})
        models: dict[str, Model] = {}
        for node_id in _in_order(manifest["nodes"]):
            node = nodes[node_id]
            models[node["name"]] = _model(node, again.get(node_id), nodes)
        tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
        unit_tests: dict[str, int] = {}
        for test in manifest.get("unit_tests", {}).values():
            unit_tests[test["model"]] = unit_tests.get(test["model"], 0) + 1
        return cls(
            models=models,
            sources={
                _name(node): (node["database"].lower(), tuple(name.lower() for name in node["columns"]))
                for node in manifest["sources"].values()
            },
            tests=tuple(_test(node, nodes) for node in tests),
            unit_tests=unit_tests,
        )

    def gold(self) -> Iterator[Model]:
        return (model for model in self.models.values() if model.layer == "gold")

    def tests_of(self, model: str) -> list[Test]:
        """Generic tests that stand at a model, and singular ones that read it."""
        return [test for test in self.tests if test.of == model or (not test.of and model in test.reads)]


def compile_project(project: Path = PROJECT) -> CompiledProject:
    """Compile the project in a process of its own; about half a minute. Raises CompileError."""
    with TemporaryDirectory() as scratch:
        manifest = _compile(project, Path(scratch), "--fresh", "resource_type:model")
        incremental = any(
            node["config"].get("materialized") == "incremental" for node in manifest["nodes"].values()
        )
        built = (
            _compile(project, Path(scratch), "--built", "config.materialized:incremental")
            if incremental
            else None
        )
        return CompiledProject.of(manifest, built)


def _compile(project: Path, target: Path, state: str, selected: str) -> dict[str, Any]:
    command = [sys.executable, str(project / "compile.py"), state, "--quiet", "compile", "--no-introspect"]
    places = ["--project-dir", str(project), "--profiles-dir", str(project), "--select", selected]
    environment = os.environ | {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target / "logs")}
    done = subprocess.run(  # noqa: S603 -- this interpreter and a file of the project
        [*command, *places],
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMPILE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise CompileError(f"dbt does not compile {project} without a warehouse:\n{done.stdout}{done.stderr}")
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return manifest


def _in_order(nodes: Mapping[str, Any]) -> list[str]:
    """Models and snapshots, each after the ones it reads."""
    waiting = {
        node_id: set(node["depends_on"]["nodes"]) - {node_id}
        for node_id, node in sorted(nodes.items())
        if node["resource_type"] in {"model", "snapshot", "seed"}
    }
    ordered: list[str] = []
    while waiting:
        ready = [node_id for node_id, parents in waiting.items() if not parents & waiting.keys()]
        ordered += ready
        for node_id in ready:
            del waiting[node_id]
    return ordered


def _model(node: Mapping[str, Any], built: Mapping[str, Any] | None, nodes: Mapping[str, Any]) -> Model:
    texts = [code for one in (node, built) if one and (code := one.get("compiled_code"))]
    return Model(
        name=node["name"],
        folder="/".join(node["fqn"][1:-1]),
        database=str(node["database"]).lower(),
        schema=str(node["schema"]).lower(),
        description=node["description"],
        meta=node["config"].get("meta", {}),
        config=node["config"],
        columns={name.lower(): _column(column) for name, column in node["columns"].items()},
        reads=tuple(_name(nodes[parent]) for parent in node["depends_on"]["nodes"] if parent in nodes),
        sql=tuple(dict.fromkeys(texts)),
    )


def _column(column: Mapping[str, Any]) -> Column:
    named = str(column["config"].get("meta", {}).get("clause", ""))
    return Column(
        name=column["name"].lower(),
        description=column["description"].strip(),
        data_type=(column.get("data_type") or "").lower(),
        clauses=tuple(clause.strip() for clause in named.split(",") if clause.strip()),
    )


def _test(node: Mapping[str, Any], nodes: Mapping[str, Any]) -> Test:
    generic = node.get("test_metadata")
    reads = tuple(_name(nodes[parent]) for parent in node["depends_on"]["nodes"] if parent in nodes)
    attached = nodes.get(node.get("attached_node") or "")
    return Test(
        name=generic["name"] if generic else node["name"],
        is_generic=bool(generic),
        of=_name(attached) if generic and attached else "",
        column=(node.get("column_name") or "").lower(),
        arguments=generic["kwargs"] if generic else {},
        reads=reads,
    )


def _name(node: Mapping[str, Any]) -> str:
    if node["resource_type"] == "source":
        return f"{node['schema']}.{node['identifier']}".lower()
    return str(node["name"])
