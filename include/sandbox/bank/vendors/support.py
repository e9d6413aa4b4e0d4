"""The help desk's records: tickets, and the audits of what was done to them."""

from typing import Any

import numpy as np

from include.sandbox.bank.calendar import SECOND, utc_texts
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.tickets import CHANNELS, CREATED, EVENTS, MERGED, REOPENED, STATES
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.records import Rows, documents, records
from include.sandbox.bank.world import World

FIRST_TICKET = 35_000
FIRST_EVENT = 7_000_000_000_000
AGENTS = 12
SUBJECTS = (
    "Card declined at checkout 💳",
    "Je n'arrive pas à me connecter",
    "e-Transfer not received",
    "Question about fees",
    "Change of address",
    'Statement says "pending" for a week',
    "Re: Re: Fwd: mortgage renewal",
    "Prélèvement en double",
    "",
)
BODIES = (
    "Hi, please see above. Thanks!",
    "Bonjour, avez-vous des nouvelles? 🙏",
    "We have looked into this and corrected it.",
    "Sent from my iPhone",
    "Line one\nLine two\n\n> quoted text",
)
PRIORITIES = (None, "low", "normal", "high", "urgent")


def chapter(world: World, rows: Rows) -> Chapter:
    """Tickets and their events."""
    return Chapter(
        "support",
        (_tickets(world, rows(world.ticket, "touched")), _events(world, rows(world.ticket_event, "born"))),
    )


def _seconds(moments: Array) -> list[str]:
    return [text[:19] + "Z" for text in utc_texts(moments, "Z")]


def _requester_ids(world: World, contacts: Array) -> list[int]:
    people = mixed(world.spec.seed, "requester", world.contact["person"][contacts])
    return [360_000_000_000 + number for number in (people % 10**9).tolist()]


