"""Contender: dlt's rest_api source into DuckDB, in its own defaults.

python -m tests.benchmarks.dlt_rest_api URL FOLDER
"""

from __future__ import annotations

import sys

import dlt
from dlt.sources.rest_api import rest_api_source

from tests.benchmarks.contender import Stopwatch


def main(url: str, folder: str) -> None:
    watch = Stopwatch()
    source = rest_api_source(
        {
            "client": {"base_url": url, "paginator": {"type": "header_link"}},
            "resources": [
                {
                    "name": "applicant",
                    "endpoint": {
                        "path": "/v3/applicants",
                        "params": {"per_page": 200},
                        "data_selector": "applicants",
                    },
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "bench_rest",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/peer.duckdb"),
        dataset_name="raw_kyc",
    )
    with watch.part("extract"):
        pipeline.extract(source)
    with watch.part("normalize"):
        pipeline.normalize()
    with watch.part("load"):
        pipeline.load()
    with pipeline.sql_client() as client:
        ((rows,),) = client.execute_sql("select count(*) from applicant")
    watch.report(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
