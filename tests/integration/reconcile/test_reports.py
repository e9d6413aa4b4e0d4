"""The command as its users meet it: what it says, what it writes, and how it exits."""

from __future__ import annotations

import csv
import logging
from pathlib import Path

import pytest

from tests.integration.reconcile.desk import Desk

EXTRACT = (
    "Day,Branch,Spend\n2026-11-02,north,10\n2026-11-02,south,=cmd|x\n"
    "2026-11-03,north,31\n2026-11-03,south,40\n"
)
MART = (
    "('2026-11-02', 'north', 10), ('2026-11-02', 'south', 20), "
    "('2026-11-03', 'north', 30), ('2026-11-03', 'south', 40)"
)


@pytest.fixture
def differing(desk: Desk) -> Desk:
    """One value that cannot be read and one of another definition, two that agree."""
    desk.has_mart(MART)
    desk.has_extract(EXTRACT)
    return desk


def test_the_command_leaves_the_logging_of_who_calls_it_alone(desk: Desk) -> None:
    desk.has_mart(MART)
    desk.has_extract(EXTRACT)
    desk.command()
    assert logging.root.manager.disable == logging.NOTSET


def test_agreement_exits_with_zero_and_a_difference_with_one(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.has_mart(MART)
    desk.has_extract(EXTRACT.replace("=cmd|x", "20").replace("31", "30"))
    assert desk.command() == 0
    told = capsys.readouterr()
    assert told.out.endswith("agree over 2026-11-02 to 2026-11-03: 4 keys\n")
    assert "4 legacy rows" in told.err
    desk.has_extract(EXTRACT)
    assert desk.command() == 1
    assert "2 differences open, 0 explained, 4 keys compared" in capsys.readouterr().out


def test_the_days_asked_for_are_the_days_compared(differing: Desk) -> None:
    assert differing.command("--from", "2026-11-03", "--to", "2026-11-03") == 1
    differing.has_extract(EXTRACT.replace("31", "30"))
    assert differing.command("--from", "2026-11-03", "--to", "2026-11-03") == 0


def test_an_explained_difference_is_counted_and_does_not_fail(
    differing: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    first = {"reason": "south keeps no books", "where": {"Branch": ["south"]}, "causes": ["unreadable"]}
    second = {"reason": "typing error, finance corrects it", "columns": ["Spend"], "days": ["2026-11-03"]}
    assert differing.command(ignore=[first]) == 1
    capsys.readouterr()
    assert differing.command(ignore=[first, second]) == 0
    told = capsys.readouterr().out
    assert "4 keys, 2 differences explained" in told
    assert "south keeps no books" in told


def test_reports_hold_every_difference_and_what_to_do(differing: Desk, tmp_path: Path) -> None:
    paths = [tmp_path / f"report.{kind}" for kind in ("html", "md", "csv")]
    arguments = [part for path in paths for part in ("--report", str(path))]
    rule = {"reason": "typing error", "days": ["2026-11-03"]}
    assert differing.command(*arguments, ignore=[rule]) == 1
    page, text = paths[0].read_text(), paths[1].read_text()
    for report in (page, text):
        for expected in (
            "legacy value cannot be read",
            "1 difference open, 1 explained",
            "typing error",
            "50.00%",
        ):
            assert expected in report
    assert "<script" not in page
    with paths[2].open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [
        (row["day"], row["Branch"], row["column"], row["cause"], row["mart"], row["explained"])
        for row in rows
    ] == [
        ("2026-11-02", "south", "Spend", "unreadable", "20", ""),
        ("2026-11-03", "north", "Spend", "definition", "30", "typing error"),
    ]
    assert rows[0]["extract"] == "'=cmd|x", "a spreadsheet would run it"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "3 November"], "write it as 2026-11-20"),
        (["--report", "report.pdf"], "ends in none of .html, .md, .csv"),
        (["--report", "nowhere/report.md"], "there is no folder nowhere"),
        (["--from", "2026-11-03", "--to", "2026-11-02"], "give the earlier one first"),
    ],
)
def test_wrong_usage_exits_with_two(
    differing: Desk, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    try:
        code = differing.command(*arguments)
    except SystemExit as stopped:
        code = int(str(stopped.code))
    assert code == 2
    assert says in capsys.readouterr().err


def test_samples_are_bounded(desk: Desk) -> None:
    desk.has_mart(", ".join(f"('2026-11-02', 'b{n}', {n})" for n in range(20)))
    desk.has_extract("Day,Branch,Spend\n" + "".join(f"2026-11-02,b{n},{n + 1 + n % 3}\n" for n in range(20)))
    found = desk.findings(samples=3)
    assert (found.open, len(found.samples)) == (20, 3)
