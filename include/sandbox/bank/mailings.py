"""A day of e-mail: campaigns, who was sent what, who opened, clicked and unsubscribed."""

import numpy as np

from include.sandbox.bank import contacts
from include.sandbox.bank.calendar import HOUR, MINUTE, SECOND
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import CLICK, DELIVERED, OPEN, SENT, UNSUBSCRIBE
from include.sandbox.bank.world import World

CAMPAIGN_EVERY = 7
OPEN_CAMPAIGNS = 4
NINE = 9 * HOUR

# Dirt, as shares.
SHARE_LATE = 0.03  # of openings and unsubscribings: recorded the next day
SHARE_TOLD_TWICE = 0.01


def live(world: World, today: Today) -> None:
    rng = today.rng("mailings")
    if today.number % CAMPAIGN_EVERY == 0 or len(world.campaign) == 0:
        world.campaign.append(
            1, started_on=today.number, updated_at=today.day.start + NINE, born=today.number
        )
    contact = world.contact
    reachable = np.flatnonzero(contact["marketing"] & (contact["born"] < today.number))
    sent = some(rng, reachable, int(0.1 * len(reachable)))
    campaign = len(world.campaign) - 1 - rng.integers(0, min(OPEN_CAMPAIGNS, len(world.campaign)), len(sent))
    sent_at = today.day.start + NINE + rng.integers(0, 2 * HOUR, len(sent))
    _record(world, today, rng, SENT, contact=sent, campaign=campaign, occurred_at=sent_at)

    arrived = rng.random(len(sent)) < 0.97
    sent, campaign = sent[arrived], campaign[arrived]
    delivered_at = sent_at[arrived] + rng.integers(SECOND, 5 * MINUTE, len(sent))
    _record(world, today, rng, DELIVERED, contact=sent, campaign=campaign, occurred_at=delivered_at)

    opened = rng.random(len(sent)) < 0.45
    sent, campaign = sent[opened], campaign[opened]
    opened_at = delivered_at[opened] + (rng.random(len(sent)) ** 2 * 10 * HOUR).astype(np.int64)
    _record(world, today, rng, OPEN, contact=sent, campaign=campaign, occurred_at=opened_at)

    is_customer = np.flatnonzero(contact["party"][sent] >= 0)
    clicked = some(rng, is_customer, today.level("clicks", 20, 6))
    clicked_at = opened_at[clicked] + rng.integers(SECOND, 10 * MINUTE, len(clicked))
    _record(
        world, today, rng, CLICK, contact=sent[clicked], campaign=campaign[clicked], occurred_at=clicked_at
    )

    if not today.quiet:
        changeable = np.flatnonzero(np.isin(sent, contacts.can_change(world, today)))
        leaving = some(rng, changeable, today.level("unsubscribes", 2, 1))
        left_at = opened_at[leaving] + rng.integers(SECOND, 10 * MINUTE, len(leaving))
        known = _record(
            world,
            today,
            rng,
            UNSUBSCRIBE,
            contact=sent[leaving],
            campaign=campaign[leaving],
            occurred_at=left_at,
        )
        contact["marketing"][sent[leaving]] = False
        contacts.change(world, today, sent[leaving], left_at)
        world.customer_act.append(
            len(leaving), party=contact["party"][sent[leaving]], at=left_at, known=known
        )


def _record(
    world: World,
    today: Today,
    rng: np.random.Generator,
    kind: int,
    *,
    contact: Array,
    campaign: Array,
    occurred_at: Array,
) -> Array:
    """Write events as the vendor records them: a little later, some the next day, some twice.

    Returns the day on which each event becomes known.
    """
    count = len(contact)
    recorded = occurred_at + rng.integers(SECOND, 2 * MINUTE, count)
    is_late = (rng.random(count) < SHARE_LATE) & (kind in (OPEN, UNSUBSCRIBE))
    recorded[is_late] = today.day.end + rng.integers(HOUR, 8 * HOUR, int(is_late.sum()))
    known = today.number + (recorded >= today.day.end)
    events = np.arange(count) + (int(world.email_event["event"].max()) + 1 if len(world.email_event) else 0)
    row = {"event": events, "contact": contact, "campaign": campaign, "occurred_at": occurred_at}
    world.email_event.append(count, **row, kind=kind, recorded_at=recorded, known=known)

    again = np.flatnonzero(rng.random(count) < SHARE_TOLD_TWICE)
    recorded_again = recorded[again] + rng.integers(SECOND, 4 * HOUR, len(again))
    world.email_event.append(
        len(again),
        **{name: values[again] for name, values in row.items()},
        kind=kind,
        recorded_at=recorded_again,
        known=today.number + (recorded_again >= today.day.end),
    )
    return known
