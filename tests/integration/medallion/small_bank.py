"""A bank of six customers, landed in bronze as the sources would have sent it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from include.contracts import load_sources
from tests.dbt.bronze import Bronze, pg_text, rfc3339

CUSTOMERS = 6


def noon(day: date, *, minutes: int = 0) -> datetime:
    """17:00 UTC, which is around noon in Toronto all year."""
    return datetime(day.year, day.month, day.day, 17, tzinfo=UTC) + timedelta(minutes=minutes)


def found(bronze: Bronze, day: date) -> None:
    """Everybody is verified, opens a chequing account on ``day`` and opts in to operational mail."""
    for number in range(CUSTOMERS):
        _land_person(bronze, day, number)
    _land_activity(bronze, day)
    _loaded(bronze, day)


def live(bronze: Bronze, day: date) -> None:
    """One more day: everybody pays with a card; the first customer's account is frozen."""
    _land_activity(bronze, day)
    review = {"account_id": "A0", "reviewed_at": rfc3339(noon(day)), "decision": "freeze", "reviewer": "R"}
    bronze.land("raw_drop_account_reviews.review", [review], partition=day)
    _loaded(bronze, day)


def _land_person(bronze: Bronze, day: date, number: int) -> None:
    opened, party, account = noon(day, minutes=number), f"P{number}", f"A{number}"
    person = {"email": f"p{number}@example.org", "phone": f"+1 416 555 01{number:02d}"}
    bronze.land(
        "raw_core_banking.party",
        [
            {
                "party_id": party,
                "legal_name": f"Person {number}",
                "date_of_birth": "1980-01-01",
                "sin": f"hmac-sha256:test:{number:064x}",
                **person,
                "created_at": pg_text(opened),
                "updated_at": pg_text(opened),
            }
        ],
        partition=day,
        op="insert",
    )
    bronze.land(
        "raw_core_banking.account",
        [
            {
                "account_id": account,
                "party_id": party,
                "product_code": "everyday_chequing",
                "status": "open",
                "opened_at": pg_text(opened),
                "updated_at": pg_text(opened),
            }
        ],
        partition=day,
        op="insert",
    )
    bronze.land(
        "raw_marketing_automation.subscription",
        [
            {
                "contact_id": f"C{number}",
                "external_id": party,
                **person,
                "operational_opt_in": "true",
                "marketing_opt_in": "false",
                "created_at": rfc3339(opened),
                "updated_at": rfc3339(opened),
            }
        ],
        partition=day,
    )
    bronze.land(
        "raw_kyc.applicant",
        [
            {
                "applicant_id": f"K{number}",
                "party_id": party,
                "first_name": "Person",
                "last_name": str(number),
                **person,
                "state": "verified",
                "created_at": rfc3339(opened),
                "updated_at": rfc3339(opened),
            }
        ],
        partition=day,
    )
    bronze.land(
        "raw_kyc.verification",
        [
            {
                "check_id": f"V{number}",
                "applicant_id": f"K{number}",
                "check_type": "identity",
                "status": "complete",
                "result": "clear",
                "created_at": rfc3339(opened),
                "completed_at": rfc3339(opened),
                "updated_at": rfc3339(opened),
            }
        ],
        partition=day,
    )


def _land_activity(bronze: Bronze, day: date) -> None:
    bronze.land(
        "raw_core_banking.posted_transaction",
        [_payment(day, number) for number in range(CUSTOMERS)],
        partition=day,
        op="insert",
    )


def _payment(day: date, number: int) -> dict[str, Any]:
    paid = noon(day, minutes=60 + number)
    return {
        "txn_id": f"{day:%Y%m%d}{number:03d}",
        "account_id": f"A{number}",
        "txn_type": "purchase",
        "amount": "12.50",
        "currency": "CAD",
        "status": "settled",
        "posted_at": pg_text(paid),
        "settled_at": pg_text(paid),
        "description": "Groceries",
    }


def _loaded(bronze: Bronze, day: date) -> None:
    for source in load_sources().values():
        for table in source.tables:
            bronze.execute(
                "insert into raw_control.load_ledger (load_id, source, table_name, partition, sha256, "
                "row_count, file_row_count, file_byte_count, contract_version, code_version, run_id, "
                "extracted_at, staged_at, loaded_at) "
                f"select '{source.name}/{table.name}/{day}', '{source.name}', '{table.name}', '{day}'::date, "
                f"'-', 0, 0, 0, '{source.version}', 'test', 'test', '{day} 12:00:00'::timestamp_ntz(6), "
                f"'{day} 12:00:00'::timestamp_ntz(6), '{day} 12:00:00'::timestamp_ntz(6)"
            )
