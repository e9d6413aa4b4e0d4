"""The contract's check: whether the models hold to it. `python -m include.governance.contract_check`.

Fails with one line for each model or column that does not: where, which clause, what is wrong, what to do.
`--bindings` prints instead, for each clause, the `columns` that the gold models name it in.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from include.contracts import ContractError, MetricContract, load_metric_contract
from include.governance.lineage import (
    CompiledProject,
    CompileError,
    Lineage,
    LineageError,
    compile_project,
)
from include.governance.policy import Problem, activity, bindings, care


@dataclass(frozen=True)
class Checked:
    """A project that was looked at, its lineage, and what is wrong with it."""

    project: CompiledProject
    lineage: Lineage
    problems: tuple[Problem, ...]


def check(project: CompiledProject, contract: MetricContract) -> Checked:
    """Hold every model against the contract. Raises LineageError where one cannot be followed."""
    lineage = Lineage.of(project)
    found = {
        *activity.problems(project, lineage, contract),
        *bindings.problems(project, lineage, contract),
        *care.problems(project, lineage),
    }
    return Checked(project, lineage, tuple(sorted(found)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m include.governance.contract_check",
        description="Hold the models against the contract.",
    )
    parser.add_argument("--bindings", action="store_true", help="print the columns that name each clause")
    given = parser.parse_args(arguments)
    try:
        contract = load_metric_contract()
        project = compile_project()
        if given.bindings:
            sys.stdout.write(_bindings(project, contract))
            return 0
        checked = check(project, contract)
    except (ContractError, CompileError, LineageError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    for found in checked.problems:
        sys.stderr.write(f"{found}\n")
    columns = sum(len(checked.lineage.queries[model.name].columns) for model in project.gold())
    sys.stdout.write(
        f"{len(project.models)} models, {columns} gold columns, {len(checked.problems)} problems\n"
    )
    return 1 if checked.problems else 0


def _bindings(project: CompiledProject, contract: MetricContract) -> str:
    lines = []
    for clause in contract.clauses:
        named = [
            f"{model.name}.{column.name}"
            for model in sorted(project.gold(), key=lambda model: model.name)
            for column in model.columns.values()
            if clause in column.clauses
        ]
        lines.append(f"{clause}: [{', '.join(named)}]\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