def _tickets(world: World, rows: Array) -> Upsert:
    ticket, seed = world.ticket, world.spec.seed
    contacts = ticket["contact"][rows]
    picks = mixed(seed, "ticket", rows).tolist()
    subjects = [SUBJECTS[pick % len(SUBJECTS)] for pick in picks]
    statuses = [STATES[status] for status in ticket["status"][rows].tolist()]
    merged = ticket["merged_into"][rows].tolist()
    columns: dict[str, list[Any]] = {
        "id": ticket_ids(rows),
        "external_id": _external_ids(world, rows),
        "via": _via(world, rows),
        "created_at": _seconds(ticket["created_at"][rows]),
        "updated_at": _seconds(ticket["updated_at"][rows]),
        "generated_timestamp": (ticket["generated_at"][rows] // SECOND).tolist(),
        "type": [("question", "problem", None)[pick % 3] for pick in picks],
        "subject": [
            "SCRUBBED" if status == "deleted" else text
            for text, status in zip(subjects, statuses, strict=True)
        ],
        "description": [BODIES[pick // 7 % len(BODIES)] for pick in picks],
        "priority": [PRIORITIES[pick // 3 % len(PRIORITIES)] for pick in picks],
        "status": statuses,
        "requester_id": _requester_ids(world, contacts),
        "assignee_id": [
            None if status == "new" else 370_000_000_000 + pick % AGENTS
            for pick, status in zip(picks, statuses, strict=True)
        ],
        "tags": [
            ["closed_by_merge"] if into else ["banking"][: pick % 2]
            for into, pick in zip(merged, picks, strict=True)
        ],
        "satisfaction_rating": [{"score": ("unoffered", "good", "bad")[pick % 3]} for pick in picks],
    }
    ids = [str(number) for number in columns["id"]]
    generated = ticket["generated_at"][rows] // SECOND * SECOND
    return records("support.ticket", ids, generated, documents(columns))


def ticket_ids(rows: Array) -> list[int]:
    return [FIRST_TICKET + row for row in rows.tolist()]


def signed_in_parties(world: World, rows: Array) -> Array:
    """By ticket the party who wrote it from the app, signed in; -1 for every other way."""
    party = world.contact["party"][world.ticket["contact"][rows]]
    return np.where(world.ticket["channel"][rows] == CHANNELS.index("mobile_sdk"), party, -1)


def _external_ids(world: World, rows: Array) -> list[str | None]:
    party = signed_in_parties(world, rows)
    return [
        text if known else None for text, known in zip(party_ids(party), (party >= 0).tolist(), strict=True)
    ]


def _requesters(world: World, rows: Array) -> Persons:
    contacts = world.ticket["contact"][rows]
    return Persons(world.spec, "requester", world.contact["person"][contacts], rows)


def reached(world: World, rows: Array) -> Reached:
    """As the channel knows it: by e-mail, by telephone, or not at all."""
    persons = _requesters(world, rows)
    versions = world.contact["email_version"][world.ticket["contact"][rows]]
    channel = world.ticket["channel"][rows]
    by_email = (channel == CHANNELS.index("email")).tolist()
    by_voice = (channel == CHANNELS.index("voice")).tolist()
    return Reached(
        [
            email if is_so else None
            for email, is_so in zip(persons.emails(versions, missing=0.0), by_email, strict=True)
        ],
        [
            phone if is_so else None
            for phone, is_so in zip(persons.phones(0, 0.1, "+1{0}555{1}"), by_voice, strict=True)
        ],
    )


def _via(world: World, rows: Array) -> list[dict[str, Any]]:
    """How it came, and from whom as that channel knows them."""
    persons, told = _requesters(world, rows), reached(world, rows)
    names = [
        f"{given} {family}"
        for given, family in zip(persons.given_names(), persons.family_names(), strict=True)
    ]
    senders: dict[str, Any] = {
        "email": lambda row: {"address": told.emails[row], "name": names[row]},
        "voice": lambda row: {"phone": told.phones[row], "name": f"Caller {told.phones[row] or 'unknown'}"},
    }
    channels = [CHANNELS[code] for code in world.ticket["channel"][rows].tolist()]
    return [
        {
            "channel": channel,
            "source": {"from": senders.get(channel, lambda _: {})(row), "to": {}, "rel": None},
        }
        for row, channel in enumerate(channels)
    ]


def _events(world: World, rows: Array) -> Upsert:
    event, seed = world.ticket_event, world.spec.seed
    tickets = event["ticket"][rows]
    kinds = event["kind"][rows].tolist()
    picks = mixed(seed, "ticket event", rows).tolist()
    seconds = event["at"][rows] // SECOND
    requesters = _requester_ids(world, world.ticket["contact"][tickets])
    columns: dict[str, list[Any]] = {
        "id": (rows.astype(np.int64) + FIRST_EVENT).tolist(),
        "ticket_id": ticket_ids(tickets),
        "timestamp": seconds.tolist(),
        "created_at": _seconds(event["at"][rows]),
        "updater_id": [
            requester if kind in (CREATED, REOPENED) else 370_000_000_000 + pick % AGENTS
            for requester, kind, pick in zip(requesters, kinds, picks, strict=True)
        ],
        "via": [("Mail", "Web form", "Mobile SDK", "Rule")[pick % 4] for pick in picks],
        "event_type": ["Audit"] * len(rows),
        "child_events": _children(world, rows, picks),
    }
    ids = [str(number) for number in columns["id"]]
    return records("support.ticket_event", ids, seconds * SECOND, documents(columns))


def _children(world: World, rows: Array, picks: list[int]) -> list[list[dict[str, Any]]]:
    event = world.ticket_event
    into = world.ticket["merged_into"][event["ticket"][rows]].tolist()
    children = []
    for kind, status, pick, merged in zip(
        event["kind"][rows].tolist(), event["status"][rows].tolist(), picks, into, strict=True
    ):
        child: dict[str, Any] = {
            "id": FIRST_EVENT + pick % 10**9,
            "event_type": "Create" if kind == CREATED else "Change",
            "status": STATES[status],
        }
        comment = {"event_type": "Comment", "comment_public": True, "body": BODIES[pick % len(BODIES)]}
        if kind == MERGED:
            comment["body"] = f"Request was closed and merged into request #{merged - 1 + FIRST_TICKET}."
        children.append([child] if EVENTS[kind] in ("solved", "deleted") else [child, comment])
    return children
