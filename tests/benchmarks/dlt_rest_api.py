"""Contender: dlt's rest_api source into DuckDB, in its own defaults.

python -m tests.benchmarks.dlt_rest_api URL FOLDER
"""

from __future__ import annotations

import sys

from dlt.sources.rest_api import rest_api_source

from tests.benchmarks import dlt_pipeline


def main(url: str, folder: str) -> None:
    applicants = {
        "name": "applicant",
        "endpoint": {
            "path": "/v3/applicants",
            "params": {"per_page": 200},
            "data_selector": "applicants",
        },
    }
    client = {"base_url": url, "paginator": {"type": "header_link"}}
    dlt_pipeline.load(rest_api_source({"client": client, "resources": [applicants]}), "applicant", folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
