"""The columns of one query: which columns of the tables it reads each of them is made of.

Two kinds of descent are told apart. `values`: the column's expression names them. `rows`: they decide which
rows there are (joins, filters, groups), which matters to whatever counts or chooses among rows. What a query
does that cannot be followed raises: nothing is skipped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope, walk_in_scope

EVERY = "*"  # as a column: that a relation has rows, whatever stands in them


class Ref(NamedTuple):
    """A column of a relation. Both in lower case; a relation is a model, or a source as `raw_kyc.check`."""

    relation: str
    column: str

    def __str__(self) -> str:
        return f"{self.relation}.{self.column}"


NO_REFS: frozenset[Ref] = frozenset()


@dataclass(frozen=True)
class Derived:
    """What a column is made of. A column with neither values nor rows is typed in, or always empty."""

    values: frozenset[Ref] = NO_REFS
    rows: frozenset[Ref] = NO_REFS
    passes: Ref | None = None  # the one column that it hands on as it is, a cast aside
    literals: frozenset[str] = frozenset()  # the expressions without any column that it may hold, as SQL

    @property
    def parents(self) -> frozenset[Ref]:
        return self.values | self.rows


@dataclass(frozen=True)
class Comparison:
    """A comparison, or a moment moved by some time, and the columns that go into it."""

    expression: exp.Expr
    refs: frozenset[Ref]


@dataclass(frozen=True)
class Query:
    """Columns by name in the order of the query; `rows`: the columns that decide which rows it has."""

    columns: Mapping[str, Derived]
    rows: frozenset[Ref]
    comparisons: tuple[Comparison, ...] = ()


class NotFollowedError(Exception):
    """A query does something whose lineage is not known. Says what, and what to write instead."""


def follow(qualified: exp.Expr, relation: Callable[[exp.Table], str], itself: str = "") -> Query:
    """The columns of a query that sqlglot's `qualify` has been over.

    `relation` names a table that is read; `itself` is the one that the query's rows go to. What an
    incremental model takes from itself adds nothing to where its columns come from. Raises NotFollowedError.
    """
    scope = build_scope(qualified)
    if scope is None:
        raise NotFollowedError("is no query")
    walk = _Walk(relation, {id(one.expression): one for one in scope.traverse()}, itself)
    names = [str(name).lower() for name in qualified.named_selects]  # type: ignore[attr-defined]
    columns = {name: walk.column(scope, index) for index, name in enumerate(names)}
    rows = walk.rows(scope)
    comparisons = tuple(found for one in scope.traverse() for found in walk.comparisons(one))
    return Query(columns, rows, comparisons)


@dataclass
class _Walk:
    """Follows columns through the scopes of a query; each is worked out once."""

    relation: Callable[[exp.Table], str]
    scopes: Mapping[int, Scope]  # by the identity of their query
    itself: str
    known: dict[tuple[int, int], Derived] = field(default_factory=dict)
    known_rows: dict[int, frozenset[Ref]] = field(default_factory=dict)

    def column(self, scope: Scope, index: int) -> Derived:
        """The column at a position of a query."""
        key = (id(scope), index)
        if key not in self.known:
            self.known[key] = Derived()  # a recursive query reads itself: that adds nothing
            self.known[key] = self._column(scope, index)
        return self.known[key]

    def rows(self, scope: Scope) -> frozenset[Ref]:
        """The columns that decide which rows a query has."""
        if id(scope) not in self.known_rows:
            self.known_rows[id(scope)] = NO_REFS
            self.known_rows[id(scope)] = frozenset(self._rows(scope))
        return self.known_rows[id(scope)]

    def comparisons(self, scope: Scope) -> Iterator[Comparison]:
        """What one select compares or moves in time, inside its columns too."""
        for node in walk_in_scope(scope.expression):
            if isinstance(node, _COMPARISONS):
                refs = frozenset(ref for one in self._named(node, scope) for ref in one.parents)
                yield Comparison(node, refs)

    def _column(self, scope: Scope, index: int) -> Derived:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return either([self.column(branch, index) for branch in scope.set_operation_scopes], self.itself)
        if isinstance(query, exp.Subquery):
            return either([self.column(inner, index) for inner in scope.subquery_scopes], self.itself)
        if isinstance(query, exp.Select) and not scope.pivots:
            return self._expression(query.selects[index], scope)
        raise NotFollowedError(f"reads {_text(query)}, whose columns are not known; write it as a select")

    def _expression(self, projection: exp.Expr, scope: Scope) -> Derived:
        expression = _bare(projection)
        if isinstance(expression, exp.Column):
            return self._of_column(expression, scope)
        if fallback := _false_if_unknown(expression):
            return self._of_column(fallback, scope)
        parts = list(self._named(expression, scope))
        values = frozenset(ref for part in parts for ref in part.values)
        rows = frozenset(ref for part in parts for ref in part.rows)
        literals: frozenset[str] = frozenset()
        if any(isinstance(node, _OVER_ROWS) for node in walk_in_scope(expression)):
            rows |= self.rows(scope)
        elif not values and not rows:
            literals = _literal(expression)
        return Derived(values, rows, None, literals)

    def _named(self, expression: exp.Expr, scope: Scope) -> Iterator[Derived]:
        """What the columns and inner queries of an expression are made of."""
        inner = {id(one.expression): one for one in scope.subquery_scopes}
        for node in walk_in_scope(expression):
            if isinstance(node, exp.Column):
                yield self._of_column(node, scope)
            elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
                raise NotFollowedError(f"has {_text(node.parent or node)}; name the columns")
            elif isinstance(node, exp.Query) and id(node) in inner:
                subquery = inner[id(node)]
                yield Derived(rows=self.rows(subquery))
                yield from (self.column(subquery, index) for index in range(len(node.selects)))

    def _of_column(self, column: exp.Column, scope: Scope) -> Derived:
        source = self._source(column, scope)
        name = column.name.lower()
        if isinstance(source, exp.Table):
            ref = Ref(self.relation(source), name)
            return Derived(frozenset([ref]), passes=ref)
        if isinstance(source.expression, exp.UDTF):
            parts = list(self._named(source.expression, source))
            generated = not parts and Derived(literals=_literal(source.expression))
            return generated or Derived(
                frozenset(ref for part in parts for ref in part.values),
                frozenset(ref for part in parts for ref in part.rows),
            )
        names = [str(one).lower() for one in source.expression.named_selects]  # type: ignore[attr-defined]
        found = self.column(source, names.index(name))
        if found.literals and not found.values and not found.rows and len(found.literals) > 1:
            # One of several literals: the rows decide which.
            return Derived(rows=self.rows(scope), literals=found.literals)
        return found

    def _source(self, column: exp.Column, scope: Scope) -> exp.Table | Scope:
        """Where a column's values stand: in a table, or in another part of the query."""
        at: Scope | None = scope
        while at is not None:
            found = at.sources.get(column.table)
            if isinstance(found, Scope):
                # What a recursive query sees of itself is its first part, in a scope that was not filled.
                return self.scopes.get(id(found.expression), found)
            if isinstance(found, exp.Table):
                return found
            at = at.parent
        raise NotFollowedError(f"has {_text(column)}, which no table it reads is known to have; qualify it")

    def _rows(self, scope: Scope) -> Iterator[Ref]:
        query = scope.expression
        if isinstance(query, exp.SetOperation | exp.Subquery):
            for part in (*scope.set_operation_scopes, *scope.subquery_scopes):
                yield from self.rows(part)
        elif isinstance(query, exp.UDTF):
            yield from (ref for part in self._named(query, scope) for ref in part.parents)
        elif isinstance(query, exp.Select) and not scope.pivots:
            yield from self._rows_of_select(query, scope)
        else:
            raise NotFollowedError(
                f"has {_text(query)}, whose rows are not known; write it as a plain select"
            )

    def _rows_of_select(self, query: exp.Select, scope: Scope) -> Iterator[Ref]:
        for _, source in scope.selected_sources.values():
            if isinstance(source, exp.Table):
                yield Ref(self.relation(source), EVERY)
            else:
                yield from self.rows(self.scopes.get(id(source.expression), source))
        deciding: list[Any] = [query.args.get(part) for part in ("where", "having", "qualify", "group")]
        for join in query.args.get("joins") or []:
            deciding += [join.args.get("on"), join.args.get("match_condition")]
        if query.args.get("distinct"):
            deciding += query.selects
        if query.args.get("limit"):
            deciding.append(query.args.get("order"))
        for part in deciding:
            if part is not None:
                yield from (ref for one in self._named(part, scope) for ref in one.parents)


