"""What a model owes its readers and dbt-bouncer cannot say: see dbt-bouncer.yml for the rest.

- A column of gold is described in words of its own: at least five, and not its name over again.
- A key of a gold dimension that stands in another gold table has a relationships test.
- A text column that can hold only values that stand in the SQL has a test that lists the accepted ones.
- A mart has a business rule: a test beyond the shape of its columns.
- An intermediate model that does more than hand columns on has a unit test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from include.governance.lineage import CompiledProject, Lineage, Model, Ref
from include.governance.policy.problem import Problem

FEWEST_WORDS = 5
ACCEPTED = frozenset(
    {
        "accepted_values",
        "among_contract_parameter",
        "named_in_contract",
        "source_named_in_contract",
        "accepted_by_contract",
    }
)
SHAPE = ACCEPTED | {"unique", "not_null", "unique_together", "relationships", "is_empty"}
VALID_TIME = frozenset({"valid_from", "valid_to"})


def problems(project: CompiledProject, lineage: Lineage) -> Iterator[Problem]:
    """What a model lacks."""
    keys = _keys_of_dimensions(project)
    for model in project.models.values():
        if model.layer == "gold":
            yield from _descriptions(model)
            yield from _relationships(project, model, keys)
            yield from _accepted(project, lineage, model)
        if model.name.startswith("mart_") and not _has_business_rule(project, model):
            to_do = f"add dbt/tests/<what must hold>.sql that reads {model.name}"
            yield Problem(model.name, "", "", "has no test of a business rule", to_do)
        intermediate = model.folder.startswith("silver/intermediate")
        if intermediate and not project.unit_tests.get(model.name) and not _only_hands_on(lineage, model):
            to_do = f"add one to {model.name}.yml for each rule"
            yield Problem(model.name, "", "", "has logic and no unit test", to_do)


def _descriptions(model: Model) -> Iterator[Problem]:
    for column in model.columns.values():
        words = re.findall(r"\w+", column.description)
        if not words:
            what = "has no description"
        elif len(words) < FEWEST_WORDS:
            what = f"is described in {len(words)} words"
        elif {word.lower() for word in words} <= set(column.name.split("_")):
            what = "is described by its name alone"
        else:
            continue
        to_do = f"say in {model.name}.yml what it means to somebody who does not know the model"
        yield Problem(model.name, column.name, ", ".join(column.clauses), what, to_do)


def _keys_of_dimensions(project: CompiledProject) -> dict[str, str]:
    """Name of a key's column -> the dimension that it is the key of; valid time is no key to anything."""
    keys: dict[str, str] = {}
    for model in project.gold():
        if not model.name.startswith("dim_"):
            continue
        for test in project.tests_of(model.name):
            if test.name == "unique":
                keys[test.column] = model.name
            elif test.name == "unique_together":
                keys |= dict.fromkeys(set(test.arguments["columns"]) - VALID_TIME, model.name)
    return keys


def _relationships(project: CompiledProject, model: Model, keys: dict[str, str]) -> Iterator[Problem]:
    held = {test.column for test in project.tests_of(model.name) if test.name == "relationships"}
    for name in sorted(model.columns.keys() & keys.keys() - held):
        if keys[name] != model.name:
            what = f"is the key of {keys[name]} and nothing tests that it is found there"
            to_do = (
                f"add the test `relationships` to {keys[name]}, or to the model that {keys[name]} has it from"
            )
            yield Problem(model.name, name, "", what, to_do)


def _accepted(project: CompiledProject, lineage: Lineage, model: Model) -> Iterator[Problem]:
    tested = {test.column for test in project.tests_of(model.name) if test.name in ACCEPTED}
    for name, column in lineage.queries[model.name].columns.items():
        declared = model.columns.get(name)
        if declared is None or not declared.data_type.startswith("varchar") or name in tested:
            continue
        made_at = lineage.origin(Ref(model.name, name))
        made = column if lineage.is_bronze(made_at) else lineage.column(made_at)
        if len(made.literals) > 1 and not made.values:
            what = f"holds one of {len(made.literals)} values that stand in the SQL, and no test lists them"
            to_do = "add among_contract_parameter or accepted_values"
            yield Problem(model.name, name, ", ".join(declared.clauses), what, to_do)


def _has_business_rule(project: CompiledProject, model: Model) -> bool:
    return any(test.name not in SHAPE for test in project.tests_of(model.name))


def _only_hands_on(lineage: Lineage, model: Model) -> bool:
    query = lineage.queries[model.name]
    read = {ref.relation for ref in query.rows}
    return len(read) <= 1 and all(column.passes for column in query.columns.values()) and len(query.rows) <= 1
