"""A few people, four sources, two business days: what the models must make of them is worked out on paper."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.dbt.bronze import Bronze, pg_text, rfc3339

DAY = date(2026, 11, 18)
NEXT_DAY = date(2026, 11, 19)
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)  # in Toronto
YESTERDAY = NOON - timedelta(days=1)

JOINED = datetime(2026, 9, 1, 14, tzinfo=UTC)
LAST_VISIT_OF_LARS = datetime(
    2026, 10, 1, 3, 59, 59, 999999, tzinfo=UTC
)  # September's last instant in Toronto


def land_first_day(bronze: Bronze) -> None:
    """All history up to DAY, as the first partition brings it."""
    core = "raw_core_banking"
    bronze.land(
        f"{core}.party",
        [
            _party("ana", sin="hmac-sha256:k:1"),
            _party("ana-again", sin=None),
            _party("lars", sin="hmac-sha256:k:2"),
            _party("mia", sin="hmac-sha256:k:3") | {"date_of_birth": "1980-02-31"},
            _party("without-account", sin=None),
        ],
        partition=DAY,
        op="snapshot",
    )
    bronze.land(
        f"{core}.account",
        [
            _account("A-ana", "ana", "everyday_chequing"),
            _account("A-ana-again", "ana-again", "credit_card"),
            _account("A-lars", "lars", "student_chequing"),
            _account("A-mia", "mia", "high_interest_savings"),
        ],
        partition=DAY,
        op="snapshot",
    )
    bronze.land(
        f"{core}.party_merge",
        [{"retired_party_id": "ana-again", "surviving_party_id": "ana", "merged_at": pg_text(YESTERDAY)}],
        partition=DAY,
        op="insert",
    )
    bronze.land(
        f"{core}.posted_transaction",
        [
            _transaction(1, "A-ana-again", NOON),
            _transaction(2, "A-lars", LAST_VISIT_OF_LARS),
            _transaction(3, "A-mia", NOON),
            _transaction(4, "A-mia", NOON + timedelta(minutes=1), kind="fee"),
            _transaction(5, "A-mia", NOON + timedelta(days=1)),  # after the as-of moment
        ],
        partition=DAY,
        op="insert",
    )
    bronze.land(
        "raw_kyc.applicant",
        [
            {"applicant_id": "K-ana", "party_id": "ana", "state": "verified"},
            {"applicant_id": "K-lars", "sin": "hmac-sha256:k:2", "state": "verified"},
            {"applicant_id": "K-lead", "sin": "hmac-sha256:k:9", "state": "pending"},
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_kyc.verification",
        [
            _check("C1", "K-ana", "identity", JOINED - timedelta(days=1), JOINED - timedelta(hours=2)),
            _check("C2", "K-ana", "document", JOINED - timedelta(days=1), JOINED - timedelta(hours=1)),
            _check("C3", "K-lars", "identity", YESTERDAY, NOON),
            _check("C4", "K-lead", "identity", YESTERDAY, None),
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_marketing_automation.subscription",
        [
            *(_contact(name, JOINED, opted_in=True) for name in ("ana", "lars", "mia")),
            {**_contact("nobody", JOINED, opted_in=True), "contact_id": "M-lead", "external_id": None},
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_marketing_automation.email_event",
        [
            {
                "event_id": event_id,
                "contact_id": contact_id,
                "campaign_id": "G1",
                "event_type": "click",
                "occurred_at": rfc3339(NOON),
                "recorded_at": rfc3339(NOON),
            }
            for event_id, contact_id in (("E1", "M-ana"), ("E1", "M-ana"), ("E2", "M-lead"))
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_drop_account_reviews.review",
        [
            {
                "account_id": "A-mia",
                "reviewed_at": YESTERDAY.isoformat(),
                "decision": "freeze",
                "reviewer": "R1",
            }
        ],
        partition=DAY,
    )


def land_next_day(bronze: Bronze) -> None:
    """What became known on NEXT_DAY: one late visit, one opt-out, one clearing, one erased account."""
    bronze.land(
        "raw_core_banking.posted_transaction",
        [_transaction(6, "A-lars", LAST_VISIT_OF_LARS + timedelta(days=5))],
        partition=NEXT_DAY,
        op="insert",
    )
    bronze.land(
        "raw_marketing_automation.subscription",
        [_contact("ana", NOON + timedelta(days=1), opted_in=False)],
        partition=NEXT_DAY,
    )
    bronze.land(
        "raw_drop_account_reviews.review",
        [
            {
                "account_id": "A-mia",
                "reviewed_at": YESTERDAY.isoformat(),
                "decision": "freeze",
                "reviewer": "R1",
            },
            {
                "account_id": "A-mia",
                "reviewed_at": (NOON + timedelta(days=1)).isoformat(),
                "decision": "clear",
            },
        ],
        partition=NEXT_DAY,
    )


def _party(name: str, sin: str | None) -> dict[str, str | None]:
    return {
        "party_id": name,
        "legal_name": f"{name} O'Neill 🙂",
        "date_of_birth": "1980-02-28",
        "sin": sin,
        "email": f"{name}@example.com",
        "phone": "416-555-0101",
        "created_at": pg_text(JOINED),
        "updated_at": pg_text(JOINED),
    }


def _account(account_id: str, party_id: str, product: str) -> dict[str, str | None]:
    return {
        "account_id": account_id,
        "party_id": party_id,
        "product_code": product,
        "status": "open",
        "opened_at": pg_text(JOINED),
        "closed_at": None,
        "updated_at": pg_text(JOINED),
    }


def _transaction(txn_id: int, account_id: str, moment: datetime, kind: str = "purchase") -> dict[str, str]:
    return {
        "txn_id": str(txn_id),
        "account_id": account_id,
        "txn_type": kind,
        "amount": "12.30",
        "currency": "CAD",
        "status": "settled",
        "posted_at": pg_text(moment),
        "settled_at": pg_text(moment),
    }


def _check(
    check_id: str, applicant: str, kind: str, started: datetime, done: datetime | None
) -> dict[str, str | None]:
    return {
        "check_id": check_id,
        "applicant_id": applicant,
        "check_type": kind,
        "status": "complete" if done else "in_progress",
        "result": "clear" if done else None,
        "created_at": rfc3339(started),
        "completed_at": rfc3339(done) if done else None,
        "updated_at": rfc3339(done or started),
    }


def _contact(name: str, moment: datetime, *, opted_in: bool) -> dict[str, str]:
    return {
        "contact_id": f"M-{name}",
        "external_id": name,
        "email": f"{name}@example.com",
        "operational_opt_in": str(opted_in).lower(),
        "marketing_opt_in": "true",
        "created_at": rfc3339(JOINED),
        "updated_at": rfc3339(moment),
    }