_OVER_ROWS = (exp.AggFunc, exp.AnonymousAggFunc, exp.Window)
_COMPARISONS = (
    *(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.NullSafeEQ, exp.NullSafeNEQ),
    *(exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TimestampSub, exp.DatetimeAdd, exp.DatetimeSub),
    *(exp.TsOrDsAdd, exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff, exp.Add, exp.Sub),
)


def _bare(expression: exp.Expr) -> exp.Expr:
    """Without its alias, brackets and casts."""
    while isinstance(expression, exp.Alias | exp.Paren | exp.Cast | exp.TryCast):
        expression = expression.this
    return expression


def _false_if_unknown(expression: exp.Expr) -> exp.Column | None:
    """The column of `coalesce(column, false)`, which hands a flag on for rows that have one."""
    if isinstance(expression, exp.Coalesce) and len(expression.expressions) == 1:
        column, otherwise = _bare(expression.this), expression.expressions[0]
        if isinstance(column, exp.Column) and isinstance(otherwise, exp.Boolean) and not otherwise.this:
            return column
    return None


def _literal(expression: exp.Expr) -> frozenset[str]:
    return frozenset() if isinstance(_bare(expression), exp.Null) else frozenset([_text(expression)])


def either(parts: list[Derived], itself: str = "") -> Derived:
    """A column that is made one way or another: of what any way makes it of."""
    passes = {part.passes for part in parts if part.passes is None or part.passes.relation != itself}
    return Derived(
        frozenset(ref for part in parts for ref in part.values),
        frozenset(ref for part in parts for ref in part.rows),
        passes.pop() if len(passes) == 1 else None,
        frozenset(literal for part in parts for literal in part.literals),
    )


def _text(expression: exp.Expr) -> str:
    text = expression.sql(dialect="snowflake", comments=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
