"""The records of the bought bank's CRM, in the shape of HubSpot's objects: every property a text.

https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm
"""

from typing import Any

import numpy as np

from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chapters import Chapter, Delete, Upsert
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import PRODUCTS
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.records import Rows, documents, records
from include.sandbox.bank.world import World

STAGES = ("appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "closedwon", "closedlost")
FIRST_CONTACT, FIRST_DEAL = 151, 9_300_000_001


def chapter(world: World, rows: Rows) -> Chapter:
    """Contacts and deals. A deleted record is gone: the vendor's search never shows it again."""
    contact, deal = world.crm_b_contact, world.crm_b_deal
    return Chapter(
        "crm_b",
        (
            _contacts(world, _kept(contact, rows(contact, "touched"))),
            _deals(world, _kept(deal, rows(deal, "touched"))),
            Delete("crm_b.contact", "id", contact_ids(_gone(contact, rows))),
            Delete("crm_b.deal", "id", _ids(FIRST_DEAL, _gone(deal, rows))),
        ),
    )


def _kept(table: Columns, rows: Array) -> Array:
    return np.asarray(rows[table["deleted_on"][rows] == 0])


def _gone(table: Columns, rows: Rows) -> Array:
    candidates = rows(table, "deleted_on")
    return np.asarray(candidates[table["deleted_on"][candidates] > 0])


def _ids(first: int, rows: Array) -> list[str]:
    return [str(first + row) for row in rows.tolist()]


def _moments(moments: Array) -> list[str]:
    """UTC with milliseconds."""
    texts = np.datetime_as_string(moments.astype("datetime64[us]"), unit="ms").tolist()
    return [f"{text}Z" for text in texts]


def contact_ids(rows: Array) -> list[str]:
    return _ids(FIRST_CONTACT, rows)


def _persons(world: World, contacts: Array) -> Persons:
    return Persons(world.spec, "crm b", world.crm_b_contact["person"][contacts], contacts)


def reached(world: World, contacts: Array) -> Reached:
    persons = _persons(world, contacts)
    versions = world.crm_b_contact["contact_version"][contacts]
    return Reached(
        [email and email.lower() for email in persons.emails(0, missing=0.05)],
        persons.phones(versions, missing=0.25, pattern="1-{0}-555-{1} x12"),
    )


def _contacts(world: World, rows: Array) -> Upsert:
    contact = world.crm_b_contact
    persons, told = _persons(world, rows), reached(world, rows)
    party = contact["party"][rows]
    ids = contact_ids(rows)
    created, updated = _moments(contact["created_at"][rows]), _moments(contact["updated_at"][rows])
    properties: dict[str, list[Any]] = {
        "firstname": persons.given_names(),
        "lastname": persons.family_names(),
        "email": told.emails,
        "phone": told.phones,
        "lifecyclestage": ["customer" if linked else "lead" for linked in (party >= 0).tolist()],
        "customer_number": [
            text.lower() if linked else None
            for text, linked in zip(party_ids(party), (party >= 0).tolist(), strict=True)
        ],
        "createdate": created,
        "lastmodifieddate": updated,
        "hs_object_id": ids,
    }
    return _objects("crm_b.contact", contact, rows, properties)


def _deals(world: World, rows: Array) -> Upsert:
    deal = world.crm_b_deal
    cents = deal["cents"][rows].tolist()
    properties: dict[str, list[Any]] = {
        "dealname": [f"{PRODUCTS[one]} 🏦" for one in deal["product"][rows].tolist()],
        "dealstage": [STAGES[one] for one in deal["stage"][rows].tolist()],
        "pipeline": ["default"] * len(rows),
        # Some were typed with cents, some without, some never.
        "amount": [
            None if row % 17 == 0 else f"{one / 100:.2f}" if row % 3 else str(one // 100)
            for one, row in zip(cents, rows.tolist(), strict=True)
        ],
        "closedate": [
            f"{BusinessDay.numbered(day).date.isoformat()}T17:00:00Z"
            for day in deal["closes_on"][rows].tolist()
        ],
        "primary_contact_id": contact_ids(deal["contact"][rows]),
        "createdate": _moments(deal["created_at"][rows]),
        "hs_lastmodifieddate": _moments(deal["updated_at"][rows]),
        "hs_object_id": _ids(FIRST_DEAL, rows),
    }
    return _objects("crm_b.deal", deal, rows, properties)


def _objects(table: str, rows_of: Columns, rows: Array, properties: dict[str, list[Any]]) -> Upsert:
    columns: dict[str, list[Any]] = {
        "id": properties["hs_object_id"],
        "properties": documents(properties),
        "createdAt": properties["createdate"],
        "updatedAt": _moments(rows_of["updated_at"][rows]),
        "archived": [False] * len(rows),
    }
    return records(table, columns["id"], rows_of["updated_at"][rows], documents(columns))
