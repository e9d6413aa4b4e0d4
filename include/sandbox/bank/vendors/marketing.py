"""The marketing automation vendor's records."""

from typing import Any

from include.sandbox.bank.calendar import BusinessDay, toronto_texts
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import EMAIL_EVENTS
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.records import Rows, documents, records
from include.sandbox.bank.world import World

CAMPAIGN_NAMES = (
    "Fall rates 🍁",
    'The "no-fee" chequing',
    "Épargne: 4,5 % pour 90 jours",
    "Students' welcome",
    "Pay your bills in one tap 📱",
    "RRSP season",
    "Refer a friend & get $50",
)


def chapter(world: World, rows: Rows) -> Chapter:
    """Subscriptions, campaigns and e-mail events."""
    return Chapter(
        "marketing",
        (
            _subscriptions(world, rows(world.contact, "touched")),
            _campaigns(world, rows(world.campaign, "born")),
            _email_events(world, rows(world.email_event, "known")),
        ),
    )


def contact_ids(rows: Array) -> list[str]:
    return [f"C{row + 1:07d}" for row in rows.tolist()]


def reached(world: World, contacts: Array) -> Reached:
    persons = Persons(world.spec, "contact", world.contact["person"][contacts], contacts)
    return Reached(
        persons.emails(world.contact["email_version"][contacts], missing=0.0),
        persons.phones(0, missing=0.3, pattern="{0}.555.{1}"),
    )


def _subscriptions(world: World, rows: Array) -> Upsert:
    contact = world.contact
    party = contact["party"][rows]
    told = reached(world, rows)
    columns: dict[str, list[Any]] = {
        "contact_id": contact_ids(rows),
        "external_id": [
            text if linked else None
            for text, linked in zip(party_ids(party), (party >= 0).tolist(), strict=True)
        ],
        "email": told.emails,
        "phone": told.phones,
        "operational_opt_in": contact["operational"][rows].tolist(),
        "marketing_opt_in": contact["marketing"][rows].tolist(),
        "created_at": toronto_texts(contact["created_at"][rows]),
        "updated_at": toronto_texts(contact["updated_at"][rows]),
    }
    updated = contact["updated_at"][rows]
    return records("marketing.subscription", columns["contact_id"], updated, documents(columns))


def campaign_ids(rows: Array) -> list[str]:
    return [f"cmp-{row + 1:04d}" for row in rows.tolist()]


def _campaigns(world: World, rows: Array) -> Upsert:
    campaign = world.campaign
    columns: dict[str, list[Any]] = {
        "campaign_id": campaign_ids(rows),
        "name": [CAMPAIGN_NAMES[row % len(CAMPAIGN_NAMES)] for row in rows.tolist()],
        "channel": ["email"] * len(rows),
        "started_on": [
            BusinessDay.numbered(day).date.isoformat() for day in campaign["started_on"][rows].tolist()
        ],
        "updated_at": toronto_texts(campaign["updated_at"][rows]),
    }
    updated = campaign["updated_at"][rows]
    return records("marketing.campaign", columns["campaign_id"], updated, documents(columns))


def _email_events(world: World, rows: Array) -> Upsert:
    event = world.email_event
    columns: dict[str, list[Any]] = {
        "event_id": [
            f"{value:016x}" for value in mixed(world.spec.seed, "event", event["event"][rows]).tolist()
        ],
        "contact_id": contact_ids(event["contact"][rows]),
        "campaign_id": campaign_ids(event["campaign"][rows]),
        "event_type": [EMAIL_EVENTS[kind] for kind in event["kind"][rows].tolist()],
        "occurred_at": toronto_texts(event["occurred_at"][rows]),
        "recorded_at": toronto_texts(event["recorded_at"][rows]),
    }
    # A delivery of an event is a row of its own: the vendor reports at least once, now and then twice.
    deliveries = [f"{row:012d}" for row in rows.tolist()]
    return records("marketing.email_event", deliveries, event["recorded_at"][rows], documents(columns))
