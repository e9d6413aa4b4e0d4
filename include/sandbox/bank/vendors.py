"""What the SaaS vendors hold about the bank's people: records as JSON, the way their APIs send them."""

import json
from typing import Any

import numpy as np

from include.sandbox.bank.calendar import BusinessDay, toronto_texts, utc_texts
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.people import Persons
from include.sandbox.bank.spec import APPLICANT_STATES, CHECK_RESULTS, CHECK_TYPES, EMAIL_EVENTS
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.world import World

RECORD = ("id", "cursor_at", "record")
CAMPAIGN_NAMES = (
    "Fall rates 🍁",
    'The "no-fee" chequing',
    "Épargne: 4,5 % pour 90 jours",
    "Students' welcome",
    "Pay your bills in one tap 📱",
    "RRSP season",
    "Refer a friend & get $50",
)


def history(world: World) -> list[Chapter]:
    """Every record in its latest state, as the vendors hold it at the end of the last lived day."""
    return _chapters(world, changed_on=None)


def last_day(world: World) -> list[Chapter]:
    """The records that the last lived day made or changed."""
    return _chapters(world, changed_on=world.last_lived)


def _chapters(world: World, changed_on: int | None) -> list[Chapter]:
    def rows(table: Columns, day_column: str) -> Array:
        days = table[day_column]
        return np.flatnonzero(days <= world.last_lived if changed_on is None else days == changed_on)

    return [
        Chapter(
            "kyc",
            (
                _applicants(world, rows(world.applicant, "touched")),
                _checks(world, rows(world.check, "touched")),
                _handoffs(world, rows(world.handoff, "touched")),
            ),
        ),
        Chapter(
            "marketing",
            (
                _subscriptions(world, rows(world.contact, "touched")),
                _campaigns(world, rows(world.campaign, "born")),
                _email_events(world, rows(world.email_event, "known")),
            ),
        ),
    ]


def _records(table: str, ids: list[str], cursors: Array, records: list[dict[str, Any]]) -> Upsert:
    texts = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
    return Upsert(table, RECORD, list(zip(ids, utc_texts(cursors, "+00"), texts, strict=True)))


def _uuids(seed: int, salt: str, rows: Array) -> list[str]:
    first, second = mixed(seed, salt, rows).tolist(), mixed(seed, salt + " low", rows).tolist()
    return [
        f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"
        for h in (f"{a:016x}{b:016x}" for a, b in zip(first, second, strict=True))
    ]


def _zulu(moments: Array) -> list[str | None]:
    """UTC texts; None where the moment is 0: not yet."""
    return [
        text if moment else None
        for text, moment in zip(utc_texts(moments, "Z"), moments.tolist(), strict=True)
    ]


def _applicants(world: World, rows: Array) -> Upsert:
    applicant = world.applicant
    ids = _uuids(world.spec.seed, "applicant", rows)
    shown = applicant["shows_party"][rows].tolist()
    columns: dict[str, list[Any]] = {
        "applicant_id": ids,
        "party_id": [
            party if is_shown else None
            for party, is_shown in zip(party_ids(applicant["party"][rows]), shown, strict=True)
        ],
        **_identity(world, rows),
        "state": [APPLICANT_STATES[state] for state in applicant["state"][rows].tolist()],
        "created_at": _zulu(applicant["created_at"][rows]),
        "updated_at": _zulu(applicant["updated_at"][rows]),
    }
    return _records("kyc.applicant", ids, applicant["updated_at"][rows], _documents(columns))


def _identity(world: World, applicants: Array) -> dict[str, list[Any]]:
    """Who an applicant says they are; typed by themselves, so not letter for letter as at the bank."""
    persons = Persons(world.spec.seed, "applicant", world.applicant["person"][applicants], applicants)
    return {
        "first_name": persons.given_names(),
        "last_name": persons.family_names(),
        "email": persons.emails(0, missing=0.04),
        "phone": persons.phones(0, missing=0.06, pattern="({0}) 555-{1}"),
        "sin": persons.insurance_numbers(missing=0.05, dashed=0.2),
    }


