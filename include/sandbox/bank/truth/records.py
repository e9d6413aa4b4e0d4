"""The records by which the other sources speak of people, as delivered by the end of the last lived day.

Whom a record speaks of stands here beside the keys that it carries. What was taken away again, or is to come
in a later file, is not among them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from include.sandbox.bank import parties, referrals
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Reached
from include.sandbox.bank.tickets import DELETED
from include.sandbox.bank.truth.activity import party_ids
from include.sandbox.bank.vendors import crm_a, crm_b, kyc, marketing, mobile_app, nps, support
from include.sandbox.bank.world import World

NOBODY = -1


@dataclass(frozen=True)
class Records:
    """Records of one kind, one element each.

    `rows` are their rows in the world. `person` is the number of whom one speaks of, `names` the row of the
    party whose identifier it carries, -1 for none; `sins` are the insurance numbers they carry. `gone`: the
    source has deleted it since the history was loaded and tells nobody, so the warehouse may still hold it.
    """

    source_system: str
    record_type: str
    ids: list[str]
    rows: Array
    person: Array
    names: Array
    sins: list[str | None]
    reached: Reached
    gone: Array

    def __len__(self) -> int:
        return len(self.ids)


def records_of_the_bank(world: World) -> Records:
    """Core banking's parties: what the others are held against."""
    rows = np.arange(len(world.party))
    return _records(
        ("core_banking", "party"),
        party_ids(rows),
        rows,
        world.party["person"],
        parties.reached(world, rows),
        names=rows,
        sins=parties.insurance_numbers(world, rows),
    )


def records_of_others(world: World) -> Iterator[Records]:
    """Every kind of record that clause 1.2 links to a party."""
    yield applicants(world)
    yield _handoffs(world)
    contact, rows = world.contact, np.arange(len(world.contact))
    yield _records(
        ("marketing_automation", "contact"),
        marketing.contact_ids(rows),
        rows,
        contact["person"],
        marketing.reached(world, rows),
        names=contact["party"],
    )
    yield _contacts_of_crm_a(world)
    yield _contacts_of_crm_b(world)
    yield _tickets(world)
    yield _responses(world)
    yield _referrals(world)
    yield app_users(world)


def applicants(world: World) -> Records:
    applicant, rows = world.applicant, np.arange(len(world.applicant))
    return _records(
        ("kyc", "applicant"),
        kyc.applicant_ids(world, rows),
        rows,
        applicant["person"],
        kyc.reached(world, rows),
        names=np.where(applicant["shows_party"], applicant["party"], NOBODY),
        sins=kyc.insurance_numbers(world, rows),
    )


def app_users(world: World) -> Records:
    """Those who logged in at least once in what devices have uploaded. The app knows a user by party."""
    event = world.app_event
    users = np.unique(event["party"][(event["known"] <= world.last_lived) & (event["party"] >= 0)])
    return _records(
        ("mobile_app", "user"),
        mobile_app.user_ids(world, users),
        users,
        world.party["person"][users],
        mobile_app.reached(world, users),
        names=np.where(mobile_app.has_old_login(world, users), NOBODY, users),
    )


def _records(
    kind: tuple[str, str],
    ids: list[str],
    rows: Array,
    person: Array,
    reached: Reached,
    *,
    names: Array | None = None,
    sins: list[str | None] | None = None,
    gone: Array | None = None,
) -> Records:
    count = len(ids)
    return Records(
        *kind,
        ids,
        rows,
        np.asarray(person, np.int64),
        np.full(count, NOBODY) if names is None else np.asarray(names, np.int64),
        [None] * count if sins is None else sins,
        reached,
        np.zeros(count, bool) if gone is None else gone,
    )


def _handoffs(world: World) -> Records:
    rows = world.handoff["applicant"]
    return _records(
        ("kyc", "pending_handoff"),
        kyc.applicant_ids(world, rows),
        rows,
        world.applicant["person"][rows],
        kyc.reached(world, rows),
        sins=kyc.insurance_numbers(world, rows),
    )


def _contacts_of_crm_a(world: World) -> Records:
    contact = world.crm_a_contact
    rows = np.flatnonzero(contact["deleted_on"] == 0)
    return _records(
        ("crm_a", "contact"),
        crm_a.contact_ids(rows),
        rows,
        contact["person"][rows],
        crm_a.reached(world, rows),
        names=contact["party"][rows],
    )


def _contacts_of_crm_b(world: World) -> Records:
    """A search does not show what was deleted: whoever read the record before keeps it."""
    contact = world.crm_b_contact
    deleted_on = contact["deleted_on"]
    rows = np.flatnonzero((deleted_on == 0) | (deleted_on > world.spec.last_day.toordinal()))
    return _records(
        ("crm_b", "contact"),
        crm_b.contact_ids(rows),
        rows,
        contact["person"][rows],
        crm_b.reached(world, rows),
        names=contact["party"][rows],
        gone=deleted_on[rows] > 0,
    )


def _tickets(world: World) -> Records:
    """A ticket names a party only where its writer had one when it was last sent.

    Its e-mail address is taken as it is now. One that changed since it was sent is a new address, which no
    party has; so that can make a key seem unknown, but no unknown key known.
    """
    ticket = world.ticket
    rows = np.flatnonzero(ticket["status"] != DELETED)
    names = support.signed_in_parties(world, rows)
    sent_on = np.maximum(ticket["touched"][rows], world.spec.last_day.toordinal())
    was_party = (names >= 0) & (world.party["born"][names] <= sent_on)
    return _records(
        ("support", "ticket"),
        [str(number) for number in support.ticket_ids(rows)],
        rows,
        world.contact["person"][ticket["contact"][rows]],
        support.reached(world, rows),
        names=np.where(was_party, names, NOBODY),
    )


def _responses(world: World) -> Records:
    """As of tickets, an e-mail address is taken as it is now."""
    contact, rows = world.survey_response["contact"], np.arange(len(world.survey_response))
    return _records(
        ("nps", "response"),
        nps.response_ids(rows),
        rows,
        np.where(contact >= 0, world.contact["person"][contact], NOBODY),
        nps.reached(world, rows),
    )


def _referrals(world: World) -> Records:
    """A referral by its last line in the files delivered so far; corrected files have been sent again."""
    line = world.referral
    told = np.flatnonzero(line["file"] <= world.last_lived)
    numbers, from_the_end = np.unique(line["number"][told][::-1], return_index=True)
    rows = told[::-1][from_the_end]
    return _records(
        ("drop_branch_referrals", "referral"),
        referrals.referral_ids(numbers),
        rows,
        line["person"][rows],
        referrals.reached(world, rows, world.last_lived),
    )
