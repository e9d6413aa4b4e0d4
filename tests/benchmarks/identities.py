"""Identity: a million records of nine sources, each resolved to a person or not at all.

Bronze is written by SQL inside a warehouse of its own. Every record tells a telephone and an e-mail, spelled
another way than the party's; half also tell the party's number and six in ten its hashed SIN, where their
source has such a column; a tenth tell an e-mail that nobody has. One party in fifty has telephone and e-mail
of another, and one in a hundred was merged into another.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from tests.benchmarks.builds import TEXT, Build, OwnWarehouse, own_warehouse

FIRST_DAY = date(2026, 11, 18)
NEXT_DAY = FIRST_DAY + timedelta(days=1)
DAYS = 365
RECORDS_PER_PARTY = 4
MODELS = ("--select", "+int_identity__conflict", "--exclude", "quarantine_*")
SHARES = {
    "raw_mobile_app.event": 0.20,
    "raw_marketing_automation.subscription": 0.20,
    "raw_kyc.applicant": 0.15,
    "raw_crm_a.contact": 0.10,
    "raw_crm_b.contact": 0.10,
    "raw_support.ticket": 0.10,
    "raw_nps.response": 0.07,
    "raw_drop_branch_referrals.referral": 0.05,
    "raw_kyc.pending_handoff": 0.03,
}


def builds(folder: Path, records: int) -> tuple[list[Build], dict[str, int]]:
    """The first build, the next day's with its share of a year's records, and what became of the records.

    Raises:
        ValueError: a record went to another person than the one whose evidence it carries.
    """
    with own_warehouse(folder) as warehouse:
        parties = records // RECORDS_PER_PARTY // 100 * 100  # whole hundreds, of which one is merged
        _land_parties(warehouse, parties)
        landed = _land_records(warehouse, parties, records, FIRST_DAY, start=0)
        first = warehouse.run("first build", "run", *MODELS, day=FIRST_DAY)
        _land_records(warehouse, parties, records // DAYS, NEXT_DAY, start=landed)
        following = warehouse.run("next day", "run", *MODELS, day=NEXT_DAY)
        return [first, following], _outcome(warehouse, parties)


def _outcome(warehouse: OwnWarehouse, parties: int) -> dict[str, int]:
    """How many records each rule linked; every link is held against the number in the record's own name."""
    number = "regexp_substr(record_id, '[0-9]+$')::int"
    ((wrong,),) = warehouse.bronze.execute(
        f"select count(*) from silver.int_identity__link "
        f"where party_id is not null and party_id <> 'P' || {_survivor(f'({number} % {parties})')}"
    )
    if wrong:
        raise ValueError(f"{wrong} records are linked to a person whose evidence they do not carry")
    rows = warehouse.bronze.execute(
        "select iff(parties_matched > 1, 'ambiguous', coalesce(rule, 'nobody')), count(*) "
        "from silver.int_identity__link group by 1 order by 2 desc"
    )
    return {str(rule): int(count) for rule, count in rows}


def _survivor(party: str) -> str:
    """A hundredth of the parties were retired in favour of the next number."""
    return f"iff({party} % 100 = 1, {party} + 1, {party})"


def _land_parties(warehouse: OwnWarehouse, parties: int) -> None:
    moment = _moment("n", FIRST_DAY)
    party = {
        "party_id": "'P' || n",
        "sin": _sin("n"),
        "email": _email("n"),
        "phone": _phone("n"),
        "created_at": moment,
        "updated_at": moment,
    }
    warehouse.land("raw_core_banking.party", party, parties, day=FIRST_DAY)
    merge = {
        "retired_party_id": "'P' || (n * 100 + 1)",
        "surviving_party_id": "'P' || (n * 100 + 2)",
        "merged_at": f"'{FIRST_DAY} 12:00:00+00'",
    }
    warehouse.land("raw_core_banking.party_merge", merge, parties // 100, day=FIRST_DAY)


def _land_records(warehouse: OwnWarehouse, parties: int, records: int, day: date, *, start: int) -> int:
    """Give the number of the next record."""
    party = f"(n % {parties})"
    kind = "(abs(hash(n, 'kind')) % 20)"
    moment = _moment("n", day)
    facts = {"created_at": moment, "updated_at": moment}
    known = f"iff({kind} < 10, 'P' || {party}, null)"
    sin = f"iff({kind} < 12, {_sin(party)}, null)"
    # Shouted, spaced and with a country's code: the same address and number all the same.
    email = f"iff({kind} < 18, upper({_email(party)}) || ' ', 'nobody' || n || '@example.com')"
    phone = f"'+1 (' || left({_phone(party)}, 3) || ') ' || substr({_phone(party)}, 4)"
    contact = {"email": email, "phone": phone}
    person = f"object_construct('email', {email}, 'phone_number', {phone})"
    sender = f"object_construct('address', {email}, 'phone', {phone})"
    via = f"object_construct('source', object_construct('from', {sender}))"
    app = f"object_construct_keep_null('customer_number', {known}, 'email', {email}, 'phone', {phone})"
    tables = {
        "raw_mobile_app.event": {
            "event_id": "'E' || n", "user_id": "'U' || n", "event_type": "'screen_view'",
            "user_properties": app, "event_time": moment, "client_event_time": moment,
            "server_received_time": moment, "server_upload_time": moment,
        },
        "raw_marketing_automation.subscription": {
            "contact_id": "'M' || n", "external_id": known, **contact, **facts,
        },
        "raw_kyc.applicant": {"applicant_id": "'K' || n", "party_id": known, "sin": sin, **contact, **facts},
        "raw_crm_a.contact": {
            "id": "'A' || n", "party_number": known, **contact,
            "created_date": moment, "system_modstamp": moment,
        },
        "raw_crm_b.contact": {
            "id": "'B' || n", "customer_number": f"lower({known})", **contact,
            "createdate": moment, "lastmodifieddate": moment,
        },
        "raw_support.ticket": {"id": "n::varchar", "external_id": known, "via": via, **facts},
        "raw_nps.response": {"id": "'N' || n", "person": person, **facts},
        "raw_drop_branch_referrals.referral": {
            "referral_id": "'R' || n", **contact, "referred_at": f"'{day} 10:00'",
        },
        "raw_kyc.pending_handoff": {
            "applicant_id": "'H' || n", "sin": sin, **contact, "verified_at": moment, "updated_at": moment,
        },
    }  # fmt: skip
    for table, columns in tables.items():
        rows = round(records * SHARES[table])
        warehouse.land(table, columns, rows, day=day, start=start)
        start += rows
    return start


def _moment(number: str, day: date) -> str:
    return f"to_varchar(dateadd(minute, -({number} % 1000), '{day} 20:00:00'::timestamp_ntz), {TEXT})"


def _sin(party: str) -> str:
    return f"sha2('sin' || {party}, 256)"


def _email(party: str) -> str:
    return f"'p' || ({party} - iff({party} % 50 = 1, 1, 0)) || '@example.com'"


def _phone(party: str) -> str:
    return f"lpad(({party} - iff({party} % 50 = 1, 1, 0))::varchar, 10, '2')"
