"""The watchdog's checks against a warehouse, Airflow's API, a source's database and Slack."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from include.contracts import CdcRead, SourceContract, load_metric_contract, load_sources
from include.extract.errors import SourceError
from include.paging import schedule
from include.paging.dag_states import airflow_dags
from include.paging.watchdog import watch_partitions, watch_slots
from include.sandbox.postgres import Postgres
from include.warehouse.prepare import prepare_source
from include.warehouse.session import Warehouse
from tests.integration.paging.board import Board
from tests.integration.paging.serving import free_port, until
from tests.integration.paging.slack import Slack

CORE, KYC = load_sources()["core_banking"], load_sources()["kyc"]
MARKETING, REVIEWS = load_sources()["marketing_automation"], load_sources()["drop_account_reviews"]
FOUR = (CORE, KYC, MARKETING, REVIEWS)
TUESDAY, WEDNESDAY = date(2026, 11, 17), date(2026, 11, 18)
ON_CALL = load_metric_contract().channel
# When kyc is due and marketing_automation is not yet.
NOW = schedule.due(KYC, WEDNESDAY) + timedelta(minutes=2)
Load = Callable[..., None]


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    made = Board(tmp_path_factory.mktemp("airflow"), free_port())
    try:
        made.start()
        until(made.ready, f"Airflow's API server, see {made.server.log}")
        yield made
    finally:
        made.stop()


@pytest.fixture
def load(
    snowflake: str, slack: Slack, board: Board, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Load]:
    """Call it to load days of sources. Bronze holds Tuesday of all four; Airflow knows no runs."""
    postgres.create_database("bank")
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", snowflake)
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", slack.connection)
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", board.connection)
    monkeypatch.setenv("AIRFLOW_CONN_CORE_BANKING", postgres.dsn("bank"))
    board.forget_runs()
    with Warehouse().cursor() as cursor:
        prepare_source(cursor, REVIEWS)
        cursor.execute("create or replace schema monitoring")
        cursor.execute("delete from raw_control.load_ledger")

        def loaded(day: date, *sources: SourceContract) -> None:
            for source in sources:
                cursor.execute(
                    "insert into raw_control.load_ledger (load_id, source, table_name, partition, sha256, "
                    "row_count, file_row_count, file_byte_count, contract_version, code_version, run_id, "
                    "extracted_at, staged_at, loaded_at) "
                    "select 'l', %s, 't', %s::date, 's', 0, 0, 0, '1', 'v', 'r', "
                    "'2026-11-19'::timestamp_ntz, '2026-11-19'::timestamp_ntz, '2026-11-19'::timestamp_ntz",
                    (source.name, day.isoformat()),
                )

        loaded(TUESDAY, *FOUR)
        yield loaded


@pytest.fixture
def pages(slack: Slack) -> Callable[[], list[str]]:
    """What on-call has been sent since the test began, oldest first, as it reads now.

    Slack remembers what it was sent once: each test tells of a source and day of its own.
    """
    before = {message["ts"] for message in slack.messages(ON_CALL)}

    def since() -> list[str]:
        new = [message for message in slack.messages(ON_CALL) if message["ts"] not in before]
        return [json.dumps(message, ensure_ascii=False) for message in reversed(new)]

    return since


def check(now: datetime = NOW, sources: tuple[SourceContract, ...] = FOUR) -> int:
    return watch_partitions(sources, as_of=now, now=now)


def ask(sql: str) -> list[tuple[Any, ...]]:
    with Warehouse().cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_a_source_that_never_started_is_told_once_and_its_page_says_when_it_is_over(
    load: Load, board: Board, pages: Callable[[], list[str]]
) -> None:
    load(WEDNESDAY, REVIEWS)
    board.has(CORE.dag_id, WEDNESDAY, "scheduled", "failed")  # its deadline pages
    assert check() == 1
    (page,) = pages()
    for said in ("kyc has not started: 2026-11-18", "no run", "kyc-operations", "a-run-never-started"):
        assert said in page
    assert check(NOW + schedule.CHECK_EVERY) == 1
    assert pages() == [page]
    load(WEDNESDAY, KYC)
    assert check(NOW + 2 * schedule.CHECK_EVERY) == 0
    (over,) = pages()
    assert "bronze_kyc is in order again: 2026-11-18" in over
    assert ask(
        "select what, partition_key, episode, resolved_at is not null from monitoring.watchdog_page"
    ) == [("bronze_kyc", WEDNESDAY, 1, True)]


def test_a_paused_dag_is_told_before_it_is_due_and_unpausing_alone_does_not_end_it(
    load: Load, board: Board, pages: Callable[[], list[str]]
) -> None:
    load(WEDNESDAY, CORE, KYC, REVIEWS)
    board.pause(MARKETING.dag_id)
    try:
        assert check() == 1
    finally:
        board.pause(MARKETING.dag_id, paused=False)
    (page,) = pages()
    assert "marketing_automation cannot start: 2026-11-18" in page
    assert "is *paused*" in page
    assert check() == 1
    (page,) = pages()
    assert "marketing_automation has not started: 2026-11-18" in page
    board.has(MARKETING.dag_id, WEDNESDAY, "scheduled", "running")
    assert check() == 0
    (page,) = pages()
    assert "in order again" in page


def test_what_comes_back_after_it_was_over_is_told_again(
    load: Load, board: Board, pages: Callable[[], list[str]]
) -> None:
    load(WEDNESDAY, KYC, MARKETING, REVIEWS)
    check()
    board.has(CORE.dag_id, WEDNESDAY, "manual", "running")
    check()
    board.forget_runs()
    assert check() == 1
    over, page = pages()
    assert "in order again" in over
    assert "has not started" in page


def test_a_page_that_was_not_remembered_is_not_sent_twice(load: Load, pages: Callable[[], list[str]]) -> None:
    load(WEDNESDAY, CORE, MARKETING, REVIEWS)
    load(date(2026, 11, 10), KYC)  # other days than in the other tests: Slack remembers what was told there
    now = schedule.due(KYC, date(2026, 11, 12))
    assert check(now, (KYC,)) > 0
    told = len(pages())
    ask("delete from monitoring.watchdog_page")  # as if killed between Slack and warehouse
    check(now, (KYC,))
    assert len(pages()) == told > 0


def test_gold_that_nobody_builds_is_told(load: Load, board: Board, pages: Callable[[], list[str]]) -> None:
    load(WEDNESDAY, *FOUR)
    for source in FOUR:
        board.has(source.dag_id, WEDNESDAY, "scheduled", "success", ended=schedule.starts(WEDNESDAY))
    assert check() == 1
    (page,) = pages()
    assert "Gold has not started: 2026-11-18" in page
    board.has("medallion", WEDNESDAY, "asset_triggered", "queued")
    assert check() == 0


def test_before_the_schedule_begins_ages_are_kept_and_nobody_is_told(
    load: Load, board: Board, pages: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(schedule.FROM, "2100-01-01")
    load(WEDNESDAY, REVIEWS)
    board.has(CORE.dag_id, WEDNESDAY, "manual", "failed")
    assert check() == 0
    assert pages() == []
    assert ask("select count(*), min(status) from monitoring.source_freshness_now") == [(4, "fresh")]


def test_a_degradable_source_that_is_late_is_in_the_table_and_wakes_nobody(
    load: Load, pages: Callable[[], list[str]]
) -> None:
    crm = replace(KYC, name="crm", criticality="degradable")
    load(TUESDAY, crm)
    load(WEDNESDAY, REVIEWS)
    assert check(sources=(crm, REVIEWS)) == 0
    assert pages() == []
    assert ask("select status from monitoring.source_freshness_now where source = 'crm'") == [("late",)]


def test_an_airflow_that_does_not_answer_fails_the_check_after_the_ages_are_kept(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(WEDNESDAY, REVIEWS)
    nowhere = {"conn_type": "http", "host": "http://127.0.0.1:1", "login": "l", "password": "p"}
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", json.dumps(nowhere))
    with pytest.raises(httpx.TransportError):
        check()
    assert ask("select count(*) from monitoring.source_freshness_now") == [(4,)]


def test_a_dag_that_airflow_does_not_know_is_missing(load: Load) -> None:  # noqa: ARG001
    with airflow_dags() as dags:
        assert dags.obstacle("bronze_nowhere") == "missing"
        assert dags.runs("bronze_nowhere", "2026-11-18") == []
        assert dags.obstacle(KYC.dag_id) is None


@pytest.fixture
def slot(load: Load, postgres: Postgres) -> Iterator[psycopg.Connection[Any]]:  # noqa: ARG001
    """The database of core banking with its slot, on a server that gives up slots at 64 MB."""
    name = CORE.read_as(CdcRead).slot
    with psycopg.connect(postgres.dsn("bank"), autocommit=True) as connection:
        connection.execute("alter system set max_slot_wal_keep_size = '64MB'")
        connection.execute("select pg_reload_conf()")
        connection.execute("select pg_create_logical_replication_slot(%s, 'pgoutput')", [name])
        yield connection
        connection.execute(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s",
            [name],
        )
        connection.execute("alter system reset max_slot_wal_keep_size")
        connection.execute("select pg_reload_conf()")


def write(connection: psycopg.Connection[Any], segments: int) -> None:
    for _ in range(segments):
        connection.execute("select pg_logical_emit_message(false, 'filler', repeat('x', 1000000))")
        connection.execute("select pg_switch_wal()")
    connection.execute("checkpoint")


def test_a_slot_is_told_when_it_grows_and_again_when_it_is_lost(
    slot: psycopg.Connection[Any], pages: Callable[[], list[str]]
) -> None:
    assert watch_slots(FOUR) == 0
    write(slot, 3)
    assert watch_slots(FOUR) == watch_slots(FOUR) == 1
    (grows,) = pages()
    assert "core_banking: the replication slot holds back too much log" in grows
    assert "67.1 MB" in grows
    write(slot, 10)
    assert watch_slots(FOUR) == 1
    _, lost = pages()
    assert "core_banking: the replication slot is lost" in lost
    assert "resnapshot" in lost


def test_a_slot_that_was_confirmed_in_time_closes_its_page(
    slot: psycopg.Connection[Any], load: Load, pages: Callable[[], list[str]]
) -> None:
    load(WEDNESDAY, CORE)
    write(slot, 3)
    assert watch_slots(FOUR) == 1
    name = CORE.read_as(CdcRead).slot
    until(lambda: _advanced(slot, name), "the slot lets go")
    assert watch_slots(FOUR) == 0
    (page,) = pages()
    assert "in order again" in page


def _advanced(connection: psycopg.Connection[Any], name: str) -> bool:
    """Confirm everything; a slot lets go of log only behind a checkpoint that came later."""
    connection.execute("checkpoint")
    connection.execute("select pg_replication_slot_advance(%s, pg_current_wal_lsn())", [name])
    row = connection.execute(
        "select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) < 1000000 from pg_replication_slots "
        "where slot_name = %s",
        [name],
    ).fetchone()
    return bool(row and row[0])


def test_a_database_that_does_not_answer_is_told_by_the_task_and_closes_no_page(
    slot: psycopg.Connection[Any], load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(date(2026, 11, 20), CORE)
    write(slot, 3)
    assert watch_slots(FOUR) == 1
    monkeypatch.setenv("AIRFLOW_CONN_CORE_BANKING", "postgresql://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(SourceError, match="core_banking: asking about the replication slot failed"):
        watch_slots(FOUR)
    assert ask("select count(*) from monitoring.watchdog_page where resolved_at is null") == [(1,)]
