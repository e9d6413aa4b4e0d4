"""dim_customer: the first build of a bank's whole history against the build of one more day.

Bronze is written by SQL inside a warehouse of its own: every customer with one account, one contact and one
KYC check, and their transactions spread over a year. The next day brings its share of the year's
transactions and a hundredth as many late ones, some accounts closed and some opt-ins changed.

Beside it stand dbt's own snapshot of the customers as they are now, made after each build, and the floor:
the same history by one statement of DuckDB, from the same rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.benchmarks import contender
from tests.benchmarks.builds import TEXT, Build, OwnWarehouse, own_warehouse
from tests.benchmarks.contender import REPOSITORY, Run

FIRST_DAY = date(2026, 11, 18)
NEXT_DAY = FIRST_DAY + timedelta(days=1)
DAYS = 365
MODELS = ("--select", "+dim_customer", "--exclude", "quarantine_*")
SNAPSHOT = REPOSITORY / "tests" / "benchmarks" / "snapshot"
TRANSACTIONS = "raw_core_banking.posted_transaction"


@dataclass(frozen=True)
class Customers:
    """Builds of dim_customer, dbt's snapshots beside them, and the floor of a build from nothing.

    Attributes:
        intervals: rows of dim_customer after the last build.
    """

    builds: list[Build]
    snapshots: list[Build]
    floor: Run
    intervals: int


def builds(folder: Path, people: int, transactions: int) -> Customers:
    """The first build, the next day's, and that day once more with nothing new.

    Raises:
        ValueError: the floor came to other intervals than dim_customer.
    """
    done, snapshots = [], []
    with own_warehouse(folder) as warehouse:
        _land_history(warehouse, people, transactions)
        for name, day in (("first build", FIRST_DAY), ("next day", NEXT_DAY), ("next day again", NEXT_DAY)):
            if name == "next day":
                _land_a_day(warehouse, people, transactions)
            done.append(warehouse.run(name, "run", *MODELS, day=day))
            snapshots.append(warehouse.run(name, "snapshot", day=day, project=SNAPSHOT))
    by_hand = folder / "by_hand.duckdb"
    arguments = (str(warehouse.database), str(by_hand), NEXT_DAY.isoformat())
    floor = contender.run("history_by_hand", *arguments, log=folder / "floor.log", env={})
    return Customers(done, snapshots, floor, _same_intervals(warehouse.database, by_hand))


def _same_intervals(warehouse: Path, by_hand: Path) -> int:
    with duckdb.connect() as both:
        both.execute("set timezone = 'UTC'")
        both.execute(f"attach '{warehouse}' as warehouse (read_only)")
        both.execute(f"attach '{by_hand}' as by_hand (read_only)")
        columns = "party_id, valid_from::timestamp, valid_to::timestamp, is_active"
        ours, floor = (
            f"select {columns} from {table}"
            for table in ("warehouse.gold_candidate.dim_customer", "by_hand.history")
        )
        for one, other in ((ours, floor), (floor, ours)):
            if differing := both.execute(f"{one} except {other} limit 5").fetchall():
                raise ValueError(f"intervals that only one of the two has: {differing}")
        return int(both.execute(f"select count(*) from ({ours})").fetchall()[0][0])


def _land_history(warehouse: OwnWarehouse, people: int, transactions: int) -> None:
    since = _since("n")
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
        warehouse.land(table, columns, people, day=FIRST_DAY)
    warehouse.land(TRANSACTIONS, _transaction(people, DAYS, FIRST_DAY), transactions, day=FIRST_DAY)


def _land_a_day(warehouse: OwnWarehouse, people: int, transactions: int) -> None:
    share = transactions // DAYS
    warehouse.land(TRANSACTIONS, _transaction(people, 1, NEXT_DAY), share, day=NEXT_DAY, start=transactions)
    late = _transaction(people, 30, FIRST_DAY)
    warehouse.land(TRANSACTIONS, late, share // 100, day=NEXT_DAY, start=transactions + share)
    noon = f"'{NEXT_DAY} 12:00:00+00'"
    closed = {
        "account_id": "'A' || n * 1000",
        "party_id": "'P' || n * 1000",
        "product_code": "'everyday_chequing'",
        "status": "'closed'",
        "opened_at": _since("n * 1000"),
        "closed_at": noon,
        "updated_at": noon,
    }
    warehouse.land("raw_core_banking.account", closed, people // 1000, day=NEXT_DAY)
    refused = {
        "contact_id": "'M' || n * 1000",
        "external_id": "'P' || n * 1000",
        "operational_opt_in": "'false'",
        "updated_at": noon,
    }
    warehouse.land("raw_marketing_automation.subscription", refused, people // 1000, day=NEXT_DAY)


def _since(number: str) -> str:
    moment = f"dateadd(hour, -({number} % {24 * DAYS}), '{FIRST_DAY} 00:00:00'::timestamp_ntz)"
    return f"to_varchar({moment}, {TEXT})"


def _transaction(people: int, days: int, last: date) -> dict[str, str]:
    """Whose it is, and when in the days up to the end of `last`, has no pattern."""
    moment = f"dateadd(second, -(abs(hash(n, 'when')) % {days * 86_400}), '{last} 23:59:59'::timestamp_ntz)"
    return {
        "txn_id": "n::varchar",
        "account_id": f"'A' || (abs(hash(n, 'whose')) % {people})",
        "txn_type": "'purchase'",
        "amount": "'12.30'",
        "currency": "'CAD'",
        "status": "'settled'",
        "posted_at": f"to_varchar({moment}, {TEXT})",
    }
