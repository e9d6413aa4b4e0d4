"""The macro ``contract()``: facts of the contracts that dbt models read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from include.contracts.metric import Clause, MetricContract
from include.contracts.source import Column, SourceContract, Table

WIDTH = 100
EXAMPLES = """{#-
    Facts of the contracts, for models to read instead of repeating:
        contract().timezone
        contract().clauses["3.1"].parameters.window_hours
        contract().event_types.txn_purchase.customer_initiated
        contract().metrics.active_customers.owner
        contract().sources.kyc.tables.applicant.key
        contract().sources.kyc.tables.applicant.accepted.state
        contract().sources.kyc.tables.applicant.types.created_at
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
        "tables": {table.name: _table(table) for table in source.tables},
    }


def _table(table: Table) -> dict[str, Any]:
    facts = {
        "key": table.key,
        "types": {column.name: _type(column) for column in table.columns if _type(column)},
        "accepted": {column.name: column.enum for column in table.columns if column.enum},
    }
    if gone := table.soft_delete:
        facts["soft_delete"] = {"column": gone.column, "value": gone.value}
    return facts


def _type(column: Column) -> str | dict[str, str]:
    """What a column's text stands for, and how it is written where that is not the usual way; "" for text.

    A moment without an offset is in the zone that the contract names, or by a clock of which no more is told.
    """
    if column.logical_type in ("string", "object", "array"):
        return ""
    if column.logical_type == "timestamp" and not column.zoned:
        return {"type": "timestamp", "zone": column.default_timezone or "untold"}
    if column.number_format == "unix_seconds":
        return {"type": "timestamp", "format": column.number_format}
    if column.number_format != "plain":
        return {"type": column.logical_type, "format": column.number_format}
    return column.logical_type


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
