"""Funnel, acquisition and attribution on the small world: touches and spend that add up on paper."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.dbt.bronze import Bronze, rfc3339
from tests.dbt.project import Dbt
from tests.dbt.small_world import DAY, NOON, land_first_day

# Lars is onboarded at noon of the 18th, when his check is done: his account is older.
WINDOW_OPENS = NOON - timedelta(hours=2160)
LARS = {"phone": "+1 (416) 555 0101", "email": " LARS@example.com"}


@pytest.fixture(scope="module")
def world(bronze: Bronze, dbt: Dbt) -> Bronze:
    bronze.create()
    land_first_day(bronze)
    _land_touches(bronze)
    _land_spend(bronze)
    dbt("run", "--exclude", "path:models/monitoring", partition=DAY)
    return bronze


def test_a_customers_touches_share_them_whatever_source_told_of_which(world: Bronze) -> None:
    shares = "party_id, channel, campaign_id, touched_at, customer_share"
    order = "order by party_id, touch_number"
    assert world.execute(f"select {shares} from gold_candidate.mart_marketing_attribution {order}") == [
        ("ana", "unattributed", None, None, 1),  # her click came after she was onboarded
        ("lars", "email", "cmp-1", WINDOW_OPENS.replace(tzinfo=None), Decimal("0.4")),
        ("lars", "sales_team", "cmp-2", (NOON - timedelta(days=9)).replace(tzinfo=None), Decimal("0.2")),
        ("lars", "branch", None, (NOON - timedelta(minutes=1)).replace(tzinfo=None), Decimal("0.4")),
    ]


def test_the_funnel_counts_customers_in_the_week_they_reached_a_stage_in(world: Bronze) -> None:
    columns = "funnel_week::varchar, stage, customers, customers_moved_on, conversion, is_complete"
    somebody = "where customers > 0 order by funnel_week, stage_number"
    assert world.execute(f"select {columns} from gold_candidate.mart_weekly_funnel {somebody}") == [
        ("2026-08-31", "onboarded", 1, 1, 1, True),  # ana, activated eleven weeks later
        ("2026-11-16", "onboarded", 1, 0, 0, False),  # lars
        ("2026-11-16", "activated", 1, 0, 0, False),  # ana
    ]
    weeks = world.execute(
        "select count(distinct funnel_week), count(*) from gold_candidate.mart_weekly_funnel"
    )
    assert weeks == [(12, 48)]


def test_a_week_costs_what_the_latest_records_of_its_days_say(world: Bronze) -> None:
    columns = (
        "funnel_week::varchar, currency, spend, spend_records, customers_onboarded, cost_per_acquisition"
    )
    spent = "where spend > 0 order by funnel_week"
    assert world.execute(f"select {columns} from gold_candidate.mart_customer_acquisition {spent}") == [
        ("2026-11-09", "CAD", 7, 1, 0, None),
        ("2026-11-16", "CAD", 1217, 2, 1, 1217),
    ]


def test_a_campaign_that_marketing_does_not_tell_of_is_listed_by_its_identifier(world: Bronze) -> None:
    columns = "campaign_id, campaign_name, is_in_marketing_automation"
    assert world.execute(f"select {columns} from gold_candidate.dim_campaign order by 1") == [
        ("G1", None, False),  # of an e-mail
        ("cmp-1", "Autumn", True),
        ("cmp-2", None, False),  # of a membership
        ("cmp-3", None, False),  # of spend
    ]


def _land_touches(bronze: Bronze) -> None:
    bronze.land(
        "raw_marketing_automation.campaign",
        [
            {
                "campaign_id": "cmp-1",
                "name": "Autumn",
                "channel": "email",
                "started_on": "2026-08-01",
                "updated_at": rfc3339(WINDOW_OPENS),
            }
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_marketing_automation.email_event",
        [
            {
                "event_id": event_id,
                "contact_id": "M-lars",
                "campaign_id": "cmp-1",
                "event_type": "click",
                "occurred_at": rfc3339(moment),
                "recorded_at": rfc3339(moment),
            }
            for event_id, moment in (
                ("too-early", WINDOW_OPENS - timedelta(microseconds=1)),
                ("just-in-time", WINDOW_OPENS),
            )
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_crm_a.contact",
        [{"id": "003L", "is_deleted": "false", "system_modstamp": rfc3339(NOON), **LARS}],
        partition=DAY,
    )
    bronze.land(
        "raw_crm_a.campaign_member",
        [
            {
                "id": member,
                "contact_id": "003L",
                "campaign_code": "cmp-2",
                "status": "Responded",
                "has_responded": "true",
                "first_responded_date": "2026-11-18",
                "is_deleted": is_deleted,
                "created_date": rfc3339(NOON - timedelta(days=9)),
                "system_modstamp": rfc3339(NOON),
            }
            for member, is_deleted in (("00v1", "false"), ("00v2", "true"))
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_drop_branch_referrals.referral",
        [
            {"referral_id": "R1", "referred_at": "2026-11-18T11:59", **LARS},
            {"referral_id": "R2", "referred_at": "2026-11-18T12:00", **LARS},  # the moment itself
            {"referral_id": "R3", "referred_at": "2026-11-18T11:59", "phone": LARS["phone"]},  # anybody's
        ],
        partition=DAY,
    )


def _land_spend(bronze: Bronze) -> None:
    lines = (
        ("display", "cmp-1", "2026-11-17", "10.00"),
        ("display", "cmp-1", "2026-11-17", "12.50"),  # sent again, corrected
        ("podcast", "cmp-3", "2026-11-18", "$1,204.50"),
        ("affiliate", "cmp-1", "2026-11-15", "7.00"),  # a Sunday
        ("display", "cmp-1", "2026-11-19", "99.00"),  # a day that has not come
    )
    bronze.land(
        "raw_drop_ad_spend.ad_spend",
        [
            {
                "channel": channel,
                "campaign": campaign,
                "date": day,
                "impressions": "1,000",
                "clicks": "10",
                "spend": spend,
                "currency": "CAD",
            }
            for channel, campaign, day, spend in lines
        ],
        partition=DAY,
    )
