"""A source as dbt sees it: ``source('raw_kyc', 'applicant')``."""

from __future__ import annotations

from typing import Any

import yaml

from include.contracts.bronze import TECHNICAL_COLUMNS, data_type
from include.contracts.indented import Indented
from include.contracts.source import SourceContract, Table


def dbt_sources(contract: SourceContract) -> str:
    """The source's YAML. How late it may be is the deadline's concern, so no freshness is stated here."""
    source = {
        "name": contract.schema,
        "description": contract.purpose,
        "database": "{{ target.database }}",
        "schema": contract.schema,
        "config": {
            "meta": {
                "contract": contract.name,
                "contract_version": contract.version,
                "owner": contract.owner,
                "channel": contract.channel,
                "criticality": contract.criticality,
                "due": contract.due.strftime("%H:%M"),
            }
        },
        "tables": [_table(table) for table in contract.tables],
    }
    document = {"version": 2, "sources": [source]}
    return yaml.dump(document, Dumper=Indented, sort_keys=False, width=110, allow_unicode=True)


def _table(table: Table) -> dict[str, Any]:
    contracted = [
        {
            "name": column.name,
            "description": column.description,
            "data_type": data_type(column),
            "config": {
                "meta": {"classification": column.classification, "logical_type": column.logical_type}
            },
        }
        for column in table.columns
    ]
    technical = [
        {"name": column.name, "description": column.description, "data_type": column.data_type}
        for column in TECHNICAL_COLUMNS
    ]
    return {
        "name": table.name,
        "description": " ".join(part for part in (table.description, table.grain) if part),
        "config": {"meta": {"business_key": list(table.key)}},
        "columns": contracted + technical,
    }
