"""Every gold column comes from bronze and names the clauses that name it.

A column may hold nothing but one typed-in value (a version, the build's day) if it is `technical`: it then
speaks of the table, not of the bank. A dimension that reads nothing at all, such as a calendar, is made, not
measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from include.contracts import MetricContract
from include.governance.lineage import CompiledProject, Lineage, Model, Ref
from include.governance.policy.problem import Problem

TECHNICAL = "technical"


def problems(project: CompiledProject, lineage: Lineage, contract: MetricContract) -> Iterator[Problem]:
    """What is wrong with the descent or the clauses of gold's columns."""
    for model in project.gold():
        yield from _columns(model, lineage)
        yield from _clauses(model, contract)
        if not _is_made(model):
            yield from _descent(model, lineage)
    yield from _promised(project, contract)


def _is_made(model: Model) -> bool:
    return not model.reads and model.name.startswith("dim_")


def _columns(model: Model, lineage: Lineage) -> Iterator[Problem]:
    selected = lineage.queries[model.name].columns
    for name in selected.keys() - model.columns.keys():
        yield Problem(model.name, name, "", "is selected and not described", f"add it to {model.name}.yml")
    for name in model.columns.keys() - selected.keys():
        yield Problem(
            model.name, name, "", "is described and not selected", f"take it out of {model.name}.yml"
        )


def _clauses(model: Model, contract: MetricContract) -> Iterator[Problem]:
    for column in model.columns.values():
        named = set(column.clauses)
        naming = naming_clauses(contract, model.name, column.name)
        if not named:
            what = "names no clause of the metric contract"
            to_do = f"add `config: {{meta: {{clause: ...}}}}`: {_list(naming) or 'a clause'}, or {TECHNICAL}"
            yield Problem(model.name, column.name, "", what, to_do)
            continue
        for clause in sorted(named - contract.clauses.keys() - {TECHNICAL}):
            known = ", ".join(contract.clauses)
            what = f"names clause {clause}, which {contract.id} does not have"
            yield Problem(model.name, column.name, clause, what, f"name one of {known}, or {TECHNICAL}")
        if TECHNICAL in named and len(named) > 1:
            what = f"names {TECHNICAL} and clauses besides"
            yield Problem(
                model.name, column.name, "", what, f"a column is {TECHNICAL} or implements a clause"
            )
        for clause in sorted((named & contract.clauses.keys()) - naming):
            what = "names a clause that does not name it"
            to_do = f"add {model.name}.{column.name} to the clause's `columns` and have the contract signed"
            yield Problem(model.name, column.name, clause, what, f"{to_do}, or correct meta.clause")
        for clause in sorted(naming - named):
            what = "is named by a clause that it does not name"
            yield Problem(model.name, column.name, clause, what, "add the clause to its meta.clause")


def _descent(model: Model, lineage: Lineage) -> Iterator[Problem]:
    columns = lineage.queries[model.name].columns
    for name in columns:
        if lineage.to_bronze(Ref(model.name, name)):
            continue
        clauses = model.columns[name].clauses if name in model.columns else ()
        held = sorted(columns[name].literals)
        if clauses == (TECHNICAL,) and held:
            continue
        as_what = f"typed in as {' or '.join(held)}" if held else "always empty"
        what = f"has no way to bronze: it is {as_what}"
        to_do = "derive it from a source"
        if held:
            to_do += f", or name it {TECHNICAL} if it speaks of the table and not of the bank"
        yield Problem(model.name, name, _list(clauses), what, to_do)


def _promised(project: CompiledProject, contract: MetricContract) -> Iterator[Problem]:
    gold = {model.name: model for model in project.gold()}
    for clause in contract.clauses.values():
        for column in clause.columns:
            table, _, name = column.partition(".")
            if table not in gold or name not in gold[table].columns:
                what = f"is named by {contract.id} and is not in gold"
                yield Problem(
                    table, name, clause.id, what, "build it, or take it out of the clause and sign again"
                )


def naming_clauses(contract: MetricContract, table: str, column: str) -> set[str]:
    """The clauses whose `columns` name a gold column."""
    return {clause.id for clause in contract.clauses.values() if f"{table}.{column}" in clause.columns}


def _list(clauses: set[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(clauses))
