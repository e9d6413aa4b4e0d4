"""What is kept of a dbt run."""

from __future__ import annotations

from typing import Any

from include.governance.evidence import summarise


def results(**statuses: str) -> dict[str, Any]:
    return {
        "elapsed_time": 12.345,
        "results": [
            {"unique_id": name.replace("__", "."), "status": status} for name, status in statuses.items()
        ],
    }


def test_nodes_are_counted_by_type_and_status() -> None:
    told = summarise(
        results(model__p__a="success", model__p__b="success", test__p__c="pass", test__p__d="warn")
    )
    assert told == {
        "counts": {"model": {"success": 2}, "test": {"pass": 1, "warn": 1}},
        "failed": [],
        "seconds": 12.3,
    }


def test_failed_and_skipped_nodes_are_named() -> None:
    told = summarise(
        results(model__p__a="error", model__p__b="skipped", test__p__c="fail", model__p__d="success")
    )
    assert told["failed"] == ["model.p.a", "model.p.b", "test.p.c"]
