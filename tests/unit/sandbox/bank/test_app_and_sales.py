"""The app's events and the two CRMs: each dirt that is promised is there, and means what it should."""

from __future__ import annotations

import copy
import datetime as dt
import json
from typing import Any

import numpy as np
import pytest

from include.sandbox.bank import app_usage, sales, vendors
from include.sandbox.bank.calendar import DAY, SECOND, BusinessDay
from include.sandbox.bank.chapters import Chapter, Delete
from include.sandbox.bank.life import live
from include.sandbox.bank.mailings import CAMPAIGN_EVERY, OPEN_CAMPAIGNS
from include.sandbox.bank.spec import APP_LOGIN, APP_MAIN_PAGE, APP_PUSH, OPEN_STAGES
from include.sandbox.bank.world import World


@pytest.fixture(scope="module")
def lived(full_size: World) -> World:
    """The default world three weeks on."""
    world = copy.deepcopy(full_size)
    for _ in range(21):
        live(world, world.last_lived + 1)
    return world


def records(chapters: list[Chapter], table: str) -> list[dict[str, Any]]:
    return [
        json.loads(row[2])
        for chapter in chapters
        for statement in chapter.statements
        if statement.table == table and not isinstance(statement, Delete)
        for row in statement.rows
    ]


@pytest.fixture(scope="module")
def day(lived: World) -> list[Chapter]:
    return vendors.last_day(lived)


@pytest.fixture(scope="module")
def events(day: list[Chapter]) -> list[dict[str, Any]]:
    return records(day, "mobile_app.event")


def test_an_active_customer_makes_about_five_events_a_day(
    events: list[dict[str, Any]], full_size: World
) -> None:
    assert 4 < len(events) / full_size.base_active < 8


def test_events_arrive_up_to_three_days_late_and_no_later(lived: World) -> None:
    event = lived.app_event
    delay = event["uploaded_at"] - event["happened_at"]
    assert delay.min() >= 0
    assert 2 * DAY < delay.max() < 3.1 * DAY
    assert 0.01 < (delay > DAY).mean() < 0.08


def test_an_event_uploaded_twice_has_one_insert_id_and_two_records(lived: World) -> None:
    number = lived.app_event["number"]
    assert 0.005 < 1 - len(np.unique(number)) / len(number) < 0.02


def test_strangers_look_around_and_some_become_customers_on_the_same_device(lived: World) -> None:
    event, device = lived.app_event, lived.device
    nobody = event["party"] == -1
    owner = device["party"][event["device"]]
    assert (nobody & (owner == -1)).any(), "no stranger stayed one"
    owned = owner >= 0
    before = nobody & owned & (event["happened_at"] < lived.party["created_at"][np.where(owned, owner, 0)])
    adopted = np.unique(event["device"][before])
    assert len(adopted) > 5
    logins = event["device"][event["kind"] == APP_LOGIN]
    assert np.isin(adopted, logins).all(), "one who became a customer never logged in"


def test_people_have_two_devices_and_devices_have_two_people(lived: World) -> None:
    device = lived.device
    of_party = np.bincount(device["party"][device["party"] >= 0])
    assert 0.15 < (of_party == 2).sum() / (of_party > 0).sum() < 0.35
    known = lived.app_event["party"] >= 0
    pairs = np.unique(np.stack([lived.app_event["device"][known], lived.app_event["party"][known]]), axis=1)
    assert (np.bincount(pairs[0]) > 1).sum() > 5


def test_a_session_sees_the_main_page_second_and_a_push_belongs_to_none(lived: World) -> None:
    event = lived.app_event
    assert (event["session_at"][event["kind"] == APP_PUSH] == 0).all()
    assert (event["kind"] == APP_MAIN_PAGE).mean() > 0.1


def test_one_opening_in_seventeen_follows_the_link_of_a_campaign_that_had_begun(lived: World) -> None:
    everything = vendors.history(lived)
    begun = {
        one["campaign_id"]: BusinessDay.of(dt.date.fromisoformat(one["started_on"])).start
        for one in records(everything, "marketing.campaign")
    }
    told = records(everything, "mobile_app.event")
    opened = [event for event in told if event["event_type"] == "session_start"]
    linked = [event for event in opened if "campaign" in event["event_properties"]]
    assert 0.05 < len(linked) / len(opened) < 0.07
    assert sum("campaign" in event["event_properties"] for event in told) == len(linked)
    for event in linked:
        moment = dt.datetime.fromisoformat(f"{event['event_time']}+00:00")
        age = moment.timestamp() * SECOND - begun[event["event_properties"]["campaign"]]
        assert 0 <= age < CAMPAIGN_EVERY * OPEN_CAMPAIGNS * 1.01 * DAY
    customers = {event["device_id"] for event in told if event["user_id"]}
    assert {event["device_id"] in customers for event in linked} == {True, False}, "of visitors, too"


