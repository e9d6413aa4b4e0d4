"""The records of the branches' CRM, in the fields of Salesforce's objects.

https://developer.salesforce.com/docs/platform/object-reference/guide (Contact, Opportunity, CampaignMember)
"""

from typing import Any

import numpy as np

from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import OPEN_STAGES, PRODUCTS, WON
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.marketing import campaign_ids
from include.sandbox.bank.vendors.records import Rows, documents, records
from include.sandbox.bank.world import World

STAGES = ("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won", "Closed Lost")
LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")
CONTACT, OPPORTUNITY, MEMBER, CAMPAIGN = "003", "006", "00v", "701"  # the first three letters of an id


def chapter(world: World, rows: Rows) -> Chapter:
    """Contacts, opportunities and campaign members, the deleted ones marked."""
    return Chapter(
        "crm_a",
        (
            _contacts(world, rows(world.crm_a_contact, "touched")),
            _opportunities(world, rows(world.crm_a_opportunity, "touched")),
            _members(world, rows(world.crm_a_member, "touched")),
        ),
    )


def _ids(prefix: str, rows: Array) -> list[str]:
    """Ids of 18 letters. The last three say which of the others are capitals: here always the same."""
    return [f"{prefix}Hn0{row:09d}IAA" for row in rows.tolist()]


def _moments(moments: Array) -> list[str | None]:
    """UTC as this vendor writes it; None where the moment is 0: not yet."""
    texts = np.datetime_as_string(moments.astype("datetime64[us]"), unit="ms").tolist()
    return [f"{text}+0000" if moment else None for text, moment in zip(texts, moments.tolist(), strict=True)]


def contact_ids(rows: Array) -> list[str]:
    return _ids(CONTACT, rows)


def _persons(world: World, contacts: Array) -> Persons:
    return Persons(world.spec, "crm a", world.crm_a_contact["person"][contacts], contacts)


def reached(world: World, contacts: Array) -> Reached:
    persons = _persons(world, contacts)
    versions = world.crm_a_contact["contact_version"][contacts]
    return Reached(
        [
            f" {email}" if email and row % 29 == 0 else email  # pasted with a space
            for email, row in zip(persons.emails(0, missing=0.12), contacts.tolist(), strict=True)
        ],
        persons.phones(versions, missing=0.1, pattern="+1 ({0}) 555-{1}"),
    )


def _contacts(world: World, rows: Array) -> Upsert:
    contact = world.crm_a_contact
    persons, told = _persons(world, rows), reached(world, rows)
    party = contact["party"][rows]
    columns: dict[str, list[Any]] = {
        "Id": contact_ids(rows),
        "FirstName": persons.given_names(),
        "LastName": persons.family_names(),
        "Email": told.emails,
        "Phone": told.phones,
        "LeadSource": [LEAD_SOURCES[row % len(LEAD_SOURCES)] for row in rows.tolist()],
        "Party_Number__c": [
            text if linked else None
            for text, linked in zip(party_ids(party), (party >= 0).tolist(), strict=True)
        ],
        **_stamps(world.crm_a_contact, rows),
    }
    return records("crm_a.contact", columns["Id"], contact["updated_at"][rows], documents(columns))


def _opportunities(world: World, rows: Array) -> Upsert:
    deal = world.crm_a_opportunity
    stage, product = deal["stage"][rows].tolist(), deal["product"][rows].tolist()
    columns: dict[str, list[Any]] = {
        "Id": _ids(OPPORTUNITY, rows),
        "ContactId": contact_ids(deal["contact"][rows]),
        "Name": [f"{PRODUCTS[one].replace('_', ' ').title()}: renewal “2026”" for one in product],
        "StageName": [STAGES[one] for one in stage],
        "Product_Code__c": [PRODUCTS[one] for one in product],
        "Amount": [cents / 100 for cents in deal["cents"][rows].tolist()],
        "CloseDate": [BusinessDay.numbered(day).date.isoformat() for day in deal["closes_on"][rows].tolist()],
        "IsClosed": [one >= OPEN_STAGES for one in stage],
        "IsWon": [one == WON for one in stage],
        **_stamps(deal, rows),
    }
    return records("crm_a.opportunity", columns["Id"], deal["updated_at"][rows], documents(columns))


def _members(world: World, rows: Array) -> Upsert:
    member = world.crm_a_member
    responded = member["responded_at"][rows]
    campaign = member["campaign"][rows]
    columns: dict[str, list[Any]] = {
        "Id": _ids(MEMBER, rows),
        "CampaignId": _ids(CAMPAIGN, campaign),
        "Campaign_Code__c": campaign_ids(campaign),
        "ContactId": contact_ids(member["contact"][rows]),
        "Status": ["Responded" if moment else "Sent" for moment in responded.tolist()],
        "HasResponded": [bool(moment) for moment in responded.tolist()],
        "FirstRespondedDate": [text and text[:10] for text in _moments(responded)],
        **_stamps(member, rows),
    }
    return records("crm_a.campaign_member", columns["Id"], member["updated_at"][rows], documents(columns))


def _stamps(table: Any, rows: Array) -> dict[str, list[Any]]:
    """What every object of the vendor carries. A deleted record stays, marked, for those who ask for it."""
    return {
        "IsDeleted": (table["deleted_on"][rows] > 0).tolist(),
        "CreatedDate": _moments(table["created_at"][rows]),
        "SystemModstamp": _moments(table["updated_at"][rows]),
    }
