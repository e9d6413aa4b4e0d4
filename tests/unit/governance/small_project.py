"""A dbt project of a few models, compiled: as its manifest tells of it, to be broken in one place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from include.contracts import MetricContract, load_metric_contract
from include.governance.contract_check import Checked, check
from include.governance.lineage import CompiledProject

SOURCES = {
    "raw_bank.party": ("id", "opted_in", "status", "product"),
    "raw_bank.txn": ("id", "party_id", "posted_at", "kind"),
}
CLAUSES = {
    "1.2": ("fct_journey_event.party_id",),
    "2.1": ("fct_journey_event.occurred_at", "fct_journey_event.event_type"),
    "3.1": (
        "dim_customer.opt_in_operational",
        "dim_customer.account_status",
        "dim_customer.last_customer_event_at",
        "dim_customer.is_active",
        "mart_daily.figure",
    ),
    "1.1": ("dim_customer.party_id",),
}


@dataclass(frozen=True)
class Sql:
    """A model: where it stands, its SQL, its columns as name -> (type, clause), and what is tested of it."""

    folder: str
    text: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    tests: tuple[dict[str, Any], ...] = ()
    unit_tests: int = 1
    descriptions: dict[str, str] = field(default_factory=dict)
    built: str = ""  # the SQL when the model is there already


SMALL = {
    "stg_bank__party": Sql("silver/staging/bank", "select * from analytics.raw_bank.party"),
    "stg_bank__txn": Sql("silver/staging/bank", "select * from analytics.raw_bank.txn"),
    "int_journey__event": Sql(
        "silver/intermediate/journey",
        """select id as event_id, party_id, posted_at as occurred_at, 'txn_' || kind as event_type
        from analytics.silver.stg_bank__txn""",
    ),
    "int_customer__activity": Sql(
        "silver/intermediate/customer",
        """select party_id, occurred_at as valid_from, dateadd(hour, 720, occurred_at) as valid_to
        from analytics.silver.int_journey__event""",
        meta={"only_for": "dim_customer"},
    ),
    "dim_customer": Sql(
        "gold/customer",
        """select
            party.id as party_id,
            party.opted_in::boolean as opt_in_operational,
            party.status as account_status,
            events.occurred_at as last_customer_event_at,
            (
                party.opted_in::boolean and party.status = 'active' and activity.party_id is not null
            ) as is_active
        from analytics.silver.stg_bank__party as party
        left join analytics.silver.int_customer__activity as activity on party.id = activity.party_id
        asof join analytics.silver.int_journey__event as events
            match_condition(activity.valid_to > events.occurred_at) on party.id = events.party_id""",
        {
            "party_id": ("varchar", "1.1"),
            "opt_in_operational": ("boolean", "3.1"),
            "account_status": ("varchar", "3.1"),
            "last_customer_event_at": ("timestamp_ntz(6)", "3.1"),
            "is_active": ("boolean", "3.1"),
        },
        tests=({"name": "unique", "column": "party_id"},),
    ),
    "fct_journey_event": Sql(
        "gold/journey",
        "select event_id, party_id, occurred_at, event_type from analytics.silver.int_journey__event",
        {
            "event_id": ("varchar", "technical"),
            "party_id": ("varchar", "1.2"),
            "occurred_at": ("timestamp_ntz(6)", "2.1"),
            "event_type": ("varchar", "2.1"),
        },
        tests=({"name": "relationships", "column": "party_id"},),
    ),
    "mart_daily": Sql(
        "gold/metrics",
        """select last_customer_event_at::date as day, '1.0'::varchar as made_by, count(*) as figure
        from analytics.gold_candidate.dim_customer where is_active group by day""",
        {"day": ("date", "technical"), "made_by": ("varchar", "technical"), "figure": ("number", "3.1")},
        tests=({"name": "figures_are_whole"},),
    ),
}


def contract(**columns: tuple[str, ...]) -> MetricContract:
    """The contract in force, but for the columns that its clauses name: those of the small project."""
    law = load_metric_contract()
    named = CLAUSES | {clause.removeprefix("c").replace("_", "."): given for clause, given in columns.items()}
    clauses = {
        clause.id: replace(clause, columns=named.get(clause.id, ())) for clause in law.clauses.values()
    }
    return replace(law, clauses=clauses)


def checked(law: MetricContract | None = None, **models: Sql) -> Checked:
    """The small project with some models replaced or added, held against the contract."""
    return check(project(**models), law or contract())


def told(law: MetricContract | None = None, **models: Sql) -> list[str]:
    """What is wrong with it, a line each."""
    return [str(problem) for problem in checked(law, **models).problems]


def project(**models: Sql) -> CompiledProject:
    """The small project with some models replaced or added."""
    all_models = SMALL | models
    return CompiledProject.of(_manifest(all_models, built=False), _manifest(all_models, built=True))


def _manifest(models: dict[str, Sql], *, built: bool) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for name, model in models.items():
        layer = model.folder.split("/", maxsplit=1)[0]
        schema = "gold_candidate" if layer == "gold" else layer
        text = (built and model.built) or model.text
        nodes[f"model.p.{name}"] = {
            "resource_type": "model",
            "name": name,
            "fqn": ["p", *model.folder.split("/"), name],
            "database": "ANALYTICS",
            "schema": schema,
            "description": "One row per thing.",
            "config": {"materialized": "table", "meta": model.meta},
            "columns": {
                column: {
                    "name": column,
                    "description": model.descriptions.get(
                        column, f"What the bank knows of {column} by then."
                    ),
                    "data_type": data_type,
                    "config": {"meta": {"clause": clause} if clause else {}},
                }
                for column, (data_type, clause) in model.columns.items()
            },
            "depends_on": {"nodes": [*_read(text, models)]},
            "compiled_code": text,
        }
        for number, test in enumerate(model.tests):
            generic = test["name"] in {"unique", "unique_together", "relationships", "accepted_values"}
            nodes[f"test.p.{name}.{number}"] = {
                "resource_type": "test",
                "name": test["name"],
                "test_metadata": {"name": test["name"], "kwargs": test.get("arguments", {})}
                if generic
                else None,
                "attached_node": f"model.p.{name}" if generic else None,
                "column_name": test.get("column"),
                "depends_on": {"nodes": [f"model.p.{name}"]},
            }
    return {
        "nodes": nodes,
        "sources": {
            f"source.p.{source}": {
                "resource_type": "source",
                "database": "ANALYTICS",
                "schema": source.partition(".")[0],
                "identifier": source.partition(".")[2],
                "columns": dict.fromkeys(columns),
            }
            for source, columns in SOURCES.items()
        },
        "unit_tests": {
            f"unit.{name}.{number}": {"model": name}
            for name, model in models.items()
            for number in range(model.unit_tests)
        },
    }


def _read(text: str, models: dict[str, Sql]) -> list[str]:
    names = {f"{schema}.{name}" for schema, name in re.findall(r"\banalytics\.(\w+)\.(\w+)", text)}
    read = [f"model.p.{name}" for name in models if any(found.endswith(f".{name}") for found in names)]
    return read + [f"source.p.{name}" for name in SOURCES if name in names]
