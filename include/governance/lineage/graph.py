"""The lineage of the whole project: from each column of each model to columns of bronze."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify

from include.governance.gold_sets import CANDIDATE, GOLD
from include.governance.lineage.compiled import NOTES, CompiledProject, Model
from include.governance.lineage.query import (
    EVERY,
    NO_REFS,
    Comparison,
    Derived,
    NotFollowedError,
    Query,
    Ref,
    either,
    follow,
)

Way = Literal["values", "rows"]


class LineageError(Exception):
    """Models whose SQL cannot be followed; one line for each, with what to do."""


@dataclass(frozen=True)
class Path:
    """How a column comes from another: every column on the way, both ends included.

    `way` is `values` where each step makes its column of the next one's values; `rows` where some step only
    counts, or chooses among, rows that the next one decides about.
    """

    way: Way
    steps: tuple[Ref, ...]


@dataclass(frozen=True)
class Lineage:
    """Queries by model. A source's columns have no parents."""

    queries: Mapping[str, Query]
    sources: frozenset[str]

    @classmethod
    def of(cls, project: CompiledProject) -> Lineage:
        """Follow every model. Raises LineageError."""
        reading = _Reading(project)
        problems: list[str] = []
        for model in project.models.values():
            try:
                reading.read(model)
            except (NotFollowedError, SqlglotError) as problem:
                problems.append(
                    f"{model.name} ({model.folder}): cannot be followed: it {_first_line(problem)}"
                )
        if problems:
            raise LineageError("\n".join(problems))
        return cls(reading.queries, frozenset(project.sources))

    def column(self, ref: Ref) -> Derived:
        """What a model's column is made of. KeyError where there is none."""
        return self.queries[ref.relation].columns[ref.column]

    def parents(self, ref: Ref) -> Mapping[Ref, Way]:
        """The columns one step back, with how they go in."""
        if ref.relation in self.sources or ref.relation in NOTES:
            return {}
        query = self.queries[ref.relation]
        if ref.column == EVERY:
            return dict.fromkeys(query.rows - {ref}, "rows")
        derived = query.columns[ref.column]
        return {**dict.fromkeys(derived.rows, "rows"), **dict.fromkeys(derived.values, "values")}

    def ancestors(self, refs: Iterable[Ref], *, stop: frozenset[str] = frozenset()) -> frozenset[Ref]:
        """These columns and all they come from; what a relation in `stop` is made of is left out."""
        found = set(refs)
        waiting = list(found)
        while waiting:
            ref = waiting.pop()
            if ref.relation not in stop:
                new = self.parents(ref).keys() - found
                found |= new
                waiting += new
        return frozenset(found)

    def is_bronze(self, ref: Ref) -> bool:
        return ref.relation in self.sources

    def origin(self, ref: Ref) -> Ref:
        """Where a column that is handed on unchanged comes from first; itself where it is made."""
        seen = {ref}
        while ref.relation in self.queries and ref.column != EVERY:
            before = self.column(ref).passes
            if before is None or before in seen:
                return ref
            seen.add(before)
            ref = before
        return ref

    def to_bronze(self, ref: Ref) -> dict[Ref, Path]:
        """Every bronze column that a column comes from, by the shortest way; by values where there is one."""
        paths = self._shortest(ref, values_only=True)
        for end, path in self._shortest(ref, values_only=False).items():
            paths.setdefault(end, path)
        return dict(sorted(paths.items()))

    def _shortest(self, ref: Ref, *, values_only: bool) -> dict[Ref, Path]:
        came: dict[Ref, Ref | None] = {ref: None}
        waiting = deque([ref])
        ends: dict[Ref, Path] = {}
        while waiting:
            at = waiting.popleft()
            if self.is_bronze(at):
                ends[at] = Path("values" if values_only else "rows", _back(came, at))
            for parent, way in sorted(self._parents_in_order(at)):
                if parent not in came and not (values_only and way == "rows"):
                    came[parent] = at
                    waiting.append(parent)
        return ends

    def _parents_in_order(self, ref: Ref) -> list[tuple[Ref, Way]]:
        if ref not in self._sorted:
            self._sorted[ref] = sorted(self.parents(ref).items())
        return self._sorted[ref]

    @cached_property
    def _sorted(self) -> dict[Ref, list[tuple[Ref, Way]]]:
        return {}


