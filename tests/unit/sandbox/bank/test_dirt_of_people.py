"""Each dirt that makes it hard to say who is who, by its name: at its known rate, and where it shows."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import pytest

from include.sandbox.bank import people
from include.sandbox.bank.parties import SHARE_WITHOUT_SIN, reached
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.shown import Shown


def digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))[-10:]


def test_party_merges_retire_a_party_and_repoint_some_of_its_accounts(full_size: World, shown: Shown) -> None:
    merges = {row["retired_party_id"]: row["surviving_party_id"] for row in shown.rows["public.party_merge"]}
    assert 0.3 < len(merges) / full_size.spec.history_days < 0.7
    assert set(merges) & set(merges.values()), "no survivor was ever retired itself"
    holders = {row["party_id"] for row in shown.rows["public.account"]}
    assert set(merges) & holders, "no account was left with a retired party"
    assert set(merges) - holders


def test_people_with_two_devices_log_in_on_both(shown: Shown) -> None:
    devices = defaultdict(set)
    for event in shown.rows["mobile_app.event"]:
        if event["user_id"]:
            devices[event["user_id"]].add(event["device_id"])
    assert 0.1 < np.mean([len(found) == 2 for found in devices.values()]) < 0.35


def test_shared_family_email_and_phone_point_at_two_customers(full_size: World, shown: Shown) -> None:
    world = full_size
    person_of = dict(
        zip(
            (row["party_id"] for row in shown.rows["public.party"]),
            world.party["person"].tolist(),
            strict=True,
        )
    )
    sharers = defaultdict(set)
    for row in shown.rows["public.party"]:
        if row["email"] and row["phone"]:
            sharers[row["email"].lower(), digits(row["phone"])].add(person_of[row["party_id"]])
    families = [found for found in sharers.values() if len(found) > 1]
    assert all(len(family) == 2 for family in families)
    expected = people.SHARE_IN_FAMILIES * world.spec.first_people / 2
    assert len(families) == pytest.approx(expected, rel=0.35)
    for table in ("marketing.subscription", "kyc.applicant", "crm_a.contact"):
        names = ("Email", "Phone") if table == "crm_a.contact" else ("email", "phone")
        told = {
            (row[names[0]].strip().lower(), digits(row[names[1]]))
            for row in shown.rows[table]
            if row[names[0]] and row[names[1]]
        }
        shared = {key for key, found in sharers.items() if len(found) > 1}
        assert told & shared, table


def test_nobody_but_two_customers_shares_a_family_email(full_size: World) -> None:
    """A lead who shared both with one customer would be that customer, by clause 1.2."""
    everybody = np.arange(full_size.people)
    through = people.reached_through(full_size.spec, everybody)
    shares = np.flatnonzero((through != everybody) | np.isin(everybody, through[through != everybody]))
    assert len(shares) > 50
    assert np.isin(shares, full_size.party["person"]).all()


def test_whoever_shares_a_family_email_has_it_at_the_bank_and_keeps_it(full_size: World) -> None:
    """Were one of the two to lose it or move, the other would be taken for both, by clause 1.2."""
    rows = np.arange(len(full_size.party))
    shares = people.shares_address(full_size.spec, full_size.party["person"])
    moved = full_size.party["contact_version"] > 0
    assert (shares & moved).any()
    told = reached(full_size, rows)
    complete = np.array([bool(email and phone) for email, phone in zip(*vars(told).values(), strict=True)])
    assert complete[shares].all()
    assert 0.05 < 1 - complete[~shares].mean() < 0.12
    keys = [
        f"{digits(str(told.phones[row]))} {str(told.emails[row]).lower()}" for row in rows[shares].tolist()
    ]
    homes = full_size.party["person"][shares] // 2
    assert len(set(keys)) == len(np.unique(homes))


def test_a_missing_sin_is_missing_at_the_bank_and_at_the_vendor(shown: Shown) -> None:
    parties, applicants = shown.rows["public.party"], shown.rows["kyc.applicant"]
    missing = np.mean([row["sin"] is None for row in parties])
    assert missing == pytest.approx(SHARE_WITHOUT_SIN, rel=0.25)
    assert np.mean([row["sin"] is None for row in applicants]) == pytest.approx(0.05, rel=0.4)


def test_reformatted_phones_are_one_number_in_every_source(shown: Shown) -> None:
    parties = {row["party_id"]: row["phone"] for row in shown.rows["public.party"] if row["phone"]}
    applicants = [row for row in shown.rows["kyc.applicant"] if row["phone"] and row["party_id"] in parties]
    same = [row for row in applicants if digits(row["phone"]) == digits(parties[row["party_id"]])]
    assert len(same) / len(applicants) > 0.7
    assert any(row["phone"] != parties[row["party_id"]] for row in same)
    written = {
        re.sub("[0-9]", "9", row["phone"])
        for table in ("public.party", "kyc.applicant", "marketing.subscription")
        for row in shown.rows[table]
        if row["phone"]
    }
    assert written == {"+9 999 999 9999", "(999) 999-9999", "999.999.9999"}


def test_reformatted_emails_have_capitals_and_pasted_spaces(shown: Shown) -> None:
    told = [row["email"] for row in shown.rows["marketing.subscription"]]
    capital = np.mean([email != email.lower() for email in told])
    assert capital == pytest.approx(people.SHARE_OF_CAPITAL_EMAILS, rel=0.3)
    pasted = [row["Email"] for row in shown.rows["crm_a.contact"] if row["Email"]]
    assert any(email.startswith(" ") for email in pasted)


def test_leads_that_never_become_parties_are_with_the_vendors_alone(shown: Shown) -> None:
    subscriptions = shown.rows["marketing.subscription"]
    leads = {row["email"].lower() for row in subscriptions if row["external_id"] is None}
    customers = {row["email"].lower() for row in shown.rows["public.party"] if row["email"]}
    assert 0.03 < np.mean([row["external_id"] is None for row in subscriptions]) < 0.3
    assert len(leads - customers) / len(leads) > 0.9
    in_crm = {row["properties"]["email"] for row in shown.rows["crm_b.contact"]}
    assert leads & in_crm


def test_anonymous_app_use_before_sign_up_is_on_the_device_that_logs_in_later(shown: Shown) -> None:
    signed_up = {row["party_id"]: row["created_at"][:19] for row in shown.rows["public.party"]}
    owners = {
        event["device_id"]: event["user_properties"]["customer_number"]
        for event in shown.rows["mobile_app.event"]
        if event["user_properties"].get("customer_number")
    }
    before = {
        event["device_id"]
        for event in shown.rows["mobile_app.event"]
        if not event["user_id"]
        and (owner := owners.get(event["device_id"]))
        and event["event_time"][:19] < signed_up[owner].replace("T", " ")
    }
    anonymous = {event["device_id"] for event in shown.rows["mobile_app.event"] if not event["user_id"]}
    assert len(before) > 10
    assert len(anonymous - owners.keys()) > 5 * len(before), "most strangers stay what they are"
