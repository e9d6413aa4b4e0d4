"""The macro ``contract()``: facts of the contracts that dbt models read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from include.contracts.metric import Clause, MetricContract
from include.contracts.source import SourceContract

WIDTH = 100
EXAMPLES = """{#-
    Facts of the contracts, for models to read instead of repeating:
        contract().timezone
        contract().clauses["3.1"].parameters.window_hours
        contract().event_types.txn_purchase.customer_initiated
        contract().metrics.active_customers.owner
        contract().sources.kyc.tables.applicant.key
        contract().sources.kyc.tables.applicant.accepted.state
-#}
"""


def contract_macro(metrics: MetricContract, sources: Iterable[SourceContract]) -> str:
    """The macro's file. JSON is also a Jinja expression, apart from nulls, which no contract holds."""
    facts = {
        "id": metrics.id,
        "version": metrics.version,
        "timezone": metrics.timezone,
        "clauses": {clause.id: _clause(clause) for clause in metrics.clauses.values()},
        "metrics": {
            metric.name: {"clause": metric.clause, "owner": metric.owner, "channel": metric.channel}
            for metric in metrics.metrics
        },
        "sources": {source.name: _source(source) for source in sources},
    }
    return (
        f"{EXAMPLES}{{% macro contract() %}}\n"
        f"    {{%- set facts = {_indented(facts)} -%}}\n"
        '    {%- do facts.update({"event_types": facts.clauses["2.1"].parameters.event_types}) -%}\n'
        "    {{- return(facts) -}}\n"
        "{% endmacro %}\n"
    )


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "title": clause.title,
        "version": clause.version,
        "parameters": clause.parameters,
    }


def _source(source: SourceContract) -> dict[str, Any]:
    return {
        "version": source.version,
        "criticality": source.criticality,
        "tables": {
            table.name: {
                "key": table.key,
                "accepted": {column.name: column.enum for column in table.columns if column.enum},
            }
            for table in source.tables
        },
    }


def _indented(facts: dict[str, Any]) -> str:
    """JSON over several lines: mappings of mappings unfold, the rest stays on one line where it fits."""
    return _unfold(facts, "    ")


def _unfold(value: Any, indent: str) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    inner = f"{indent}    "
    if isinstance(value, dict):
        nested = any(isinstance(item, dict) for item in value.values())
        if nested or len(indent) + len(flat) > WIDTH:
            items = (f"{inner}{json.dumps(key)}: {_unfold(item, inner)}" for key, item in value.items())
            return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    elif isinstance(value, list | tuple) and len(indent) + len(flat) > WIDTH:
        return "[\n" + ",\n".join(f"{inner}{_unfold(item, inner)}" for item in value) + f"\n{indent}]"
    return flat
