"""Clause 1.2 from bronze to links: how each source writes a person, and evidence that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bronze import Bronze, pg_text, rfc3339
from tests.dbt.project import Dbt

DAY = date(2026, 11, 18)
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)  # in Toronto
JOINED = NOON - timedelta(days=30)
MERGES_IN_A_ROW = 60

MODELS = "+int_identity__conflict"
OF_PARTIES = ("stg_core_banking__party", "int_identity__key", "int_identity__link", "int_identity__conflict")
EVIDENCE = "evidence_of_a_link_is_no_address_and_no_phone_number"
COLUMNS = "source_system, record_type, record_id, party_id, rule, parties_matched"

Link = tuple[str | None, str | None, int]  # party, rule, parties matched


@pytest.fixture(scope="module")
def links(bronze: Bronze, dbt: Dbt) -> dict[tuple[str, str, str], Link]:
    """(party, rule, parties matched) by source, record type and record, of everything that was landed."""
    bronze.create()
    land_parties(bronze)
    land_records(bronze)
    # cautious: tests that compare these models with others have nothing to compare with here
    dbt(
        "build",
        "--select",
        MODELS,
        "--exclude-resource-type",
        "unit_test",
        "--indirect-selection",
        "cautious",
        partition=DAY,
    )
    return links_of(bronze)


@pytest.mark.parametrize(
    "record",
    [
        ("kyc", "applicant", "K1"),
        ("kyc", "pending_handoff", "K1"),
        ("marketing_automation", "contact", "M1"),
        ("crm_a", "contact", "A1"),
        ("crm_b", "contact", "151"),
        ("nps", "response", "N1"),
        ("drop_branch_referrals", "referral", "R1"),
        ("mobile_app", "user", "ob-1"),
    ],
)
def test_a_person_is_recognised_by_phone_and_email_however_a_source_writes_them(
    links: dict[tuple[str, str, str], Link], record: tuple[str, str, str]
) -> None:
    assert links[record] == ("ana", "phone_and_email", 1)


def test_the_first_key_that_some_party_has_decides(links: dict[tuple[str, str, str], Link]) -> None:
    assert links["kyc", "applicant", "K-all-three"] == ("P2", "party_id", 1)
    assert links["kyc", "applicant", "K-sin"] == ("mia", "sin_hmac", 1)
    assert links["kyc", "applicant", "K-unknown-party"] == ("mia", "sin_hmac", 1)
    assert links["crm_b", "contact", "152"] == ("P2", "party_id", 1)
    assert links["support", "ticket", "35000"] == ("P2", "party_id", 1)
    assert links["mobile_app", "user", "ob-2"] == ("P2", "party_id", 1)


def test_a_phone_or_an_email_alone_is_nobody_and_so_is_a_number_with_an_extension(
    links: dict[tuple[str, str, str], Link],
) -> None:
    assert links["support", "ticket", "35001"] == (None, None, 0)
    assert links["nps", "response", "N2"] == (None, None, 0)
    assert links["crm_b", "contact", "153"] == (None, None, 0)


@pytest.mark.usefixtures("links")
def test_a_key_of_two_people_links_nobody_though_the_next_key_would_and_lists_both(bronze: Bronze) -> None:
    told = bronze.execute(f"select {COLUMNS} from silver.int_identity__link where record_id = 'K-conflict'")
    assert told == [("kyc", "applicant", "K-conflict", None, "sin_hmac", 2)]
    assert conflicts_of(bronze, "K-conflict") == ["twin-1", "twin-2"]


def test_what_was_a_retired_partys_is_the_last_survivors_along_any_chain(
    links: dict[tuple[str, str, str], Link],
) -> None:
    last = f"retired-{MERGES_IN_A_ROW}"
    assert links["kyc", "applicant", "K-retired"] == (last, "party_id", 1)
    assert links["kyc", "applicant", "K-erased"] == (last, "party_id", 1)


@pytest.mark.usefixtures("links")
def test_a_link_says_since_when_its_evidence_has_stood(bronze: Bronze) -> None:
    since = dict(bronze.execute("select record_id, since from silver.int_identity__link"))
    naive = {name: moment and moment.replace(tzinfo=UTC) for name, moment in since.items()}
    assert naive["K1"] == JOINED + timedelta(days=2)  # the vendor tells no moment
    assert naive["M1"] == JOINED + timedelta(days=2)  # the contact is older than what Ana's party says
    assert naive["A1"] == NOON
    assert naive["N2"] is None


@pytest.mark.usefixtures("links")
def test_evidence_in_the_clear_does_not_pass(bronze: Bronze, dbt: Dbt) -> None:
    for clear in ("ana@example.com", "4165550101", "+1 (416) 555-0101 x12"):
        bronze.execute("create or replace table silver.kept clone silver.int_identity__link")
        bronze.execute(f"update silver.int_identity__link set evidence = '{clear}' where record_id = 'M1'")
        with pytest.raises(Exception, match=EVIDENCE):
            dbt("test", "--select", EVIDENCE, partition=DAY)
        bronze.execute("create or replace table silver.int_identity__link clone silver.kept")
    dbt("test", "--select", EVIDENCE, partition=DAY)


def test_an_address_that_becomes_shared_turns_a_link_into_a_conflict_and_back_when_given_up(
    bronze: Bronze, dbt: Dbt
) -> None:
    bronze.create()
    shared = {"phone": "416-555-0101", "email": "home@example.com"}
    land_party(bronze, "ana", **shared)
    land_party(bronze, "lars", phone="416-555-0102", email="lars@example.com")
    bronze.land("raw_marketing_automation.subscription", [contact("M1", **shared)], partition=DAY)
    dbt("run", "--select", MODELS, partition=DAY)
    first_day = everything(bronze)
    assert links_of(bronze)["marketing_automation", "contact", "M1"] == ("ana", "phone_and_email", 1)

    moves_in, moves_out = DAY + timedelta(days=1), DAY + timedelta(days=2)
    land_party(bronze, "lars", **shared, day=moves_in)
    dbt("run", "--select", *OF_PARTIES, partition=moves_in)
    assert links_of(bronze)["marketing_automation", "contact", "M1"] == (None, "phone_and_email", 2)
    assert conflicts_of(bronze, "M1") == ["ana", "lars"]

    land_party(bronze, "ana", phone="416-555-0103", email="ana@example.com", day=moves_out)
    dbt("run", "--select", *OF_PARTIES, partition=moves_out)
    assert links_of(bronze)["marketing_automation", "contact", "M1"] == ("lars", "phone_and_email", 1)
    assert conflicts_of(bronze, "M1") == []

    dbt("run", "--select", MODELS, partition=DAY)
    assert everything(bronze) == first_day


def land_parties(bronze: Bronze) -> None:
    land_party(bronze, "ana", phone="+1 416 555 0101", email="Ana@Example.com", updated_after=2)
    land_party(bronze, "P2", phone="(416) 555-0102", email="lars@example.com", sin="hmac-sha256:k:2")
    land_party(bronze, "mia", phone=None, email="mia@example.com", sin="hmac-sha256:k:3")
    for twin in ("twin-1", "twin-2"):
        land_party(bronze, twin, phone=None, email=None, sin="hmac-sha256:k:4")
    land_party(bronze, "retired-1", phone=None, email=None)
    land_party(bronze, f"retired-{MERGES_IN_A_ROW}", phone=None, email=None)
    bronze.land(
        "raw_core_banking.party_merge",
        [
            {
                "retired_party_id": f"retired-{number}",
                "surviving_party_id": f"retired-{number + 1}",
                "merged_at": pg_text(NOON - timedelta(minutes=number)),
            }
            for number in range(1, MERGES_IN_A_ROW)
        ],
        partition=DAY,
        op="insert",
    )


def land_records(bronze: Bronze) -> None:
    """Ana in every source as it writes her; and applicants who carry several keys or none that helps."""
    ana = {"phone": "(416) 555-0101", "email": "ana@example.com"}
    lars = {"phone": "(416) 555-0102", "email": "lars@example.com"}
    land(
        bronze,
        "raw_kyc.applicant",
        {"applicant_id": "K1", **ana},
        {"applicant_id": "K-all-three", "party_id": "P2", "sin": "hmac-sha256:k:3", **ana},
        {"applicant_id": "K-sin", "sin": "hmac-sha256:k:3", **ana},
        {"applicant_id": "K-unknown-party", "party_id": "nobody", "sin": "hmac-sha256:k:3", **ana},
        {"applicant_id": "K-conflict", "sin": "hmac-sha256:k:4", **lars},
        {"applicant_id": "K-retired", "party_id": "retired-1"},
        {"applicant_id": "K-erased", "party_id": "retired-7"},
    )
    land(bronze, "raw_kyc.pending_handoff", {"applicant_id": "K1", **ana})
    bronze.land(
        "raw_marketing_automation.subscription",
        [contact("M1", phone="416.555.0101", email="ana@example.com")],
        partition=DAY,
    )
    land(
        bronze,
        "raw_crm_a.contact",
        {"id": "A1", "phone": "+1 (416) 555-0101", "email": " ana@example.com", "is_deleted": "false"}
        | {"created_date": rfc3339(JOINED), "system_modstamp": rfc3339(NOON)},
    )
    land(
        bronze,
        "raw_crm_b.contact",
        {"id": "151", "phone": "1-416-555-0101", "email": "ana@example.com"},
        {"id": "152", "customer_number": "p2", "phone": "1-416-555-0101", "email": "ana@example.com"},
        {"id": "153", "phone": "1-416-555-0101 x12", "email": "ana@example.com"},
    )
    land(
        bronze,
        "raw_support.ticket",
        {"id": "35000", "external_id": "P2", "via": json.dumps({"channel": "mobile_sdk"})},
        {
            "id": "35001",
            "via": json.dumps({"channel": "email", "source": {"from": {"address": ana["email"]}}}),
        },
    )
    land(
        bronze,
        "raw_nps.response",
        {"id": "N1", "person": json.dumps({"email": "ANA@example.com", "phone_number": "+14165550101"})},
        {"id": "N2", "person": json.dumps({"email": None, "phone_number": "+14165550101"})},
    )
    land(
        bronze,
        "raw_drop_branch_referrals.referral",
        {"referral_id": "R1", "phone": "416-555-0101", "email": "Ana@example.com"},
    )
    land(
        bronze,
        "raw_mobile_app.event",
        *(
            {
                "event_id": f"E{number}",
                "user_id": user,
                "user_properties": json.dumps(told),
                "event_time": f"2026-11-18 15:0{number}:00.000000",
            }
            for number, (user, told) in enumerate(
                [
                    ("ob-1", {"email": "before@example.com", "phone": "+14165550101"}),
                    ("ob-1", {"email": "Ana@example.com"}),
                    (
                        "ob-2",
                        {"customer_number": "P2", "email": "ana@example.com", "phone": "+14165550101"},
                    ),
                    (None, {}),
                ]
            )
        ),
    )


def land(bronze: Bronze, table: str, *rows: Mapping[str, Any]) -> None:
    bronze.land(table, rows, partition=DAY)


def land_party(
    bronze: Bronze,
    name: str,
    *,
    phone: str | None,
    email: str | None,
    sin: str | None = None,
    updated_after: int = 0,
    day: date = DAY,
) -> None:
    """A party that joined at JOINED and changed its record so many days later."""
    row = {
        "party_id": name,
        "sin": sin,
        "phone": phone,
        "email": email,
        "created_at": pg_text(JOINED),
        "updated_at": pg_text(JOINED + timedelta(days=updated_after)),
    }
    bronze.land("raw_core_banking.party", [row], partition=day, op="insert" if day == DAY else "update")


def contact(contact_id: str, *, phone: str, email: str) -> dict[str, str]:
    moments = {"created_at": rfc3339(JOINED), "updated_at": rfc3339(JOINED)}
    return {"contact_id": contact_id, "phone": phone, "email": email, **moments}


def links_of(bronze: Bronze) -> dict[tuple[str, str, str], Link]:
    rows = bronze.execute(f"select {COLUMNS} from silver.int_identity__link")
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in rows}


def conflicts_of(bronze: Bronze, record: str) -> list[str]:
    query = f"select candidate_party_id from silver.int_identity__conflict where record_id = '{record}'"
    return sorted(party for (party,) in bronze.execute(query))


def everything(bronze: Bronze) -> dict[str, list[tuple[Any, ...]]]:
    models = ("record", "key", "link", "conflict")
    return {
        model: sorted(bronze.execute(f"select * from silver.int_identity__{model}"), key=str)
        for model in models
    }
