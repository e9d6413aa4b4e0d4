"""The survey vendor's records."""

from typing import Any

from include.sandbox.bank.announced import first_day
from include.sandbox.bank.calendar import SECOND
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.surveys import CAUSES, COMMENTS
from include.sandbox.bank.vendors.records import Rows, documents, records
from include.sandbox.bank.world import World

DELIVERY_METHODS = ("email", "sms", "link")
LANGUAGES = ("en", "fr", "EN", None)


def chapter(world: World, rows: Rows) -> Chapter:
    """Survey responses."""
    return Chapter("nps", (_responses(world, rows(world.survey_response, "touched")),))


def _responses(world: World, rows: Array) -> Upsert:
    response, seed = world.survey_response, world.spec.seed
    ids = response_ids(rows)
    picks = mixed(seed, "permalink", rows).tolist()
    updated = response["updated_at"][rows] // SECOND
    columns: dict[str, list[Any]] = {
        "id": ids,
        "person": _persons(world, rows),
        "survey_type": ["nps"] * len(rows),
        "score": response["score"][rows].tolist(),
        "comment": [COMMENTS[said - 1] if said else None for said in response["comment"][rows].tolist()],
        "permalink": [f"https://delighted.example/r/{pick:016x}" for pick in picks],
        "created_at": (response["created_at"][rows] // SECOND).tolist(),
        "updated_at": updated.tolist(),
        "person_properties": [
            {"touchpoint": CAUSES[cause], "language": LANGUAGES[pick % 4]}
            for cause, pick in zip(response["cause"][rows].tolist(), picks, strict=True)
        ],
        "notes": [[]] * len(rows),
        "tags": [["callback"] if score <= 3 else [] for score in response["score"][rows].tolist()],
        "additional_answers": [[]] * len(rows),
    }
    answers = documents(columns)
    since = first_day(world.spec, "nps", "response", "delivery_method")
    for answer, day, pick in zip(answers, response["touched"][rows].tolist(), picks, strict=True):
        if day >= since:
            answer["delivery_method"] = DELIVERY_METHODS[pick // 4 % 3]
    return records("nps.response", ids, updated * SECOND, answers)


def response_ids(rows: Array) -> list[str]:
    return [str(210_000_000 + row) for row in rows.tolist()]


def _respondents(world: World, rows: Array) -> Persons:
    """Of an answer that does not say whose it is, anybody: read nothing from it."""
    return Persons(
        world.spec, "respondent", world.contact["person"][world.survey_response["contact"][rows]], rows
    )


def reached(world: World, rows: Array) -> Reached:
    contact = world.survey_response["contact"][rows]
    persons = _respondents(world, rows)
    emails = persons.emails(world.contact["email_version"][contact], missing=0.02)
    phones = persons.phones(0, missing=0.6, pattern="+1{0}555{1}")
    known = (contact >= 0).tolist()
    return Reached(
        [email if is_known else None for email, is_known in zip(emails, known, strict=True)],
        [phone if is_known else None for phone, is_known in zip(phones, known, strict=True)],
    )


def _persons(world: World, rows: Array) -> list[dict[str, Any]]:
    """Whoever answered, as the vendor knows them: by e-mail, or by nothing but a number."""
    contact = world.survey_response["contact"][rows]
    persons, told = _respondents(world, rows), reached(world, rows)
    numbers = (mixed(world.spec.seed, "respondent", persons.people) % 10**9).tolist()
    return [
        {"id": f"9{number:09d}", "name": f"{given} {family}", "email": email, "phone_number": phone}
        if known
        else {"id": f"8{row:09d}", "name": None, "email": None, "phone_number": None}
        for row, known, number, given, family, email, phone in zip(
            rows.tolist(),
            (contact >= 0).tolist(),
            numbers,
            persons.given_names(),
            persons.family_names(),
            told.emails,
            told.phones,
            strict=True,
        )
    ]
