"""A reconciliation file that is wrong says where, why, and what to write instead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from include.governance.reconcile.plan import Dialect, Ignored, Pair, ReconcileError
from include.governance.reconcile.plan_file import read_plan

GOOD = """\
legacy: {file: spend.csv, delimiter: ";", decimal: ",", thousands: " ", dates: DD/MM/YYYY, encoding: cp1252}
mart: gold.mart_daily_metrics
date: {Jour: metric_date}
keys: {Mesure: metric_name}
columns:
  Valeur: {mart: metric_value, tolerance: 0.5, relative_tolerance: 0.001, scale: 0.01}
ignore:
  - {reason: 12 November, columns: [Valeur], causes: [text_form], days: [2026-11-01], where: {Mesure: [a]}}
"""


def file(folder: Path, text: str) -> Path:
    path = folder / "spend.yaml"
    path.write_text(text)
    return path


def test_a_file_is_read_as_it_says(tmp_path: Path) -> None:
    plan = read_plan(file(tmp_path, GOOD))
    assert plan.legacy.file == tmp_path / "spend.csv"
    assert plan.legacy.dialect == Dialect(
        delimiter=";", decimal=",", thousands=" ", dates="DD/MM/YYYY", encoding="cp1252"
    )
    assert (plan.day.mart, plan.day_is_key, plan.missing_is_zero) == ("metric_date", True, False)
    assert plan.keys == (Pair("Mesure", "metric_name"),)
    (value,) = plan.columns
    assert (value.absolute, value.relative, value.scale) == (
        Decimal("0.5"),
        Decimal("0.001"),
        Decimal("0.01"),
    )
    assert plan.ignored == (
        Ignored("12 November", ("Valeur",), ("text_form",), ("2026-11-01",), {"Mesure": ("a",)}),
    )


def test_a_query_stands_for_a_mart_and_for_an_extract(tmp_path: Path) -> None:
    text = GOOD.replace("gold.mart_daily_metrics", '{query: "select 1;"}')
    text = text.replace(
        "file: spend.csv", "query: select * from old, connection: old_reporting, last_day: 2026-11-20"
    )
    plan = read_plan(file(tmp_path, text))
    assert plan.mart == "(select 1)"
    assert (plan.legacy.query, plan.legacy.connection) == ("select * from old", "old_reporting")
    assert plan.legacy.last_day == date(2026, 11, 20)


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("mart: gold", "marts: gold", "spend.yaml:2: unknown key 'marts'; did you mean 'mart'?"),
        ("columns:\n", "columns: {}\nrest:\n", "unknown key 'rest'"),
        ("mart: gold.mart_daily_metrics\n", "", "`mart` is missing; docs/reconcile-old-and-new.md"),
        ("gold.mart_daily_metrics", "gold.mart; drop table x", "2: 'gold.mart; drop table x' is no table"),
        ("{Jour: metric_date}", "{Jour: metric_date, Heure: hour}", "3: `date` names several columns"),
        ("{Jour: metric_date}", "Jour", "3: 'Jour' is no mapping; write `legacy column: mart column`"),
        ("keys: {Mesure: metric_name}", "date_is_key: false", "there is no key; name the columns"),
        ("keys: {Mesure: metric_name}", "date_is_key: perhaps", "4: 'perhaps' is neither true nor false"),
        ("{Mesure: metric_name}", "{Valeur: metric_name}", "'Valeur' is in `keys` too; leave it in one"),
        ("{Mesure: metric_name}", "{Jour: metric_date}", "'Jour' is in `date` too"),
        ("metric_name", "metric name", "4: 'metric name' is no column of a mart; write `Mesure: its_column`"),
        ("tolerance: 0.5", "tolerance: -1", "6: -1 is no such number; write it as 0.01"),
        ("tolerance: 0.5", "tolerance: a bit", "6: 'a bit' is no such number"),
        ("relative_tolerance: 0.001", "relative_tolerance: 5", "5 lets everything pass; it is a share"),
        ("scale: 0.01", "scale: 0", "6: is zero; give what a legacy value is multiplied with"),
        ("scale: 0.01", "type: float", "6: unknown type 'float'; use one of boolean, date, number, text"),
        ("scale: 0.01", "toleranz: 1", "6: unknown key 'toleranz'; did you mean 'tolerance'?"),
        ("file: spend.csv", "file: spend.xlsx", "1: spend.xlsx is a workbook; save the sheet as CSV"),
        ("file: spend.csv, ", "", "1: needs either `file` or `query`; give one of the two"),
        ("file: spend.csv", "file: a.csv, query: select 1", "1: needs either `file` or `query`"),
        ("file: spend.csv", "file: a.csv, connection: old", "1: a file needs no connection"),
        ('delimiter: ";"', 'delimiter: "::"', "1: '::' is not one character"),
        ('decimal: ","', 'decimal: "x"', "1: 'x' is no decimal mark; write \".\" or \",\""),
        ('thousands: " "', 'thousands: ","', "1: is the decimal mark too; say which of the two"),
        ('thousands: " "', 'thousands: "x"', "1: 'x' groups no digits"),
        ("encoding: cp1252", "encoding: windows", "1: unknown encoding 'windows'; write utf-8"),
        ("encoding: cp1252", "timezone: UTC", "but `dates` has no time of day; write `dates: "),
        ("encoding: cp1252", "timezone: Torronto", "1: unknown time zone 'Torronto'; write it as UTC"),
        ("encoding: cp1252", "last_day: soon", "1: 'soon' is no day; write it as 2026-11-20"),
        ("encoding: cp1252", "skip_lines: some", "1: is no count of lines"),
        ("encoding: cp1252", "nulls: n/a", "1: 'n/a' is no list; write it in brackets: [a, b]"),
        ("reason: 12 November, ", "", "8: has no reason; say in `reason` who explained it"),
        ("causes: [text_form]", "causes: [typo]", "8: 'typo' is not known here; use one of day_shift"),
        ("columns: [Valeur]", "columns: [Valuer]", "8: 'Valuer' is not known here; did you mean 'Valeur'?"),
        ("where: {Mesure: [a]}", "where: {Jour: [a]}", "8: 'Jour' is not known here"),
        (", columns: [Valeur], causes: [text_form], days: [2026-11-01], where: {Mesure: [a]}", "",
         "8: ignores every difference; add `columns`, `causes`, `days` or `where`"),
        (GOOD, "- a list", "spend.yaml:1: is not a mapping"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_the_next_step(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    assert right in GOOD
    with pytest.raises(ReconcileError) as refused:
        read_plan(file(tmp_path, GOOD.replace(right, wrong, 1)))
    assert says in str(refused.value)
    assert "spend.yaml" in str(refused.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ReconcileError, match=r"nothing.yaml:1: cannot be read"):
        read_plan(tmp_path / "nothing.yaml")
