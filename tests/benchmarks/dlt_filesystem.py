"""Contender: dlt's filesystem source into DuckDB, by the quickest of its CSV readers (DuckDB to Arrow).

python -m tests.benchmarks.dlt_filesystem CSV FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from dlt.sources.filesystem import filesystem, read_csv_duckdb

from tests.benchmarks import dlt_pipeline


def main(csv: str, folder: str) -> None:
    path = Path(csv)
    rows = filesystem(bucket_url=path.parent.as_uri(), file_glob=path.name) | read_csv_duckdb(
        chunk_size=100_000, use_pyarrow=True, all_varchar=True
    )
    dlt_pipeline.load(rows.with_name("ad_spend"), "ad_spend", folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
