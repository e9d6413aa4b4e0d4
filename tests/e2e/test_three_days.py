"""`make run`: history and three days through a real Airflow, judged by the bank's own books."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import httpx

from include.contracts import load_metric_contract, load_sources
from include.governance.gold_sets import MARKER
from include.sandbox import bank
from tests.e2e.conftest import Deployment

ACTIVE = """
select party_id from gold.dim_customer
where is_active
    and valid_from < convert_timezone('America/Toronto', 'UTC', dateadd(day, 1, '{day}'::timestamp_ntz))
    and coalesce(valid_to, '9999-12-31'::timestamp_ntz)
        >= convert_timezone('America/Toronto', 'UTC', dateadd(day, 1, '{day}'::timestamp_ntz))
"""


def lived(deployment: Deployment) -> list[date]:
    return bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))


def messages(deployment: Deployment) -> list[dict[str, Any]]:
    url = f"{deployment.sandbox.state.url('services')}/slack/messages"
    found: list[dict[str, Any]] = httpx.get(url, timeout=30).json()
    return found


def bronze(deployment: Deployment) -> dict[str, tuple[Any, ...]]:
    """Table -> rows and a hash that no order changes."""
    return {
        f"{source.schema}.{table.name}": deployment.ask(
            f"select count(*), to_varchar(sum(hash(*))) from {source.schema}.{table.name}"
        )[0]
        for source in load_sources().values()
        for table in source.tables
    }


def gold(deployment: Deployment) -> dict[str, list[tuple[Any, ...]]]:
    """Table -> all its rows, the marker of the set aside."""
    tables = deployment.ask(
        "select lower(table_name) from information_schema.tables where table_schema = 'GOLD'"
    )
    return {
        table: sorted(deployment.ask(f"select * from gold.{table}"), key=str)
        for (table,) in tables
        if table != MARKER
    }


def test_the_very_customers_that_the_bank_knows_as_active_are_active_on_each_day(
    deployment: Deployment, three_days: str
) -> None:
    del three_days
    truth = bank.truth(deployment.sandbox.postgres.dsn("vendors"))
    days = lived(deployment)
    assert len(days) == 4
    for day in days:
        found = {party for (party,) in deployment.ask(ACTIVE.format(day=day))}
        assert found == set(truth[day.isoformat()]["active_party_ids"]), day


def test_links_activity_stages_and_sessions_are_scored_against_the_banks_books(three_days: str) -> None:
    for line in (
        r"identity +precision 1\.0000 of ",
        r"activity .* 1,000 random instants: exact",
        r"stages +onboarded .*: exact",
        r"sessions .* events, .*: exact",
    ):
        assert re.search(line, three_days), line


def test_the_current_rows_say_the_same_of_the_last_day(deployment: Deployment, three_days: str) -> None:
    del three_days
    truth = bank.truth(deployment.sandbox.postgres.dsn("vendors"))
    (count,) = deployment.ask("select count(*) from gold.dim_customer where is_current and is_active")[0]
    assert count == truth[lived(deployment)[-1].isoformat()]["active"]


def test_one_page_tells_what_is_late_what_holds_it_up_and_what_goes_stale(
    deployment: Deployment, three_days: str
) -> None:
    del three_days
    pages = [page for page in messages(deployment) if page["channel"] == load_metric_contract().channel]
    assert len(pages) == 1
    told = str(pages[0])
    day = lived(deployment)[-1].isoformat()
    contract = load_sources()["drop_account_reviews"]
    run = f"{deployment.sandbox.state.url('airflow')}/dags/{contract.dag_id}/runs/"
    for part in (contract.dag_id, day, "extract", contract.owner, "dim_customer", run, "runbook"):
        assert part in told, part


def test_the_owner_of_the_main_metric_is_told_of_its_drop(deployment: Deployment, three_days: str) -> None:
    del three_days
    owner = next(
        metric for metric in load_metric_contract().metrics if metric.name == "customer_initiated_events"
    )
    told = [message for message in messages(deployment) if message["channel"] == owner.channel]
    assert len([message for message in told if owner.name in str(message)]) == 1


def test_no_personal_identifier_reaches_slack_a_log_or_an_xcom(
    deployment: Deployment, three_days: str
) -> None:
    """Every e-mail, phone number and SIN of the bank, looked for in all that people and tools get to read."""
    del three_days
    import psycopg

    with psycopg.connect(deployment.sandbox.postgres.dsn("core")) as core:
        rows = core.execute("select email, phone, sin from party limit 200").fetchall()
    identifiers = {value for row in rows for value in row if value}
    assert identifiers
    logs = deployment.sandbox.state.folder("airflow/logs")
    read = [str(messages(deployment)), *(log.read_text(errors="replace") for log in logs.rglob("*.log"))]
    with psycopg.connect(deployment.sandbox.postgres.dsn("airflow")) as metadata:
        read += [str(row) for row in metadata.execute("select value from xcom").fetchall()]
    leaked = [value for value in identifiers if any(value in text for text in read)]
    assert not leaked


def test_a_second_up_changes_nothing(deployment: Deployment, three_days: str) -> None:
    del three_days
    before = [server.process() for server in (deployment.sandbox.warehouse, *deployment.sandbox.airflow)]
    code, output = deployment.command("up")
    assert code == 0, output
    assert [
        server.process() for server in (deployment.sandbox.warehouse, *deployment.sandbox.airflow)
    ] == before


def test_a_second_run_finds_everything_done(deployment: Deployment, three_days: str) -> None:
    del three_days
    before = bronze(deployment)
    code, output = deployment.command("run")
    assert code == 0, output
    assert bronze(deployment) == before


def test_a_day_loaded_again_leaves_bronze_and_gold_as_they_were(
    deployment: Deployment, three_days: str
) -> None:
    del three_days
    bronze_before, gold_before = bronze(deployment), gold(deployment)
    code, output = deployment.command("day", "--day", lived(deployment)[-1].isoformat())
    assert code == 0, output
    assert bronze(deployment) == bronze_before
    assert gold(deployment) == gold_before
