"""The bought bank's CRM: searches by filter, pages of `after`, 10,000 results at most; HubSpot's shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

SEARCH = "/crm_b/crm/v3/objects/contacts/search"
AUTH = {"Authorization": "Bearer crm_b-secret"}
COUNT = 10_050


@pytest.fixture
def crm(services: httpx.Client, vendors: str) -> Iterator[httpx.Client]:
    """10,050 contacts; the first 50 were changed a second apart, the rest in one moment."""
    with psycopg.connect(vendors, autocommit=True) as connection:
        connection.execute("create temp table kept as select * from crm_b.contact")
        connection.execute("truncate crm_b.contact")
        with connection.cursor().copy("copy crm_b.contact from stdin") as copy:
            for number in range(1, COUNT + 1):
                moment = f"2026-11-18T12:00:{min(number, 51):02d}.000Z"
                properties = {"email": f"p{number}@example.com", "lastmodifieddate": moment}
                properties |= {"createdate": moment, "hs_object_id": str(number)}
                record = {"id": str(number), "properties": properties, "archived": False}
                copy.write_row((str(number), moment, json.dumps(record)))
        services.headers.update(AUTH)
        yield services
        connection.execute("truncate crm_b.contact")
        connection.execute("insert into crm_b.contact select * from kept")


def search(client: httpx.Client, *filters: dict[str, Any], **asked: Any) -> httpx.Response:
    body = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
    return client.post(SEARCH, json={**body, **asked})


def changed(operator: str, value: str) -> dict[str, Any]:
    return {"propertyName": "lastmodifieddate", "operator": operator, "value": value}


def test_an_answer_has_the_vendor_s_shape(crm: httpx.Client) -> None:
    answer = search(crm, properties=["email", "city"], limit=1, sorts=[
        {"propertyName": "hs_object_id", "direction": "ASCENDING"}
    ]).json()  # fmt: skip
    assert answer == {
        "total": COUNT,
        "results": [
            {
                "id": "1",
                "properties": {
                    "email": "p1@example.com",
                    "city": None,
                    "createdate": "2026-11-18T12:00:01.000Z",
                    "hs_object_id": "1",
                    "lastmodifieddate": "2026-11-18T12:00:01.000Z",
                },
                "archived": False,
            }
        ],
        "paging": {"next": {"after": "1", "link": answer["paging"]["next"]["link"]}},
    }


def test_after_leads_through_a_window_that_has_its_start_and_not_its_end(crm: httpx.Client) -> None:
    window = (changed("GTE", "1795003210000"), changed("LT", "2026-11-18T12:00:30Z"))
    found, after = [], "0"
    while after:
        page = search(crm, *window, limit=7, after=after, sorts=[{"propertyName": "lastmodifieddate"}]).json()
        assert page["total"] == 20
        found += [int(record["id"]) for record in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    assert found == list(range(10, 30))


def test_nothing_is_shown_beyond_ten_thousand_results(crm: httpx.Client) -> None:
    last = search(crm, limit=100, after="9900")
    assert (last.status_code, len(last.json()["results"])) == (200, 100)
    beyond = search(crm, limit=100, after="10000")
    assert (beyond.status_code, beyond.json()["category"]) == (400, "VALIDATION_ERROR")


def test_records_of_one_moment_can_be_told_apart_by_their_numbers(crm: httpx.Client) -> None:
    beyond = {"propertyName": "hs_object_id", "operator": "GT", "value": "10047"}
    page = search(crm, changed("GTE", "2026-11-18T12:00:51Z"), beyond, limit=5).json()
    assert sorted(record["id"] for record in page["results"]) == ["10048", "10049", "10050"]
    assert "paging" not in page


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 201},
        {"after": "x"},
        {"sorts": [{"propertyName": "lastmodifieddate"}, {"propertyName": "hs_object_id"}]},
        {"filterGroups": [{"filters": [changed("GTE", "yesterday")]}]},
    ],
)
def test_a_search_that_makes_no_sense_is_refused(crm: httpx.Client, asked: dict[str, Any]) -> None:
    answer = search(crm, **asked)
    assert answer.status_code == 400
    assert answer.json().keys() == {"status", "message", "correlationId", "category"}


@pytest.mark.parametrize("shown", [None, "Bearer x", "crm_b-secret"])
def test_a_wrong_token_is_refused_in_the_vendor_s_words(services: httpx.Client, shown: str | None) -> None:
    answer = services.post(SEARCH, json={}, headers={} if shown is None else {"Authorization": shown})
    assert (answer.status_code, answer.json()["category"]) == (401, "INVALID_AUTHENTICATION")
