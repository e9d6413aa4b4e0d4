"""Ask the warehouse from a terminal: `make sql Q="select ..."`.

`python -m include.warehouse.query "select ..." --format table|json|csv`; without a statement, one is read
from standard input. Errors go to standard error, and the exit code is 1.
"""

import argparse
import csv
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, TextIO

from snowflake.connector.errors import DatabaseError

from include.warehouse.session import Warehouse, WarehouseUnavailableError

TABLE_ROWS = 1000
COLUMN_WIDTH = 80

Row = Sequence[Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.warehouse.query", description=__doc__)
    parser.add_argument("sql", nargs="?", help="one statement; read from standard input when left out")
    parser.add_argument("--format", choices=sorted(WRITERS), default="table")
    options = parser.parse_args(arguments)
    sql = (options.sql or sys.stdin.read()).strip().rstrip(";")
    if not sql:
        parser.error('no statement; give one, such as "select count(*) from gold.dim_customer"')
    try:
        with Warehouse().cursor() as cursor:
            cursor.execute(sql)
            columns = [column.name.lower() for column in cursor.description]
            WRITERS[options.format](columns, cursor, sys.stdout)
    except DatabaseError as error:
        sys.stderr.write(f"the warehouse did not take this statement: {error.msg}\n")
        return 1
    except WarehouseUnavailableError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def write_table(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    """Columns aligned, numbers to the right, at most `TABLE_ROWS` rows and a note of how many there were."""
    shown: list[list[str]] = []
    right = [True] * len(columns)
    count = 0
    for count, row in enumerate(rows, start=1):
        if count <= TABLE_ROWS:
            shown.append([_cell(value) for value in row])
            right = [
                so_far and isinstance(value, int | float | Decimal | None)
                for so_far, value in zip(right, row, strict=True)
            ]
    widths = [max(map(len, cells)) for cells in zip(columns, *shown, strict=True)]
    _line(columns, widths, [False] * len(columns), out)
    out.write("-+-".join("-" * width for width in widths) + "\n")
    for cells in shown:
        _line(cells, widths, right, out)
    more = f", the first {TABLE_ROWS} shown" if count > TABLE_ROWS else ""
    out.write(f"({count} row{'' if count == 1 else 's'}{more})\n")


def write_json(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    """A JSON array with one object per row."""
    objects = [dict(zip(columns, map(_plain, row), strict=True)) for row in rows]
    json.dump(objects, out, indent=1, ensure_ascii=False, default=_number)
    out.write("\n")


def write_csv(columns: Sequence[str], rows: Iterable[Row], out: TextIO) -> None:
    """RFC 4180 with a header; null is an empty field."""
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)


WRITERS = {"table": write_table, "json": write_json, "csv": write_csv}


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], out: TextIO) -> None:
    aligned = (
        cell.rjust(width) if to_right else cell.ljust(width)
        for cell, width, to_right in zip(cells, widths, right, strict=True)
    )
    out.write(" | ".join(aligned).rstrip() + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    text = " ".join(str(_plain(value)).split()) if isinstance(value, str) else str(_plain(value))
    return text if len(text) <= COLUMN_WIDTH else text[: COLUMN_WIDTH - 1] + "…"


def _plain(value: Any) -> Any:
    """Moments and days as ISO 8601, bytes in hex, anything else as it is."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes | bytearray) else value


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # the answer alone belongs on the terminal
    sys.exit(main())
