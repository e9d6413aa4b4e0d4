"""Contender: dlt's filesystem source into DuckDB, by the quickest of its CSV readers (DuckDB to Arrow).

python -m tests.benchmarks.dlt_filesystem CSV FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt
from dlt.sources.filesystem import filesystem, read_csv_duckdb

from tests.benchmarks.contender import Stopwatch


def main(csv: str, folder: str) -> None:
    watch = Stopwatch()
    path = Path(csv)
    rows = filesystem(bucket_url=path.parent.as_uri(), file_glob=path.name) | read_csv_duckdb(
        chunk_size=100_000, use_pyarrow=True, all_varchar=True
    )
    pipeline = dlt.pipeline(
        "bench_csv",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/peer.duckdb"),
        dataset_name="raw_drop_ad_spend",
    )
    with watch.part("extract"):
        pipeline.extract(rows.with_name("ad_spend"))
    with watch.part("normalize"):
        pipeline.normalize()
    with watch.part("load"):
        pipeline.load()
    with pipeline.sql_client() as client:
        ((loaded,),) = client.execute_sql("select count(*) from ad_spend")
    watch.report(loaded)


if __name__ == "__main__":
    main(*sys.argv[1:])