def test_an_opening_uploaded_twice_names_one_campaign_and_a_later_campaign_changes_none(lived: World) -> None:
    named: dict[str, set[str | None]] = {}
    for event in records(vendors.history(lived), "mobile_app.event"):
        named.setdefault(event["$insert_id"], set()).add(event["event_properties"].get("campaign"))
    assert {len(campaigns) for campaigns in named.values()} == {1}
    rows = np.arange(len(lived.app_event))
    before = app_usage.campaign_links(lived, rows)
    later = copy.deepcopy(lived)
    for _ in range(CAMPAIGN_EVERY):
        live(later, later.last_lived + 1)
    assert len(later.campaign) > len(lived.campaign)
    assert (app_usage.campaign_links(later, rows) == before).all()


def test_hints_at_sessions_and_amounts_come_as_number_as_text_and_not_at_all(
    events: list[dict[str, Any]],
) -> None:
    assert {type(event["session_id"]) for event in events} == {int, str}
    assert -1 in {event["session_id"] for event in events}
    amounts = [event["event_properties"].get("amount") for event in events]
    assert {type(amount) for amount in amounts} >= {int, float, str}


def test_text_holds_emoji_quotes_backslashes_and_nuls_and_moments_no_zone(
    events: list[dict[str, Any]],
) -> None:
    searched = {event["event_properties"].get("search_text") for event in events}
    assert any(text and "🏠" in text for text in searched)
    assert any(text and "\0" in text for text in searched)
    assert any(event["device_model"].endswith("\0") for event in events)
    assert all(len(event["server_upload_time"]) == 26 for event in events)
    assert {event["user_properties"]["timezone"] for event in events} >= {
        "America/Toronto",
        "America/Vancouver",
        "America/St_Johns",
    }


def test_some_clocks_are_wrong_and_the_vendor_sets_them_right(
    lived: World, events: list[dict[str, Any]]
) -> None:
    assert 0.02 < (lived.device["skew"] != 0).mean() < 0.08
    wrong = [event for event in events if event["client_event_time"] != event["event_time"]]
    assert 0.01 < len(wrong) / len(events) < 0.12


def test_some_users_are_known_by_address_and_number_alone(events: list[dict[str, Any]]) -> None:
    users = {event["user_id"]: event["user_properties"] for event in events if event["user_id"]}
    without = [told for told in users.values() if "customer_number" not in told]
    assert 0.03 < len(without) / len(users) < 0.2
    assert any({"email", "phone"} <= told.keys() for told in without)
    assert all("email" not in event["user_properties"] for event in events if not event["user_id"])


def test_one_person_is_in_both_crms_and_now_and_then_twice_in_one(lived: World) -> None:
    a, b = lived.crm_a_contact["person"], lived.crm_b_contact["person"]
    assert len(np.intersect1d(a, b)) > 50
    assert len(np.unique(a)) < len(a)
    assert (a >= sales.FIRST_PROSPECT).any()
    assert (b >= sales.FIRST_PROSPECT).any()
    customers = lived.party["person"]
    assert (~np.isin(b, customers)).mean() > 0.2, "too few leads that never became customers"


def test_a_person_is_written_differently_in_each_crm(lived: World) -> None:
    everything = vendors.history(lived)
    a, b = records(everything, "crm_a.contact"), records(everything, "crm_b.contact")
    assert any(one["Email"] and one["Email"].startswith(" ") for one in a)
    assert all(one["properties"]["email"] in (None, str(one["properties"]["email"]).lower()) for one in b)
    assert {one["Phone"][0] for one in a if one["Phone"]} == {"+"}
    assert all(one["properties"]["phone"].endswith(" x12") for one in b if one["properties"]["phone"])
    assert any(one["Party_Number__c"] is None for one in a)


def test_deals_move_on_end_and_are_deleted(lived: World) -> None:
    for deal in (lived.crm_a_opportunity, lived.crm_b_deal):
        assert set(deal["stage"].tolist()) == {0, 1, 2, 3, 4}
        changed = deal["updated_at"] > deal["created_at"]
        assert (changed & (deal["stage"] >= OPEN_STAGES)).any()
        assert (deal["deleted_on"] > 0).any()


def test_a_deleted_record_is_marked_in_one_crm_and_gone_from_the_other(lived: World) -> None:
    everything = vendors.history(lived)
    deleted = int((lived.crm_a_contact["deleted_on"] > 0).sum())
    assert sum(one["IsDeleted"] for one in records(everything, "crm_a.contact")) == deleted > 0
    (chapter,) = [chapter for chapter in everything if chapter.name == "crm_b"]
    gone = [key for one in chapter.statements if isinstance(one, Delete) for key in one.keys]
    held = [one["id"] for table in ("contact", "deal") for one in records(everything, f"crm_b.{table}")]
    assert gone
    assert not set(gone) & set(held)


def test_amounts_are_texts_with_and_without_cents_or_missing(lived: World) -> None:
    amounts = [one["properties"]["amount"] for one in records(vendors.history(lived), "crm_b.deal")]
    assert None in amounts
    assert {("." in amount) for amount in amounts if amount} == {True, False}


def test_members_take_part_in_marketing_s_campaigns(lived: World) -> None:
    everything = vendors.history(lived)
    campaigns = {one["campaign_id"] for one in records(everything, "marketing.campaign")}
    members = records(everything, "crm_a.campaign_member")
    assert len({one["Campaign_Code__c"] for one in members} & campaigns) > 3
    assert {one["Campaign_Code__c"] for one in members} <= campaigns
    assert {one["Status"] for one in members} == {"Sent", "Responded"}
