"""Points every table reference of a statement at the object it means.

Names are completed from the session, temporary objects hide permanent ones, and references to CTEs are left
alone. What DuckDB would read differently is refused here: time travel and queries over a stage.
"""

from __future__ import annotations

from sqlglot import exp

from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.names import ObjectName
from include.sandbox.warehouse.session import Session

_REFUSED = {exp.HistoricalData: "time travel (AT or BEFORE)", exp.MatchRecognize: "MATCH_RECOGNIZE"}


def check_clauses(tree: exp.Expr) -> None:
    """Refuse the clauses that DuckDB would otherwise run without."""
    for clause, feature in _REFUSED.items():
        if tree.find(clause) is not None:
            raise unsupported(feature)


def resolve(tree: exp.Expr, session: Session) -> exp.Expr:
    """A copy of the statement in which every table is fully qualified."""
    tree = tree.copy()
    for with_ in list(tree.find_all(exp.With)):
        _mark_recursive(with_)
    for table in list(tree.find_all(exp.Table)):
        _check(table)
        if isinstance(table.this, exp.Identifier) and not is_cte(table):
            _qualify(table, session)
    return tree


def _check(table: exp.Table) -> None:
    if isinstance(table.this, exp.Var | exp.Parameter) or str(table.this).startswith("@"):
        raise unsupported("query over a stage")


def _qualify(table: exp.Table, session: Session) -> None:
    name = session.table_name(table)
    if name in session.temporary and not isinstance(table.parent, exp.Create | exp.Drop):
        if not table.alias and not _is_target(table):
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name.name, quoted=True)))
        name = ObjectName("temp", "main", session.temporary[name])
    table.set("catalog", exp.to_identifier(name.database, quoted=True))
    table.set("db", exp.to_identifier(name.schema, quoted=True))
    table.set("this", exp.to_identifier(name.name, quoted=True))


def _is_target(table: exp.Table) -> bool:
    """Whether the table is what an INSERT or TRUNCATE writes to, where an alias is not allowed."""
    holder = table.parent.parent if isinstance(table.parent, exp.Schema) else table.parent
    return isinstance(holder, exp.Insert | exp.TruncateTable) and table.find_ancestor(exp.Select) is None


def is_cte(table: exp.Table) -> bool:
    """Whether a CTE of this name is in scope; a CTE sees those before it, and itself if recursive."""
    if table.args.get("db"):
        return False
    wanted = _folded(table.this)
    node: exp.Expr = table
    while node.parent is not None:
        parent = node.parent
        if isinstance(parent, exp.With):
            before = parent.expressions[: _position(parent.expressions, node)]
            if any(_folded(cte.args["alias"].this) == wanted for cte in before):
                return True
            if _folded(node.args["alias"].this) == wanted and _refers_to_itself(node):
                return True
            # The query this WITH belongs to also holds the node, but its later CTEs are not visible here.
            node = parent.parent or parent
            continue
        with_ = parent.args.get("with_")
        if with_ is not None and any(_folded(cte.args["alias"].this) == wanted for cte in with_.expressions):
            return True
        node = parent
    with_ = node.args.get("with_")
    return (
        with_ is not None
        and any(_folded(c.args["alias"].this) == wanted for c in with_.expressions)
        and not (table.find_ancestor(exp.With))
    )


def _position(items: list[exp.Expr], item: exp.Expr) -> int:
    return next(i for i, candidate in enumerate(items) if candidate is item)


def _mark_recursive(with_: exp.With) -> None:
    """RECURSIVE is optional on Snowflake: https://docs.snowflake.com/en/sql-reference/constructs/with"""
    if any(_refers_to_itself(cte) for cte in with_.expressions):
        with_.set("recursive", True)


def _refers_to_itself(cte: exp.Expr) -> bool:
    """Whether this CTE is a UNION with an unqualified reference to its own name."""
    if not isinstance(cte.this, exp.Union):
        return False
    own = _folded(cte.args["alias"].this)
    return any(
        isinstance(table.this, exp.Identifier) and not table.args.get("db") and _folded(table.this) == own
        for table in cte.this.find_all(exp.Table)
    )


def _folded(identifier: exp.Expr) -> str:
    return identifier.name if identifier.args.get("quoted") else identifier.name.upper()