class _Reading:
    """Reads models one after the other; each knows the columns of those before it."""

    def __init__(self, project: CompiledProject) -> None:
        self.queries: dict[str, Query] = {}
        self._relations: dict[tuple[str, str], str] = {}
        self._columns: dict[str, Any] = {}  # database -> schema -> table -> column -> type
        for source, (database, columns) in project.sources.items():
            schema, _, table = source.partition(".")
            self._know(source, database, schema, table, columns)
            for notes, named in NOTES.items():
                schema, _, table = notes.partition(".")
                self._know(notes, database, schema, table, named)

    def read(self, model: Model) -> None:
        if not model.sql:
            what = (
                "is a seed: typed in, with no way to bronze" if not model.config.get("materialized") else ""
            )
            raise NotFollowedError(what or f"is a {model.config['materialized']} without compiled SQL")
        found: list[Query] = []
        for text in model.sql:
            found.append(self._query(text, model.name))
            self._announce(model, found[0].columns)  # the text for when it is there already may read itself
        self.queries[model.name] = _any_of(found, model.name)

    def _query(self, text: str, itself: str) -> Query:
        parsed = sqlglot.parse_one(text, dialect="snowflake")
        qualified = qualify(
            parsed, dialect="snowflake", schema=self._columns, identify=False, infer_schema=False
        )
        return follow(qualified, self._name, itself)

    def _name(self, table: exp.Table) -> str:
        key = (table.db.lower(), table.name.lower())
        if key not in self._relations:
            text = table.sql(dialect="snowflake")
            raise NotFollowedError(f"reads {text}, which is neither a model nor a source; use ref or source")
        return self._relations[key]

    def _announce(self, model: Model, columns: Iterable[str]) -> None:
        names = tuple(columns)
        self._know(model.name, model.database, model.schema, model.name, names)
        if model.schema == CANDIDATE:
            self._know(model.name, model.database, GOLD, model.name, names)

    def _know(self, relation: str, database: str, schema: str, table: str, columns: Iterable[str]) -> None:
        self._relations[schema, table] = relation
        tables = self._columns.setdefault(database, {}).setdefault(schema, {})
        tables[table] = dict.fromkeys(columns, "text")


def _any_of(queries: list[Query], itself: str) -> Query:
    """A model with a text or two: made of what any of them makes it of, itself aside."""
    first, *others = queries
    for other in others:
        if set(other.columns) != set(first.columns):
            raise NotFollowedError("has other columns when it is there already; give both the same")
    return Query(
        {
            name: _without(either([query.columns[name] for query in queries], itself), itself)
            for name in first.columns
        },
        frozenset(ref for query in queries for ref in query.rows if ref.relation != itself),
        tuple(comparison for query in queries for comparison in query.comparisons),
    )


def _without(derived: Derived, itself: str) -> Derived:
    return replace(
        derived,
        values=frozenset(ref for ref in derived.values if ref.relation != itself),
        rows=frozenset(ref for ref in derived.rows if ref.relation != itself),
    )


def _back(came: Mapping[Ref, Ref | None], end: Ref) -> tuple[Ref, ...]:
    steps: list[Ref] = []
    at: Ref | None = end
    while at is not None:
        steps.append(at)
        at = came[at]
    return tuple(reversed(steps))


def _first_line(problem: Exception) -> str:
    text = str(problem).strip().splitlines()[0]
    return text if isinstance(problem, NotFollowedError) else f"holds SQL that is not understood: {text}"


__all__ = ["EVERY", "NO_REFS", "Comparison", "Lineage", "LineageError", "Path", "Way"]
