"""Contender: the floor of loading a file. DuckDB reads it as text into a table on disk.

python -m tests.benchmarks.read_csv CSV FOLDER
"""

from __future__ import annotations

import sys

import duckdb

from tests.benchmarks.contender import Stopwatch


def main(csv: str, folder: str) -> None:
    watch = Stopwatch()
    with duckdb.connect(f"{folder}/floor.duckdb") as database:
        with watch.part("read"):
            database.execute("create table ad_spend as select * from read_csv(?, all_varchar = true)", [csv])
        ((rows,),) = database.execute("select count(*) from ad_spend").fetchall()
    watch.report(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
