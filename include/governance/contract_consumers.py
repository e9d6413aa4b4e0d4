"""Who reads a source's tables: dbt models and exposures, from dbt's manifest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.contracts import SourceContract


@dataclass(frozen=True)
class Consumers:
    """Names of models, in the order in which they build on each other, and of exposures."""

    models: tuple[str, ...]
    exposures: tuple[str, ...]

    def __str__(self) -> str:
        parts = [", ".join(self.models)] if self.models else []
        parts += [f"exposures {', '.join(self.exposures)}"] if self.exposures else []
        return "; ".join(parts) or "nobody"


class Manifest:
    """dbt's manifest. Raises FileNotFoundError, which says how to make one."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing; run `dbt parse`")
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._sources: Mapping[str, Any] = data["sources"]
        self._nodes: Mapping[str, Any] = {**data["nodes"], **data.get("exposures", {})}
        self._children: Mapping[str, list[str]] = data["child_map"]

    def of_table(self, contract: SourceContract, table: str) -> Consumers:
        """Everything downstream of a bronze table."""
        return self._consumers(self._downstream(contract, table))

    def of_column(self, contract: SourceContract, table: str, column: str) -> Consumers:
        """What downstream of a bronze table names the column, or what a model before it made of the column.

        Found by words in the models' SQL: it may name one too many, where two columns share a name.
        """
        known: dict[str, set[str]] = {source: {column} for source in self._source_ids(contract, table)}
        touched = []
        for node_id in self._downstream(contract, table):
            node = self._nodes[node_id]
            parents = node["depends_on"]["nodes"]
            offered = set().union(*(known.get(parent, set()) for parent in parents))
            if node["resource_type"] == "exposure":
                if offered:
                    touched.append(node_id)
                continue
            code = node.get("compiled_code") or node.get("raw_code") or ""
            named = {name for name in offered if _names(code, name)}
            if named:
                touched.append(node_id)
                known[node_id] = named | {alias for name in named for alias in _aliases(code, name)}
        return self._consumers(touched)

    def _source_ids(self, contract: SourceContract, table: str) -> list[str]:
        return [
            source_id
            for source_id, source in self._sources.items()
            if (source["source_name"], source["name"]) == (contract.schema, table)
        ]

    def _downstream(self, contract: SourceContract, table: str) -> list[str]:
        """Models and exposures, each after all it builds on: a model is visited when its last parent was."""
        reached: set[str] = set()
        waiting = self._source_ids(contract, table)
        while waiting:
            for child in self._children.get(waiting.pop(), []):
                if child not in reached and self._is_consumer(child):
                    reached.add(child)
                    waiting.append(child)
        ordered: list[str] = []
        while len(ordered) < len(reached):
            ready = sorted(
                node_id
                for node_id in reached - set(ordered)
                if not (set(self._nodes[node_id]["depends_on"]["nodes"]) & reached) - set(ordered)
            )
            ordered += ready
        return ordered

    def _is_consumer(self, node_id: str) -> bool:
        node = self._nodes.get(node_id)
        return node is not None and node["resource_type"] in {"model", "snapshot", "exposure"}

    def _consumers(self, node_ids: list[str]) -> Consumers:
        def named(exposures: bool) -> tuple[str, ...]:
            return tuple(
                self._nodes[node_id]["name"]
                for node_id in node_ids
                if (self._nodes[node_id]["resource_type"] == "exposure") is exposures
            )

        return Consumers(named(False), named(True))


def _names(code: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", code) is not None


def _aliases(code: str, name: str) -> set[str]:
    """What an expression with the column in it is called: `... name ... as alias`, on one line."""
    return set(re.findall(rf"\b{re.escape(name)}\b[^,\n]*?\bas (\w+)", code))
