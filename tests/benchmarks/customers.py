"""dim_customer: the first build of a bank's whole history against the build of one more day.

Bronze is written by SQL inside a warehouse of its own: every customer with one account, one contact and one
KYC check, and their transactions spread over a year. The next day brings its share of the year's
transactions and a hundredth as many late ones, some accounts closed and some opt-ins changed.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import snowflake.connector

from tests.benchmarks.contender import REPOSITORY
from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt

FIRST_DAY = date(2026, 11, 18)
NEXT_DAY = FIRST_DAY + timedelta(days=1)
DAYS = 365
MODELS = ("--select", "+dim_customer", "--exclude", "quarantine_*")
START_SECONDS = 120


@dataclass(frozen=True)
class Build:
    """One build of everything that dim_customer is made of.

    Attributes:
        seconds: per model, as dbt timed it: statements and what dbt does around them.
        wall: from dbt's start to its end.
    """

    name: str
    wall: float
    seconds: dict[str, float]


def builds(folder: Path, people: int, transactions: int) -> list[Build]:
    """The first build, the next day's, and that day once more with nothing new."""
    with _warehouse(folder) as port, _connected(port) as connection:
        bronze = Bronze(connection)
        bronze.execute("create database if not exists analytics")
        bronze.create()
        _land_history(bronze, people, transactions)
        dbt = Dbt(_environment(port), folder / "dbt")
        first = _timed(dbt, "first build", FIRST_DAY)
        _land_a_day(bronze, people, transactions)
        return [first, _timed(dbt, "next day", NEXT_DAY), _timed(dbt, "the same day again", NEXT_DAY)]


def _timed(dbt: Dbt, name: str, day: date) -> Build:
    began = time.perf_counter()
    dbt("run", *MODELS, partition=day)
    wall = time.perf_counter() - began
    results = json.loads((dbt.folder / "target" / "run_results.json").read_text())["results"]
    return Build(name, wall, {one["unique_id"].split(".")[2]: one["execution_time"] for one in results})


def _land_history(bronze: Bronze, people: int, transactions: int) -> None:
    facts = _facts(FIRST_DAY)
    since = f"to_varchar(dateadd(hour, -(n % {24 * DAYS}), '{FIRST_DAY} 00:00:00'::timestamp_ntz), {_TEXT})"
    tables = {
        "raw_core_banking.party": {
            "party_id": "'P' || n",
            "email": "'p' || n || '@example.com'",
            "phone": "lpad(n::varchar, 10, '2')",
            "created_at": since,
            "updated_at": since,
        },
        "raw_core_banking.account": {
            "account_id": "'A' || n",
            "party_id": "'P' || n",
            "product_code": "'everyday_chequing'",
            "status": "'open'",
            "opened_at": since,
            "updated_at": since,
        },
        "raw_marketing_automation.subscription": {
            "contact_id": "'M' || n",
            "external_id": "'P' || n",
            "operational_opt_in": "'true'",
            "marketing_opt_in": "'true'",
            "created_at": since,
            "updated_at": since,
        },
        "raw_kyc.applicant": {"applicant_id": "'K' || n", "party_id": "'P' || n", "state": "'verified'"},
        "raw_kyc.verification": {
            "check_id": "'C' || n",
            "applicant_id": "'K' || n",
            "check_type": "'identity'",
            "status": "'complete'",
            "result": "'clear'",
            "created_at": since,
            "completed_at": since,
            "updated_at": since,
        },
        "raw_aml.risk_band": {
            "party_id": "'P' || n",
            "scored_at": since,
            "band": "'low'",
            "score": "'10'",
            "updated_at": since,
        },
    }
    for table, columns in tables.items():
        _insert(bronze, table, columns | facts, people)
    _insert(bronze, _TRANSACTIONS, _transaction(people, "n", DAYS * 86_400, FIRST_DAY) | facts, transactions)


def _land_a_day(bronze: Bronze, people: int, transactions: int) -> None:
    facts, share = _facts(NEXT_DAY), transactions // DAYS
    new = f"n + {transactions}"
    _insert(bronze, _TRANSACTIONS, _transaction(people, new, 86_400, NEXT_DAY) | facts, share)
    late = _transaction(people, f"{new} + {share}", 30 * 86_400, FIRST_DAY)
    _insert(bronze, _TRANSACTIONS, late | facts, share // 100)
    noon = f"'{NEXT_DAY} 12:00:00+00'"
    closed = {
        "account_id": "'A' || n * 1000",
        "party_id": "'P' || n * 1000",
        "product_code": "'everyday_chequing'",
        "status": "'closed'",
        "opened_at": f"'{FIRST_DAY - timedelta(days=DAYS)} 00:00:00+00'",
        "closed_at": noon,
        "updated_at": noon,
    }
    _insert(bronze, "raw_core_banking.account", closed | facts, people // 1000)
    refused = {
        "contact_id": "'M' || n * 1000",
        "external_id": "'P' || n * 1000",
        "operational_opt_in": "'false'",
        "updated_at": noon,
    }
    _insert(bronze, "raw_marketing_automation.subscription", refused | facts, people // 1000)


_TEXT = "'YYYY-MM-DD HH24:MI:SS+00'"
_TRANSACTIONS = "raw_core_banking.posted_transaction"


def _transaction(people: int, number: str, seconds: int, last: date) -> dict[str, str]:
    """Spread over the seconds before the end of the day; whose it is has no pattern in time."""
    moment = f"dateadd(second, -(n * 7919 % {seconds}), '{last} 23:59:59'::timestamp_ntz)"
    return {
        "txn_id": f"({number})::varchar",
        "account_id": f"'A' || (n * 104729 % {people})",
        "txn_type": "'purchase'",
        "amount": "'12.30'",
        "currency": "'CAD'",
        "status": "'settled'",
        "posted_at": f"to_varchar({moment}, {_TEXT})",
    }


def _facts(day: date) -> dict[str, str]:
    return {
        "_op": "'insert'",
        "_position": f"'{day}/' || lpad(n::varchar, 12, '0')",
        "_partition": f"'{day}'",
        "_loaded_at": f"'{day} 12:00:00'",
    }


def _insert(bronze: Bronze, table: str, columns: dict[str, str], rows: int) -> None:
    numbers = f"select row_number() over (order by 1) - 1 as n from table(generator(rowcount => {rows}))"
    bronze.execute(
        f"insert into {table} ({', '.join(columns)}) select {', '.join(columns.values())} "
        f"from ({numbers}) as numbers"
    )


@contextmanager
def _warehouse(folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    state = folder / "warehouse"
    with (folder / "warehouse.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "include.sandbox.warehouse", "--port", str(port), "--state", str(state)],
            stdout=log,
            stderr=log,
            cwd=REPOSITORY,
        )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _healthy(port):
            if server.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the warehouse did not start: see {folder / 'warehouse.log'}")
            time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def _connected(port: int) -> Iterator[snowflake.connector.SnowflakeConnection]:
    with snowflake.connector.connect(
        account="sandbox",
        user="test",
        password="test",
        host="127.0.0.1",
        port=port,
        protocol="http",
        database="ANALYTICS",
        schema="PUBLIC",
        role="SYSADMIN",
    ) as connection:
        yield connection


def _environment(port: int) -> dict[str, str]:
    return {
        "SNOWFLAKE_ACCOUNT": "sandbox",
        "SNOWFLAKE_USER": "test",
        "SNOWFLAKE_PASSWORD": "test",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_DATABASE": "ANALYTICS",
        "SNOWFLAKE_ROLE": "SYSADMIN",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
