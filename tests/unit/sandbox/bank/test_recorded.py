"""What vendors record about the bank's people: its dirt, and that nothing else hangs on it."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from include.sandbox.bank import life, rates, screening, surveys, tickets
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.columns import Columns
from include.sandbox.bank.truth import truth
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.conftest import SMALL

RECORDS = (
    "risk_band",
    "alert",
    "ticket",
    "ticket_event",
    "survey_response",
    "posted_rate",
    "device",
    "app_event",
    "crm_a_contact",
    "crm_a_opportunity",
    "crm_a_member",
    "crm_b_contact",
    "crm_b_deal",
    "card",
    "authorization",
    "settlement",
    "ad_spend",
    "referral",
)


def test_the_bank_lives_the_same_whatever_is_recorded_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = life.history(SMALL)
    monkeypatch.setattr(life, "RECORDED", ())
    alone = life.history(SMALL)
    assert truth(alone) == truth(recorded)
    for name, table in vars(alone).items():
        if isinstance(table, Columns) and name not in RECORDS:
            assert all((table[column] == vars(recorded)[name][column]).all() for column in table.names), name
        elif name in RECORDS:
            founded = name == "card"  # the bank has cards out before its first day is lived
            assert (len(table) > 0) == founded, name
            assert len(vars(recorded)[name]) > len(table), name


def test_everybody_is_scored_when_they_come_and_again_within_a_quarter(full_size: World) -> None:
    band = full_size.risk_band
    assert len(np.unique(band["party"])) == len(full_size.party)
    again = np.bincount(band["party"], minlength=len(full_size.party)) > 1
    assert 0.3 < again.mean() < 0.9  # two thirds of a quarter have passed
    assert band["overridden"].any(), "no analyst ever corrected a score"
    floors = np.array(screening.BAND_FLOORS)[band["band"]]
    assert (band["score"] >= floors).all()


def test_alerts_are_opened_worked_on_and_closed_and_some_are_about_retired_parties(full_size: World) -> None:
    alert = full_size.alert
    assert set(alert["status"].tolist()) == set(range(len(screening.ALERT_STATES)))
    closed = alert["status"] >= screening.FALSE_POSITIVE
    assert ((alert["closed_at"] > 0) == closed).all()
    assert (alert["closed_at"][closed] > alert["opened_at"][closed]).all()
    root = full_size.party["root"]
    assert (root[alert["party"]] != alert["party"]).any(), "no alert was left with a retired party"


def test_tickets_are_solved_reopened_merged_and_deleted_and_each_state_has_its_event(
    full_size: World,
) -> None:
    ticket, event = full_size.ticket, full_size.ticket_event
    assert set(event["kind"].tolist()) == set(range(len(tickets.EVENTS)))
    first = np.full(len(ticket), -1)
    first[event["ticket"][::-1]] = event["kind"][::-1]
    assert (first == tickets.CREATED).all()
    merged = np.flatnonzero(ticket["merged_into"] > 0)
    assert len(merged) > 5
    into = ticket["merged_into"][merged] - 1
    assert (ticket["contact"][into] == ticket["contact"][merged]).all()
    assert (ticket["generated_at"] >= ticket["updated_at"]).all()
    late = ticket["generated_at"] - ticket["updated_at"] > 3_600_000_000
    assert late.any(), "no old ticket was exported again"


def test_answers_are_sometimes_anonymous_silent_or_thought_over(full_size: World) -> None:
    response = full_size.survey_response
    assert 0.05 < (response["contact"] == surveys.ANONYMOUS).mean() < 0.2
    assert 0.3 < (response["comment"] == 0).mean() < 0.6
    edited = response["updated_at"] != response["created_at"]
    assert 0.02 < edited.mean() < 0.4
    assert set(response["cause"].tolist()) == {surveys.AFTER_TRANSACTION, surveys.AFTER_TICKET}
    assert response["score"].min() >= 0
    assert response["score"].max() <= 10


def test_rates_are_posted_on_business_days_with_a_gap_and_a_late_correction(full_size: World) -> None:
    rate = full_size.posted_rate
    days = [BusinessDay.numbered(day).date for day in np.unique(rate["day"]).tolist()]
    assert all(rates.is_business_day(day) for day in days)
    corrected = rate["touched"] > rate["day"]
    assert corrected.any()
    assert (rate["touched"][corrected] - rate["day"][corrected]).max() <= rates.CORRECTED_WITHIN
    world = copy.deepcopy(full_size)
    for _ in range(60):
        world.last_lived += 1
        today = life.Today(BusinessDay.numbered(world.last_lived), 7, 1.0, quiet=False)
        rates.live(world, today)
    posted = np.unique(world.posted_rate["day"], return_counts=True)[1]
    assert set(posted.tolist()) >= {len(rates.SERIES) - 1, len(rates.SERIES)}, "no series was ever forgotten"
