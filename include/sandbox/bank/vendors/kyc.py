"""The KYC vendor's records."""

from typing import Any

from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import APPLICANT_STATES, CHECK_RESULTS, CHECK_TYPES
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.records import Rows, documents, records, uuids, zulu
from include.sandbox.bank.world import World


def chapter(world: World, rows: Rows) -> Chapter:
    """Applicants, checks and handoffs."""
    return Chapter(
        "kyc",
        (
            _applicants(world, rows(world.applicant, "touched")),
            _checks(world, rows(world.check, "touched")),
            _handoffs(world, rows(world.handoff, "touched")),
        ),
    )


def _applicants(world: World, rows: Array) -> Upsert:
    applicant = world.applicant
    ids = applicant_ids(world, rows)
    shown = applicant["shows_party"][rows].tolist()
    columns: dict[str, list[Any]] = {
        "applicant_id": ids,
        "party_id": [
            party if is_shown else None
            for party, is_shown in zip(party_ids(applicant["party"][rows]), shown, strict=True)
        ],
        **_identity(world, rows),
        "state": [APPLICANT_STATES[state] for state in applicant["state"][rows].tolist()],
        "created_at": zulu(applicant["created_at"][rows]),
        "updated_at": zulu(applicant["updated_at"][rows]),
    }
    return records("kyc.applicant", ids, applicant["updated_at"][rows], documents(columns))


def applicant_ids(world: World, rows: Array) -> list[str]:
    return uuids(world.spec.seed, "applicant", rows)


def _persons(world: World, applicants: Array) -> Persons:
    """Who applicants say they are; typed by themselves, so not letter for letter as at the bank."""
    return Persons(world.spec, "applicant", world.applicant["person"][applicants], applicants)


def reached(world: World, applicants: Array) -> Reached:
    persons = _persons(world, applicants)
    return Reached(persons.emails(0, missing=0.04), persons.phones(0, missing=0.06, pattern="({0}) 555-{1}"))


def insurance_numbers(world: World, applicants: Array) -> list[str | None]:
    return _persons(world, applicants).insurance_numbers(missing=0.05, dashed=0.2)


def _identity(world: World, applicants: Array) -> dict[str, list[Any]]:
    persons, told = _persons(world, applicants), reached(world, applicants)
    return {
        "first_name": persons.given_names(),
        "last_name": persons.family_names(),
        "email": told.emails,
        "phone": told.phones,
        "sin": insurance_numbers(world, applicants),
    }


def _checks(world: World, rows: Array) -> Upsert:
    check, seed = world.check, world.spec.seed
    ids = uuids(seed, "check", rows)
    completed = check["completed_at"][rows]
    columns: dict[str, list[Any]] = {
        "check_id": ids,
        "applicant_id": applicant_ids(world, check["applicant"][rows]),
        "check_type": [CHECK_TYPES[kind] for kind in check["kind"][rows].tolist()],
        "status": ["complete" if moment else "in_progress" for moment in completed.tolist()],
        "result": [CHECK_RESULTS[result] for result in check["result"][rows].tolist()],
        "created_at": zulu(check["created_at"][rows]),
        "completed_at": zulu(completed),
        "updated_at": zulu(check["updated_at"][rows]),
    }
    return records("kyc.verification", ids, check["updated_at"][rows], documents(columns))


def _handoffs(world: World, rows: Array) -> Upsert:
    handoff = world.handoff
    applicants = handoff["applicant"][rows]
    ids = applicant_ids(world, applicants)
    identity = _identity(world, applicants)
    columns: dict[str, list[Any]] = {
        "applicant_id": ids,
        "verified_at": zulu(handoff["verified_at"][rows]),
        **{name: identity[name] for name in ("email", "phone", "sin")},
        "handed_off_at": zulu(handoff["handed_off_at"][rows]),
        "updated_at": zulu(handoff["updated_at"][rows]),
    }
    return records("kyc.pending_handoff", ids, handoff["updated_at"][rows], documents(columns))
