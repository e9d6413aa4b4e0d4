"""A source that breaks its contract is turned away before anything is visible; its owner hears of it once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import Promises
from include.extract.errors import ContractViolationError, DamagedFileError
from include.ingest.owners import ContractBrokenError
from include.paging.slack import SlackError
from include.quality.checkpoints import CheckpointFailed
from tests.integration.door.day import HEADER, MOMENT, Department, line, lines
from tests.integration.paging.slack import Slack

DAY = "2026-11-18"


def nothing_is_visible(cursor: SnowflakeCursor, day: str = DAY) -> bool:
    cursor.execute(
        f"select (select count(*) from raw_drop_account_reviews.review where _partition = '{day}'::date), "
        f"(select count(*) from raw_control.load_ledger where partition = '{day}'::date)"
    )
    return bool(cursor.fetchall() == [(0, 0)])


def said(slack: Slack, department: Department) -> list[str]:
    """Each message in the owner's channel, whole, the newest first."""
    return [json.dumps(message, ensure_ascii=False) for message in slack.messages(department.channel)]


def turned_away(department: Department, day: str = DAY, **run: Any) -> str:
    with pytest.raises(ContractBrokenError) as broken:
        department.run(day, **run)
    return str(broken.value)


def test_a_changed_type_is_turned_away_and_the_owner_is_told_once(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    department.drop(DAY, [line("A0000001"), *lines(12, moment="18/11/2026 09:30")])
    for _ in range(2):  # the operator clears the task, and nothing has changed
        assert "review.reviewed_at has changed its type: 12 of 13 values" in turned_away(department)
        assert nothing_is_visible(cursor)
    (message,) = said(slack, department)
    for told in (
        "Account reviews broke its contract: 2026-11-18",
        "12 of 13 values are no timestamp",
        "compliance-operations: put it right at the source",
        "make contract-diff SOURCE=drop_account_reviews",
        "Clear the failed task",
        "drop_account_reviews.yaml` version 1.0.0",
        "the-source-broke-its-contract",
        "scheduled__2026-11-18",
    ):
        assert told in message or told.replace("__", "%5F%5F") in message, told
    for value in ("18/11/2026", "A0000001", "R. Eviewer"):
        assert value not in message


def test_once_it_is_put_right_the_day_is_loaded_and_the_message_says_so(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    department.drop(DAY, lines(4, moment="soon"))
    turned_away(department)
    department.drop(DAY, lines(4))
    assert department.run(DAY) == {"review": 4}
    assert not nothing_is_visible(cursor)
    (message,) = said(slack, department)
    assert "keeps its contract again" in message


def test_another_run_that_is_turned_away_is_told_again(department: Department, slack: Slack) -> None:
    department.drop(DAY, lines(4, moment="soon"))
    turned_away(department)
    turned_away(department, run_id="manual__again")
    assert len(said(slack, department)) == 2


def test_one_value_that_does_not_fit_lands_as_it_came(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    department.drop(DAY, [line("A1", moment="soon"), *lines(5)])
    assert department.run(DAY) == {"review": 6}
    cursor.execute("select count(*) from raw_drop_account_reviews.review where reviewed_at = 'soon'")
    assert cursor.fetchall() == [(1,)]
    assert said(slack, department) == []


def test_a_missing_column_is_turned_away_while_it_is_read(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    department.drop(
        DAY, ["A1,2026-11-18T09:30:00-05:00,clear,x"], header="account_id,reviewed_at,decision,reason"
    )
    with pytest.raises(ContractViolationError, match=r"drop_account_reviews\.review\.reviewer"):
        department.run(DAY)
    assert nothing_is_visible(cursor)
    (message,) = said(slack, department)
    assert "does not carry drop_account_reviews.review.reviewer" in message


def test_an_announced_column_may_be_missing_before_its_day_and_breaks_the_contract_from_then_on(
    department: Department, cursor: SnowflakeCursor
) -> None:
    source = department.contract
    table = source.table("review")
    columns = [
        replace(column, announced_for=date(2026, 11, 19)) if column.name == "reviewer" else column
        for column in table.columns
    ]
    announced = replace(source, tables=(replace(table, columns=tuple(columns)),))
    without = [f"A{number:07},{MOMENT},clear,periodic" for number in range(4)]
    short = HEADER.replace(",reviewer", "")

    department.drop(DAY, without, header=short)
    assert department.run(DAY, contract=announced) == {"review": 4}
    department.drop("2026-11-19", without, header=short)
    with pytest.raises(ContractViolationError, match=r"drop_account_reviews\.review\.reviewer"):
        department.run("2026-11-19", contract=announced)
    department.drop("2026-11-19", lines(3, reviewer=""))
    assert "review.reviewer is missing" in turned_away(department, "2026-11-19", contract=announced)
    department.drop("2026-11-19", [*lines(3), line("A1", reviewer="")])
    with pytest.raises(CheckpointFailed, match="reviewer missing: 1 instead of 0"):
        department.run("2026-11-19", contract=announced)
    cursor.execute("select count(reviewer) from raw_drop_account_reviews.review")
    assert cursor.fetchall() == [(3,)]


def test_a_required_column_without_any_value_is_missing(
    department: Department, cursor: SnowflakeCursor
) -> None:
    department.drop(DAY, lines(3, reviewer=""))
    assert "review.reviewer is missing" in turned_away(department)
    assert nothing_is_visible(cursor)


def test_a_damaged_file_is_told_too(department: Department, slack: Slack) -> None:
    department.drop(DAY, lines(3))
    (department.folder / f"account_reviews_{DAY}.csv").write_text("cut")
    with pytest.raises(DamagedFileError):
        department.run(DAY)
    (message,) = said(slack, department)
    assert "its manifest says" in message


def test_a_duplicate_key_in_one_file_is_turned_away(department: Department, cursor: SnowflakeCursor) -> None:
    department.drop(DAY, [*lines(5), line("A0000002", reason="another")])
    assert "1 of 6 rows repeat a key" in turned_away(department)
    assert nothing_is_visible(cursor)


def test_a_decision_that_a_later_file_says_again_is_no_duplicate_key(department: Department) -> None:
    department.drop(DAY, lines(5))
    department.run(DAY)
    department.drop("2026-11-19", lines(5))
    assert department.run("2026-11-19") == {"review": 5}


def test_lines_with_a_null_key_are_set_aside_and_too_many_of_them_stop_the_day(
    department: Department, cursor: SnowflakeCursor
) -> None:
    department.drop(DAY, [*lines(5), *[line("") for _ in range(4)]])
    assert "4 of 9 lines" in turned_away(department)
    assert nothing_is_visible(cursor)


def test_an_undeclared_column_is_rescued_and_told_once_ever(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    for day in (DAY, "2026-11-19"):
        department.drop(day, [f"{row},confidential remark" for row in lines(3)], header=f"{HEADER},remark")
        department.run(day)
    cursor.execute("select count(*) from raw_drop_account_reviews.review where _rescued is not null")
    assert cursor.fetchall() == [(6,)]
    (message,) = said(slack, department)
    assert "does not name: remark" in message
    assert "confidential remark" not in message
    department.drop("2026-11-20", [f"{row},1" for row in lines(3)], header=f"{HEADER},score")
    department.run("2026-11-20")
    assert "does not name: score" in said(slack, department)[0]
    assert len(said(slack, department)) == 2


def lived(cursor: SnowflakeCursor, rows: int, *, days: int = 56) -> None:
    """So many days with so many rows each are on record before the day."""
    for back in range(days, 0, -1):
        day = date.fromisoformat(DAY) - timedelta(days=back)
        cursor.execute(
            "insert into raw_control.load_ledger (load_id, source, table_name, partition, sha256, "
            "row_count, file_row_count, file_byte_count, contract_version, code_version, run_id, "
            f"extracted_at, staged_at, loaded_at) select '{day}', 'drop_account_reviews', 'review', "
            f"'{day}'::date, 'x', {rows}, {rows}, 1, '1.0.0', 'test', 'run', '2026-01-01'::timestamp_ntz, "
            "'2026-01-01'::timestamp_ntz, '2026-01-01'::timestamp_ntz"
        )


def test_a_volume_out_of_range_is_told_once_and_loaded(
    department: Department, cursor: SnowflakeCursor, slack: Slack
) -> None:
    lived(cursor, 100)
    department.drop(DAY, lines(10))
    for _ in range(2):
        department.run(DAY)
    assert not nothing_is_visible(cursor)
    (message,) = said(slack, department)
    assert "review has 10 rows on 2026-11-18; the last 8 Wednesdays lead one to expect 60 to 140" in message


def test_a_volume_out_of_range_is_turned_away_where_the_contract_asks_for_it(
    department: Department, cursor: SnowflakeCursor
) -> None:
    lived(cursor, 100)
    source = department.contract
    table = replace(source.table("review"), promises=Promises(unusual_volume="stop"))
    department.drop(DAY, lines(10))
    assert "review has 10 rows" in turned_away(department, contract=replace(source, tables=(table,)))
    assert nothing_is_visible(cursor)


def test_a_column_that_may_be_empty_and_suddenly_is_is_told(department: Department, slack: Slack) -> None:
    department.drop("2026-11-17", lines(40))
    department.run("2026-11-17")
    department.drop(DAY, lines(40, reason=""))
    assert department.run(DAY) == {"review": 40}
    (message,) = said(slack, department)
    assert "review.reason has no value in any of 40 rows" in message


def test_an_owner_who_cannot_be_told_is_a_failure_that_is_tried_again(
    department: Department, cursor: SnowflakeCursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = {"conn_type": "slack", "password": "x", "extra": {"base_url": "http://127.0.0.1:9/api/"}}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", json.dumps(unreachable))
    monkeypatch.setattr("include.paging.slack.ATTEMPTS", 0)
    department.drop(DAY, lines(4, moment="soon"))
    with pytest.raises(SlackError, match=r"(?s)has changed its type.*could not be told"):
        department.run(DAY)
    assert nothing_is_visible(cursor)
    cursor.execute("select count(*) from raw_control.contract_notice")
    assert cursor.fetchall() == [(0,)]


def test_a_notice_that_slack_does_not_take_holds_nothing_up(
    department: Department, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.paging.slack.ATTEMPTS", 0)
    slack.stumble(kind="error", status=503, count=1)
    for day, expected in ((DAY, 0), ("2026-11-19", 1)):
        department.drop(day, [f"{row},1" for row in lines(3)], header=f"{HEADER},score")
        department.run(day)
        assert len(said(slack, department)) == expected
