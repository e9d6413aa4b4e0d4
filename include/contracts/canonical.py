"""The canonical text of the metric contract: what is signed.

One line per part: its name, a space, and JSON in UTF-8 with sorted keys and no spare space. Parts are the
header, each clause whole, and the metrics without whom to page. How the YAML is wrapped, commented or ordered
within a mapping makes no difference; any other character does.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from include.contracts.metric import Clause, MetricContract


def signed_parts(contract: MetricContract) -> dict[str, str]:
    """The JSON of each part, by its name: ``header``, ``clause 1.1`` ..., ``metrics``."""
    parts: dict[str, Any] = {
        "header": {
            "id": contract.id,
            "title": contract.title,
            "version": contract.version,
            "effective": contract.effective.isoformat(),
            "timezone": contract.timezone,
            "signatories": [
                {"id": signatory.id, "title": signatory.title} for signatory in contract.signatories
            ],
        }
    }
    for clause in contract.clauses.values():
        parts[f"clause {clause.id}"] = _clause(clause)
    parts["metrics"] = [
        {"name": metric.name, "clause": metric.clause, "description": metric.description}
        for metric in contract.metrics
    ]
    return {name: _json(part) for name, part in parts.items()}


def canonical_text(contract: MetricContract) -> str:
    """The text whose SHA-256 the signatories sign."""
    return "".join(f"{name} {part}\n" for name, part in signed_parts(contract).items())


def digest(contract: MetricContract) -> bytes:
    """SHA-256 of the canonical text, 32 bytes."""
    return hashlib.sha256(canonical_text(contract).encode()).digest()


def part_digests(contract: MetricContract) -> dict[str, str]:
    """SHA-256 of each part, in hexadecimal: only to name what changed."""
    return {name: hashlib.sha256(part.encode()).hexdigest() for name, part in signed_parts(contract).items()}


def _clause(clause: Clause) -> dict[str, Any]:
    return {
        "id": clause.id,
        "title": clause.title,
        "version": clause.version,
        "effective": clause.effective.isoformat(),
        "owner": clause.owner,
        "sentence": clause.sentence,
        "predicate": clause.predicate,
        "parameters": clause.parameters,
        "columns": clause.columns,
    }


def _json(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
