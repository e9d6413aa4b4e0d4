"""The drivers that are not the plain connector: snowflake-sqlalchemy, pandas."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import create_engine, inspect, text

from tests.integration.warehouse.clients import Sql, WarehouseProcess


def test_sqlalchemy_reflects_and_queries(sql: Sql, warehouse: WarehouseProcess) -> None:
    """Great Expectations' way: https://docs.snowflake.com/en/developer-guide/python-connector/sqlalchemy"""
    schema = sql.one("select current_schema()")
    sql("create table people (id int not null, name varchar(20), at timestamp_ntz(6))")
    sql("insert into people values (1, 'ada', '2026-01-01')")
    engine = create_engine(
        f"snowflake://tester:unused@sandbox/ANALYTICS/{schema}?warehouse=WH&role=ACCOUNTADMIN",
        connect_args={"host": "127.0.0.1", "port": warehouse.port, "protocol": "http"},
    )
    with engine.connect() as connection:
        assert connection.execute(text("select name from people where id = :id"), {"id": 1}).scalar() == "ada"
        reflected = inspect(connection)
        assert reflected.get_table_names(schema=schema.lower()) == ["people"]
        columns = reflected.get_columns("people", schema=schema.lower())
        assert [(column["name"], column["nullable"]) for column in columns] == [
            ("id", False),
            ("name", True),
            ("at", True),
        ]
    engine.dispose()


def test_pandas_reads_rows_and_empty_results(sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-pandas"""
    frame = sql.cursor.execute(
        "select seq4() as n, '2026-01-01'::date as d from table(generator(rowcount => 3))"
    ).fetch_pandas_all()
    assert list(frame["N"]) == [0, 1, 2]
    empty = sql.cursor.execute("select 1 as n, current_timestamp() as at where false").fetch_pandas_all()
    assert isinstance(empty, pd.DataFrame)
    assert list(empty.columns) == ["N", "AT"]
    assert sql("select 1 where false") == []


def test_a_large_result_arrives_in_chunks_with_every_row(sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-distributed-fetch"""
    rows = 120_001
    cursor = sql.cursor.execute(
        "select seq4() as n, dateadd(second, seq4(), '2026-01-01'::timestamp_ntz) as at from "
        f"table(generator(rowcount => {rows}))"
    )
    batches = cursor.get_result_batches()
    assert batches is not None
    assert len(batches) > 1
    frame = cursor.fetch_pandas_all()
    assert len(frame) == rows
    assert int(frame["N"].sum()) == rows * (rows - 1) // 2
    failing = "select 1 / (n - 119999) from (select seq4() as n from table(generator(rowcount => 120001)))"
    sql.refused(failing, 100051, "Division by zero")
