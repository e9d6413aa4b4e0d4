"""Activity is derived in `dim_customer` and nowhere else: clause 3.1 against the compiled SQL.

Five ways to derive it again are found:

1. reading a model that is reserved for `dim_customer` (`meta.only_for`): what holds condition (b);
2. a column called active, inactive, lapsed or dormant that is not `dim_customer.is_active` handed on, or,
   where it is no flag, that does not come from it;
3. comparing or moving the moment of a journey event by the clause's window, however the window is written
   (720 hours, 30 days, one month);
4. a column, or the choice of rows, that combines the last customer event with opt-in or account status:
   condition (b) with (c) or (d), across as many models as it takes;
5. a gold column that names clause 3.1 and does not come from `is_active`, outside `dim_customer` and
   dimensions without customers.

What this cannot see: a window of another length that is combined with neither opt-in nor status, a window
whose length is read from data, a window on a source's own moments that never become a journey event, and what
a reader does with gold outside dbt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from sqlglot import exp

from include.contracts import MetricContract
from include.governance.lineage import CompiledProject, Lineage, Model, Ref
from include.governance.lineage.query import Comparison
from include.governance.policy.problem import Problem

CLAUSE = "3.1"
HOME = "dim_customer"
FLAG = Ref(HOME, "is_active")
LAST_EVENT = Ref(HOME, "last_customer_event_at")
STANDING = (Ref(HOME, "opt_in_operational"), Ref(HOME, "account_status"))
EVENT_MOMENT = Ref("fct_journey_event", "occurred_at")
RESERVED = "only_for"
PARTY = "party_id"

WORDS = frozenset({"active", "inactive", "lapsed", "dormant"})
HOURS = {"SECOND": 1 / 3600, "MINUTE": 1 / 60, "HOUR": 1, "DAY": 24, "WEEK": 168, "MONTH": 720}
_SHIFTS = (
    exp.DateAdd,
    exp.DateSub,
    exp.TimestampAdd,
    exp.TimestampSub,
    exp.DatetimeAdd,
    exp.DatetimeSub,
    exp.TsOrDsAdd,
)
_DIFFERENCES = (exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff)
USE = f"read {FLAG} instead"


def problems(project: CompiledProject, lineage: Lineage, contract: MetricContract) -> Iterator[Problem]:
    """Every model that derives activity besides `dim_customer`, by the five rules above."""
    if absent := [ref for ref in (FLAG, LAST_EVENT, *STANDING) if not _has(lineage, ref)]:
        names = ", ".join(map(str, absent))
        yield Problem(
            HOME, "", CLAUSE, f"lacks {names}", "tell include/governance/policy/activity.py what it is now"
        )
        return
    yield from _reservations(project, lineage)
    watch = _Watch(lineage, contract)
    for model in project.models.values():
        if model.name == HOME:
            continue
        yield from watch.names(model)
        if not model.is_staging and RESERVED not in model.meta:
            yield from watch.windows(model)
            yield from watch.combinations(model)
        yield from watch.bound(model)


def _reservations(project: CompiledProject, lineage: Lineage) -> Iterator[Problem]:
    reserved = {model.name: model for model in project.models.values() if RESERVED in model.meta}
    for model in reserved.values():
        if not model.folder.startswith("silver/intermediate"):
            what = f"says meta.{RESERVED}, and only an intermediate model of silver can be reserved"
            yield Problem(model.name, "", CLAUSE, what, "remove it")
        if model.meta[RESERVED] != HOME:
            what = f"says meta.{RESERVED}: {model.meta[RESERVED]}"
            yield Problem(model.name, "", CLAUSE, what, f"only {HOME} has models of its own: name it")
    used = {ref.relation for ref in lineage.ancestors([FLAG])}
    if not used & reserved.keys():
        what = f"comes from no model that says meta.{RESERVED}: {HOME}"
        yield Problem(
            HOME, FLAG.column, CLAUSE, what, "say so in the .yml of the model that holds condition (b)"
        )
    for reader in project.models.values():
        if reader.name == HOME or reader.name in reserved:
            continue
        for name in sorted(reserved.keys() & set(reader.reads)):
            what = f"reads {name}, which is reserved for {HOME}"
            yield Problem(reader.name, "", CLAUSE, what, USE)


class _Watch:
    """Looks at one model after the other."""

    def __init__(self, lineage: Lineage, contract: MetricContract) -> None:
        self._lineage = lineage
        self._window = contract.clauses[CLAUSE].parameters["window_hours"]
        self._bound = {
            Ref(*column.split(".")) for column in contract.clauses[CLAUSE].columns if _owner(column) != HOME
        }
        # What hands an opt-in or a status to the dimension is one, too.
        self._standing = frozenset(chain(STANDING, *(lineage.column(ref).values for ref in STANDING)))
        self._moments = {LAST_EVENT, *_handed_on(lineage, EVENT_MOMENT)}

    def names(self, model: Model) -> Iterator[Problem]:
        """Columns whose name says active."""
        for name in self._lineage.queries[model.name].columns:
            if not _says_active(name):
                continue
            ref = Ref(model.name, name)
            origin = self._lineage.origin(ref)
            if origin == FLAG or (self._lineage.is_bronze(origin) and _says_active(origin.column)):
                continue  # the flag itself, or a source's own word, handed on
            if self._is_flag(model, name):
                what = f"is called active and is not {FLAG} handed on"
                yield Problem(model.name, name, CLAUSE, what, f"{USE}, or give another fact another name")
            elif FLAG not in self._lineage.ancestors([ref], stop=frozenset({HOME})):
                what = f"is called active and does not come from {FLAG}"
                yield Problem(model.name, name, CLAUSE, what, f"{USE}, or give another fact another name")

    def windows(self, model: Model) -> Iterator[Problem]:
        """Journey events held against the window of the clause."""
        for comparison in self._lineage.queries[model.name].comparisons:
            if not _spans(comparison.expression, self._window):
                continue
            if self._moments & self._lineage.ancestors(comparison.refs, stop=frozenset({HOME})):
                what = (
                    f"holds the moment of a journey event against {self._window} hours: {_text(comparison)}"
                )
                yield Problem(model.name, "", CLAUSE, what, USE)
                return

    def combinations(self, model: Model) -> Iterator[Problem]:
        """The last customer event together with opt-in or status, in a column or in the choice of rows."""
        query = self._lineage.queries[model.name]
        of_rows = self._conditions(query.rows)
        if len(of_rows) > 1:
            what = f"chooses its rows by {' and '.join(sorted(of_rows))} together"
            yield Problem(model.name, "", CLAUSE, what, USE)
            return
        for name, column in query.columns.items():
            conditions = self._conditions(column.parents) if column.passes is None else frozenset()
            if len(of_rows | conditions) > 1 and conditions:
                what = f"is made of {' and '.join(sorted(of_rows | conditions))} together"
                yield Problem(model.name, name, CLAUSE, what, USE)

    def bound(self, model: Model) -> Iterator[Problem]:
        """Gold columns that the contract names under the clause.

        Another dimension may say what the clause says of its own rows, such as which products are primary:
        a row that is no customer is not active.
        """
        if model.name.startswith("dim_") and PARTY not in model.columns:
            return
        for name in self._lineage.queries[model.name].columns:
            ref = Ref(model.name, name)
            if ref in self._bound and FLAG not in self._lineage.ancestors([ref], stop=frozenset({HOME})):
                yield Problem(
                    model.name, name, CLAUSE, f"names the clause and does not come from {FLAG}", USE
                )

    def _conditions(self, refs: Iterable[Ref]) -> frozenset[str]:
        behind = self._lineage.ancestors(refs, stop=frozenset({HOME}))
        found = set()
        if LAST_EVENT in behind:
            found.add(LAST_EVENT.column)
        if self._standing & behind:
            found.add("opt-in or account status")
        return frozenset(found)

    def _is_flag(self, model: Model, name: str) -> bool:
        declared = model.columns[name].data_type if name in model.columns else ""
        return declared == "boolean" or (
            not declared and name.split("_", maxsplit=1)[0] in {"is", "was", "has", *WORDS}
        )


def _says_active(name: str) -> bool:
    return bool(WORDS & set(name.split("_")))


def _has(lineage: Lineage, ref: Ref) -> bool:
    return ref.relation in lineage.queries and ref.column in lineage.queries[ref.relation].columns


def _handed_on(lineage: Lineage, ref: Ref) -> Iterator[Ref]:
    """A column and those it is an unchanged copy of, down to where it is made."""
    while _has(lineage, ref):
        yield ref
        before = lineage.column(ref).passes
        if before is None or before == ref:
            return
        ref = before


def _owner(column: str) -> str:
    return column.split(".", maxsplit=1)[0]


def _spans(expression: exp.Expr, hours: int) -> bool:
    """Whether a comparison or shift holds a stretch of just so many hours, in any unit."""
    for node in expression.walk():
        if isinstance(node, _SHIFTS):
            stretch = _number(node.expression), node.args.get("unit")
        elif isinstance(node, exp.Interval):
            stretch = _interval(node)
        elif isinstance(node, _DIFFERENCES) and isinstance(node.parent, exp.Binary | exp.Between):
            for other in node.parent.iter_expressions():
                if id(other) != id(node) and _is(hours, _number(other), node.args.get("unit")):
                    return True
            continue
        else:
            continue
        if _is(hours, *stretch):
            return True
    return False


def _is(hours: int, amount: float | None, unit: exp.Expr | None) -> bool:
    name = unit.name.upper().removesuffix("S") if unit is not None else "DAY"
    return amount is not None and name in HOURS and abs(abs(amount) * HOURS[name] - hours) < 1e-6


def _number(expression: exp.Expr | None) -> float | None:
    while isinstance(expression, exp.Neg | exp.Paren | exp.Cast):
        expression = expression.this
    if isinstance(expression, exp.Interval):
        return None
    try:
        return float(expression.name) if isinstance(expression, exp.Literal) else None
    except ValueError:
        return None


def _interval(interval: exp.Interval) -> tuple[float | None, exp.Expr | None]:
    return _number(interval.this), interval.args.get("unit")


def _text(comparison: Comparison) -> str:
    text = comparison.expression.sql(dialect="snowflake", comments=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
