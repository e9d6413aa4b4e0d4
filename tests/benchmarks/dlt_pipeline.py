"""dlt's own pipeline into DuckDB, step by step: what both of its contenders do."""

from __future__ import annotations

from typing import Any

import dlt

from tests.benchmarks.contender import Stopwatch


def load(source: Any, table: str, folder: str) -> None:
    """Load the source and say how many rows the table then has."""
    watch = Stopwatch()
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/peer.duckdb"),
        dataset_name="raw",
    )
    with watch.part("extract"):
        pipeline.extract(source)
    with watch.part("normalize"):
        pipeline.normalize()
    with watch.part("load"):
        pipeline.load()
    with pipeline.sql_client() as client:
        rows: Any = client.execute_sql(f"select count(*) from {table}")
    watch.report(rows[0][0])
