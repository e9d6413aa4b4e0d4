"""What core banking's record of a party says of a person."""

import numpy as np

from include.sandbox.bank.calendar import utc_texts
from include.sandbox.bank.chapters import Row
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached, shares_address
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.world import World

PARTY = ("party_id", "legal_name", "date_of_birth", "sin", "email", "phone", "created_at", "updated_at")
PHONE = ("party_id", "phone")
PROFILE = ("party_id", "legal_name", "email", "phone", "updated_at")

# Dirt, as shares of parties.
SHARE_WITHOUT_SIN = 0.08
SHARE_WITHOUT_EMAIL = 0.03
SHARE_WITHOUT_PHONE = 0.05

PHONE_STYLES = ("+1 {0} 555 {1}", "({0}) 555-{1}")


def party_rows(world: World, rows: Array) -> list[Row]:
    return [
        (party_id, name, born, sin, email, phone, created, updated)
        for (party_id, name, email, phone, updated), born, sin, created in zip(
            profile_rows(world, rows),
            _persons(world, rows).birth_dates(),
            insurance_numbers(world, rows),
            utc_texts(world.party["created_at"][rows], "+00"),
            strict=True,
        )
    ]


def insurance_numbers(world: World, rows: Array) -> list[str | None]:
    return _persons(world, rows).insurance_numbers(missing=SHARE_WITHOUT_SIN)


def reached(world: World, rows: Array) -> Reached:
    """Who shares an address and a telephone keeps both, and the bank has both.

    Otherwise the other of the two would be the only one to have them, and whoever reads clause 1.2 to the
    letter would take a record of the first for one of theirs.
    """
    shares = shares_address(world.spec, world.party["person"][rows])
    versions = np.where(shares, 0, world.party["contact_version"][rows])
    persons = Persons(world.spec, "party", world.party["person"][rows], rows)
    emails = persons.emails(versions, np.where(shares, 0.0, SHARE_WITHOUT_EMAIL))
    without_phone = np.where(shares, 0.0, SHARE_WITHOUT_PHONE)
    written = [persons.phones(versions, without_phone, pattern) for pattern in PHONE_STYLES]
    style = world.party["phone_style"][rows].tolist()
    return Reached(emails, [texts[one] for one, *texts in zip(style, *written, strict=True)])


def profile_rows(world: World, rows: Array) -> list[tuple[str, str, str | None, str | None, str]]:
    party, told = world.party, reached(world, rows)
    return list(
        zip(
            party_ids(rows),
            _persons(world, rows).legal_names(party["name_version"][rows]),
            told.emails,
            told.phones,
            utc_texts(party["updated_at"][rows], "+00"),
            strict=True,
        )
    )


def phone_rows(world: World, rows: Array) -> list[Row]:
    return list(zip(party_ids(rows), reached(world, rows).phones, strict=True))


def _persons(world: World, rows: Array) -> Persons:
    return Persons(world.spec, "party", world.party["person"][rows], rows)
