"""Contracts of `people` in any protocol, and what is read by them from a small API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from include.contracts import Auth, Paginator, RestRead, RestTableRead, SourceContract
from include.extract import rest
from include.extract.batch import Window
from include.extract.patience import Patience
from include.extract.rest import Access
from tests.integration.extract.api import Answer, Api, body
from tests.unit.extract.contracts import KEY, PERSON
from tests.unit.extract.contracts import rest as contract

ACCESS = Access("", "s3cret-of-the-test", "who-asks")
QUICK = Patience(page=5, answer=2, first_wait=0.01, longest_wait=0.05)
WINDOW = Window.of("2026-11-18")


def source(
    auth: Auth | None = None, paginator: Paginator | None = None, *, cursor_type: str = "string", **read: Any
) -> SourceContract:
    """`people`, by header and link unless told otherwise."""
    table_read = replace(PERSON.read_as(RestTableRead), **read)
    columns = tuple(
        replace(column, logical_type=cursor_type) if column.name == table_read.cursor else column
        for column in PERSON.columns
    )
    made = contract(None, replace(PERSON, read=table_read, columns=columns))
    facts = made.read_as(RestRead)
    return replace(made, read=RestRead(auth or facts.auth, paginator or facts.paginator))


def read(api: Api, by: SourceContract, window: Window = WINDOW) -> list[dict[str, Any]]:
    batches = rest.extract(by, replace(ACCESS, base_url=api.url), window, KEY, patience=QUICK)
    return [row for batch in batches for row in batch.rows.to_pylist()]


def page(*people: str, **facts: Any) -> Answer:
    more = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items())
    return body(f'{{"people": [{", ".join(people)}]{more}}}')


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["person_id"] for row in rows]
