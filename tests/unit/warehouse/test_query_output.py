import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from include.warehouse.query import TABLE_ROWS, write_csv, write_json, write_table

COLUMNS = ["name", "rows", "at"]
ROWS = [
    ("Ann, Bob", Decimal("12"), datetime(2026, 11, 18, 3, 4, 5, 600)),  # noqa: DTZ001
    ("two\nlines", Decimal("1234567890123456.78"), None),
]


def shown(write: Callable[..., None], columns: list[str], rows: list[Any]) -> str:
    out = io.StringIO()
    write(columns, iter(rows), out)
    return out.getvalue()


def test_a_table_is_aligned_with_numbers_to_the_right_and_counts_its_rows() -> None:
    assert shown(write_table, COLUMNS, ROWS).splitlines() == [
        "name      | rows                | at",
        "----------+---------------------+---------------------------",
        "Ann, Bob  |                  12 | 2026-11-18 03:04:05.000600",
        "two lines | 1234567890123456.78 | null",
        "(2 rows)",
    ]


def test_an_empty_table_still_names_its_columns() -> None:
    assert shown(write_table, ["n"], []).splitlines() == ["n", "-", "(0 rows)"]


def test_a_long_table_says_how_many_rows_there_are() -> None:
    lines = shown(write_table, ["n"], [(number,) for number in range(TABLE_ROWS + 5)]).splitlines()
    assert len(lines) == TABLE_ROWS + 3
    assert lines[-1] == f"({TABLE_ROWS + 5} rows, the first {TABLE_ROWS} shown)"


def test_json_has_one_object_per_row_with_numbers_as_numbers() -> None:
    found = json.loads(shown(write_json, COLUMNS, [*ROWS, ("é", Decimal("1.5"), date(2026, 11, 18))]))
    assert found[0] == {"name": "Ann, Bob", "rows": 12, "at": "2026-11-18 03:04:05.000600"}
    assert found[1]["at"] is None
    assert found[2] == {"name": "é", "rows": 1.5, "at": "2026-11-18"}


def test_csv_keeps_every_digit_and_line_end() -> None:
    found = list(csv.reader(io.StringIO(shown(write_csv, COLUMNS, ROWS), newline="")))
    assert found[0] == COLUMNS
    assert found[1][0] == "Ann, Bob"
    assert found[2] == ["two\nlines", "1234567890123456.78", ""]
