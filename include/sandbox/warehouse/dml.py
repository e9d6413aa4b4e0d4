"""INSERT, UPDATE, DELETE and MERGE, with the counts and the refusals Snowflake answers with."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from include.sandbox.warehouse import results
from include.sandbox.warehouse.errors import SnowflakeError
from include.sandbox.warehouse.names import quoted
from include.sandbox.warehouse.queries import to_duckdb
from include.sandbox.warehouse.resolve import resolve
from include.sandbox.warehouse.results import Result, changed
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.translate import generate


def insert(session: Session, tree: exp.Insert, rows: Sequence[Sequence[Any]]) -> Result:
    """INSERT [OVERWRITE]; OVERWRITE empties the table and fills it in one step, and may read the old rows."""
    with session.unit():
        if tree.args.get("overwrite"):
            count = _overwrite(session, tree)
        else:
            sql = to_duckdb(session, tree)
            count = sum(_count(session, sql, row) for row in rows or [()])
    return changed(results.INSERT, {"number of rows inserted": count})


def _overwrite(session: Session, tree: exp.Insert) -> int:
    aside = quoted("temp", "main", f"~{uuid.uuid4().hex}")
    session.rows(f"create temporary table {aside} as {to_duckdb(session, tree.expression)}")
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    session.rows(f"delete from {session.physical(session.table_name(target))}")
    refill = tree.copy()
    refill.set("overwrite", False)
    refill.set("expression", exp.select("*").from_(exp.to_table(aside, dialect="duckdb")))
    count = _count(session, to_duckdb(session, refill), ())
    session.rows(f"drop table {aside}")
    return count


def update(session: Session, tree: exp.Update, rows: Sequence[Sequence[Any]]) -> Result:
    with session.unit():
        sql = to_duckdb(session, tree)
        count = sum(_count(session, sql, row) for row in rows or [()])
    return changed(
        results.UPDATE, {"number of rows updated": count, "number of multi-joined rows updated": 0}
    )


def delete(session: Session, tree: exp.Delete, rows: Sequence[Sequence[Any]]) -> Result:
    with session.unit():
        sql = to_duckdb(session, tree)
        count = sum(_count(session, sql, row) for row in rows or [()])
    return changed(results.DELETE, {"number of rows deleted": count})


def _count(session: Session, sql: str, values: Sequence[Any]) -> int:
    return int(session.rows(sql, values or None)[0][0])


def merge(session: Session, tree: exp.Merge, rows: Sequence[Sequence[Any]]) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/merge"""
    resolved = resolve(tree, session).assert_is(exp.Merge)
    with session.unit():
        _refuse_duplicates(session, resolved)
        sql = f"{generate(resolved, session)} returning merge_action"
        counts: Counter[str] = Counter()
        done = session.run(sql, rows[0] if rows else None)
        for batch in results.batches_of(done.to_arrow_reader(results.ROWS_PER_CHUNK)):
            for entry in batch.column(0).value_counts().to_pylist():
                counts[entry["values"]] += entry["counts"]
    asked = {_action(when)[0] for when in tree.args["whens"].expressions}
    words = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}
    return changed(results.MERGE, {f"number of rows {words[a]}": counts[a] for a in words if a in asked})


def _action(when: exp.When) -> tuple[str, exp.Expr | None]:
    """What a WHEN clause does, and under which further condition."""
    then = when.args["then"]
    if isinstance(then, exp.Insert):
        return "INSERT", when.args.get("condition")
    return ("UPDATE" if isinstance(then, exp.Update) else "DELETE"), when.args.get("condition")


def _refuse_duplicates(session: Session, merge_: exp.Merge) -> None:
    """Several source rows that would update one target row are an error, as ERROR_ON_NONDETERMINISTIC_MERGE
    has it.

    https://docs.snowflake.com/en/sql-reference/sql/merge#duplicate-join-behavior
    """
    matched = [_action(when) for when in merge_.args["whens"].expressions if when.args.get("matched")]
    updates = [condition for action, condition in matched if action == "UPDATE"]
    if not updates or session.parameters.get("ERROR_ON_NONDETERMINISTIC_MERGE", "true").lower() == "false":
        return
    target, source = merge_.this, merge_.args["using"]
    pairs = (
        exp.select(
            exp.alias_(
                exp.column("rowid", table=exp.to_identifier(target.alias_or_name, quoted=True)), "ROW_ID"
            ),
            exp.alias_(_any_of(updates), "IS_UPDATE"),
        )
        .from_(target.copy())
        .join(source.copy(), on=merge_.args["on"].copy())
        .where(_any_of([condition for _, condition in matched]))
    )
    found = session.rows(
        f"select 1 from ({generate(pairs, session)}) group by {quoted('ROW_ID')} "
        f"having count(*) > 1 and bool_or({quoted('IS_UPDATE')}) limit 1"
    )
    if found:
        raise SnowflakeError("Duplicate row detected during DML action", 100090, "42P18")


def _any_of(conditions: list[exp.Expr | None]) -> exp.Expr:
    """Clauses without a condition of their own always apply."""
    if any(condition is None for condition in conditions):
        return exp.true()
    return exp.or_(*[condition.copy() for condition in conditions if condition is not None])