def _documents(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _checks(world: World, rows: Array) -> Upsert:
    check, seed = world.check, world.spec.seed
    ids = _uuids(seed, "check", rows)
    completed = check["completed_at"][rows]
    columns: dict[str, list[Any]] = {
        "check_id": ids,
        "applicant_id": _uuids(seed, "applicant", check["applicant"][rows]),
        "check_type": [CHECK_TYPES[kind] for kind in check["kind"][rows].tolist()],
        "status": ["complete" if moment else "in_progress" for moment in completed.tolist()],
        "result": [CHECK_RESULTS[result] for result in check["result"][rows].tolist()],
        "created_at": _zulu(check["created_at"][rows]),
        "completed_at": _zulu(completed),
        "updated_at": _zulu(check["updated_at"][rows]),
    }
    return _records("kyc.verification", ids, check["updated_at"][rows], _documents(columns))


def _handoffs(world: World, rows: Array) -> Upsert:
    handoff = world.handoff
    applicants = handoff["applicant"][rows]
    ids = _uuids(world.spec.seed, "applicant", applicants)
    identity = _identity(world, applicants)
    columns: dict[str, list[Any]] = {
        "applicant_id": ids,
        "verified_at": _zulu(handoff["verified_at"][rows]),
        **{name: identity[name] for name in ("email", "phone", "sin")},
        "handed_off_at": _zulu(handoff["handed_off_at"][rows]),
        "updated_at": _zulu(handoff["updated_at"][rows]),
    }
    return _records("kyc.pending_handoff", ids, handoff["updated_at"][rows], _documents(columns))


def _contact_ids(rows: Array) -> list[str]:
    return [f"C{row + 1:07d}" for row in rows.tolist()]


def _subscriptions(world: World, rows: Array) -> Upsert:
    contact = world.contact
    party = contact["party"][rows]
    persons = Persons(world.spec.seed, "contact", contact["person"][rows], rows)
    columns: dict[str, list[Any]] = {
        "contact_id": _contact_ids(rows),
        "external_id": [
            text if linked else None
            for text, linked in zip(party_ids(party), (party >= 0).tolist(), strict=True)
        ],
        "email": persons.emails(contact["email_version"][rows], missing=0.0),
        "phone": persons.phones(0, missing=0.3, pattern="{0}.555.{1}"),
        "operational_opt_in": contact["operational"][rows].tolist(),
        "marketing_opt_in": contact["marketing"][rows].tolist(),
        "created_at": toronto_texts(contact["created_at"][rows]),
        "updated_at": toronto_texts(contact["updated_at"][rows]),
    }
    updated = contact["updated_at"][rows]
    return _records("marketing.subscription", columns["contact_id"], updated, _documents(columns))


def _campaign_ids(rows: Array) -> list[str]:
    return [f"cmp-{row + 1:04d}" for row in rows.tolist()]


def _campaigns(world: World, rows: Array) -> Upsert:
    campaign = world.campaign
    columns: dict[str, list[Any]] = {
        "campaign_id": _campaign_ids(rows),
        "name": [CAMPAIGN_NAMES[row % len(CAMPAIGN_NAMES)] for row in rows.tolist()],
        "channel": ["email"] * len(rows),
        "started_on": [
            BusinessDay.numbered(day).date.isoformat() for day in campaign["started_on"][rows].tolist()
        ],
        "updated_at": toronto_texts(campaign["updated_at"][rows]),
    }
    updated = campaign["updated_at"][rows]
    return _records("marketing.campaign", columns["campaign_id"], updated, _documents(columns))


def _email_events(world: World, rows: Array) -> Upsert:
    event = world.email_event
    columns: dict[str, list[Any]] = {
        "event_id": [
            f"{value:016x}" for value in mixed(world.spec.seed, "event", event["event"][rows]).tolist()
        ],
        "contact_id": _contact_ids(event["contact"][rows]),
        "campaign_id": _campaign_ids(event["campaign"][rows]),
        "event_type": [EMAIL_EVENTS[kind] for kind in event["kind"][rows].tolist()],
        "occurred_at": toronto_texts(event["occurred_at"][rows]),
        "recorded_at": toronto_texts(event["recorded_at"][rows]),
    }
    # A delivery of an event is a row of its own: the vendor reports at least once, now and then twice.
    deliveries = [f"{row:012d}" for row in rows.tolist()]
    return _records("marketing.email_event", deliveries, event["recorded_at"][rows], _documents(columns))
