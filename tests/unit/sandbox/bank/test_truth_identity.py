"""Clause 1.2 on a bank small enough to resolve by hand, and whom the sources' records speak of."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import pytest

from include.sandbox.bank.life import live
from include.sandbox.bank.people import Reached
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.truth.identity import (
    AMBIGUOUS,
    KEYLESS,
    LINKED,
    UNKNOWN,
    Registry,
    who_is_who,
)
from include.sandbox.bank.truth.records import Records, records_of_others
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.shown import Row, Shown

ANN, BOB, CYD, DEE, ANN_AGAIN = range(5)
MAIL = "home@example.com"


def records(
    *,
    person: Sequence[int],
    names: Sequence[int] | None = None,
    sins: Sequence[str | None] | None = None,
    emails: Sequence[str | None] | None = None,
    phones: Sequence[str | None] | None = None,
) -> Records:
    count = len(person)
    return Records(
        source_system="kyc",
        record_type="applicant",
        ids=[str(row) for row in range(count)],
        rows=np.arange(count),
        person=np.array(person),
        names=np.array(names or [-1] * count),
        sins=list(sins or [None] * count),
        reached=Reached(list(emails or [None] * count), list(phones or [None] * count)),
        gone=np.zeros(count, bool),
    )


# Ann is on file twice. Bob and Cyd share telephone and e-mail address. Nobody wrote down Dee's number.
PARTIES = records(
    person=[ANN, BOB, CYD, DEE, ANN],
    names=[0, 1, 2, 3, 4],
    sins=["811111111", "822222222", "833333333", None, "811111111"],
    emails=["ann@example.com", MAIL, MAIL, "dee@example.com", None],
    phones=["+1 416 555 0101", "+1 416 555 0102", "(416) 555-0102", "(416) 555-0104", None],
)
UNMERGED = np.arange(5)
MERGED = np.array([0, 1, 2, 3, 0])


def resolved(asked: Records, root: np.ndarray = MERGED) -> list[tuple[int, int]]:
    found = Registry(PARTIES, root).resolve(asked)
    return list(zip(found.party.tolist(), found.end.tolist(), strict=True))


def test_a_party_named_decides_before_the_number_of_somebody_else() -> None:
    assert resolved(records(person=[BOB], names=[BOB], sins=["811111111"])) == [(BOB, LINKED)]


def test_what_a_retired_party_is_named_by_is_the_survivors() -> None:
    assert resolved(records(person=[ANN], names=[ANN_AGAIN])) == [(ANN, LINKED)]


def test_a_number_of_two_parties_identifies_only_once_they_are_one() -> None:
    asked = records(person=[ANN], sins=["811-111-111"])
    assert resolved(asked, UNMERGED) == [(-1, AMBIGUOUS)]
    assert resolved(asked, MERGED) == [(ANN, LINKED)]


def test_after_a_key_of_two_people_no_further_key_is_tried() -> None:
    asked = records(person=[ANN], sins=["811111111"], emails=["dee@example.com"], phones=["416.555.0104"])
    assert resolved(asked, UNMERGED) == [(-1, AMBIGUOUS)]


def test_a_number_that_no_party_has_leaves_the_word_to_telephone_and_address() -> None:
    asked = records(person=[DEE], sins=["844444444"], emails=[" DEE@example.com"], phones=["14165550104"])
    assert resolved(asked) == [(DEE, LINKED)]


def test_a_telephone_and_an_address_that_two_people_share_identify_neither() -> None:
    assert resolved(records(person=[BOB], emails=[MAIL], phones=["416.555.0102"])) == [(-1, AMBIGUOUS)]


@pytest.mark.parametrize(
    ("email", "phone", "end"),
    [
        ("ann@example.com", None, KEYLESS),
        (None, "416.555.0101", KEYLESS),
        (" ", "416.555.0101", KEYLESS),
        ("ann@example.com", "1-416-555-0101 x12", KEYLESS),
        ("ann@example.com", "555-0101", KEYLESS),
        ("ann@example.com", "24165550101", KEYLESS),
        ("ann@example.com", "416.555.0104", UNKNOWN),
        ("Ann@Example.com", "+1 (416) 555-0101", LINKED),
    ],
)
def test_only_ten_digits_and_an_address_make_a_key(email: str | None, phone: str | None, end: int) -> None:
    assert resolved(records(person=[ANN], emails=[email], phones=[phone])) == [
        (ANN if end == LINKED else -1, end)
    ]


def test_a_lead_is_no_customer_and_a_customer_without_a_key_is_one() -> None:
    found = Registry(PARTIES, MERGED).resolve(records(person=[9, DEE, -1]))
    assert found.is_customer.tolist() == [False, True, False]


def test_the_clause_links_no_record_to_another_person(full_size: World) -> None:
    for found in who_is_who(full_size):
        linked = found.party >= 0
        assert (full_size.party["person"][found.party[linked]] == found.records.person[linked]).all()
        assert (full_size.party["root"][found.party[linked]] == found.party[linked]).all()


def test_records_carry_what_their_source_shows(full_size: World, shown: Shown) -> None:
    def in_marketing(row: Row) -> tuple[object, ...]:
        return row["external_id"], row["email"], row["phone"]

    def in_crm_b(row: Row) -> tuple[object, ...]:
        told = row["properties"]
        number = told["customer_number"]
        return number and number.upper(), told["email"], told["phone"]

    def at_support(row: Row) -> tuple[object, ...]:
        sender = row["via"]["source"]["from"]
        return row["external_id"], sender.get("address"), sender.get("phone")

    shapes = {
        ("kyc", "applicant"): (
            "applicant_id",
            lambda row: (row["party_id"], row["email"], row["phone"], row["sin"]),
        ),
        ("kyc", "pending_handoff"): (
            "applicant_id",
            lambda row: (None, row["email"], row["phone"], row["sin"]),
        ),
        ("marketing_automation", "contact"): ("contact_id", in_marketing),
        ("crm_a", "contact"): ("Id", lambda row: (row["Party_Number__c"], row["Email"], row["Phone"])),
        ("crm_b", "contact"): ("id", in_crm_b),
        ("support", "ticket"): ("id", at_support),
        ("nps", "response"): (
            "id",
            lambda row: (None, row["person"]["email"], row["person"]["phone_number"]),
        ),
    }
    tables = {("marketing_automation", "contact"): "marketing.subscription"}
    for kind in records_of_others(full_size):
        name = kind.source_system, kind.record_type
        if name not in shapes:
            continue
        key, told = shapes[name]
        rows = shown.rows[tables.get(name, ".".join(name))]
        # A deleted one is marked by one vendor, and by another its status.
        kept = [row for row in rows if not row.get("IsDeleted") and row.get("status") != "deleted"]
        expected = {str(row[key]): (*told(row), None)[:4] for row in kept}
        names = [
            text if row >= 0 else None
            for text, row in zip(party_ids(kind.names), kind.names.tolist(), strict=True)
        ]
        found = dict(
            zip(
                kind.ids,
                zip(names, kind.reached.emails, kind.reached.phones, kind.sins, strict=True),
                strict=True,
            )
        )
        assert found == expected, name


def test_only_who_logged_in_is_a_user_of_the_app(full_size: World, shown: Shown) -> None:
    users = next(kind for kind in records_of_others(full_size) if kind.record_type == "user")
    events = shown.rows["mobile_app.event"]
    assert set(users.ids) == {event["user_id"] for event in events if event["user_id"]}
    named = {
        event["user_id"]: event["user_properties"].get("customer_number")
        for event in events
        if event["user_id"]
    }
    for user, party, row in zip(users.ids, party_ids(users.names), users.names.tolist(), strict=True):
        assert named[user] == (party if row >= 0 else None)


def test_a_ticket_names_no_party_that_its_writer_got_after_it_was_sent(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    for _ in range(2):
        live(world, world.last_lived + 1)
    contact, ticket = world.contact, world.ticket
    became = np.flatnonzero(world.party["born"] == world.last_lived)
    (lead,) = np.flatnonzero(contact["party"] == became[0])[:1]
    ticket["contact"][0], ticket["channel"][0], ticket["status"][0] = lead, 3, 1
    ticket["touched"][0] = world.last_lived - 1
    named = _ticket(world).names[0]
    assert named == -1
    ticket["touched"][0] = world.last_lived
    assert _ticket(world).names[0] == became[0]


def _ticket(world: World) -> Records:
    return next(kind for kind in records_of_others(world) if kind.record_type == "ticket")


def test_a_referral_in_tomorrows_file_is_not_known(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    referral = world.referral
    latest = int(referral["number"].max())
    referral["file"][referral["number"] == latest] = world.last_lived + 1
    kinds = {kind.record_type: kind for kind in records_of_others(world)}
    assert f"R{latest + 1:07d}" not in kinds["referral"].ids
    assert f"R{latest:07d}" in kinds["referral"].ids
