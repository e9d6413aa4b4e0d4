"""The survey vendor: the key as user name, numbered pages that are nothing but lists, Unix seconds."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.services.conftest import NOON, RECORDS, numbers

PATH = "/nps/v1/survey_responses.json"
AUTH = ("nps-secret", "")


def get(client: httpx.Client, **query: Any) -> httpx.Response:
    return client.get(PATH, params=query, auth=AUTH)


def test_pages_read_every_record_once_in_order_and_end_with_an_empty_one(services: httpx.Client) -> None:
    found: list[int] = []
    for page in range(1, 10):
        records = get(services, per_page=100, page=page).json()
        if not records:
            break
        found += numbers(records)
    assert found == list(range(RECORDS))
    assert page == 4


def test_the_default_page_holds_twenty(services: httpx.Client) -> None:
    assert len(get(services).json()) == 20


def test_a_window_of_seconds_includes_both_its_ends(services: httpx.Client) -> None:
    minute = int(NOON.timestamp()) + 60
    records = get(services, updated_since=minute, updated_until=minute + 60, per_page=100).json()
    assert numbers(records) == list(range(4, 12))


def test_a_person_is_named_only_when_asked_for(services: httpx.Client, vendors: str) -> None:
    person = '{"id": "91", "name": "Ann", "email": "ann@example.org"}'
    with psycopg.connect(vendors) as connection:
        connection.execute(
            "insert into nps.response values ('person', '2026-01-01Z', %s)", (f'{{"person": {person}}}',)
        )
    try:
        window = {"updated_until": 1_767_225_600}
        assert get(services, **window).json() == [{"person": "91"}]
        (response,) = get(services, **window, **{"expand[]": "person"}).json()
        assert response["person"]["email"] == "ann@example.org"
    finally:
        with psycopg.connect(vendors) as connection:
            connection.execute("delete from nps.response where id = 'person'")


@pytest.mark.parametrize("shown", [None, ("another", ""), ("", "nps-secret"), ("nps-secret", "x")])
def test_a_wrong_key_is_refused_in_the_vendor_s_words(
    services: httpx.Client, shown: tuple[str, str] | None
) -> None:
    response = services.get(PATH, auth=shown) if shown else services.get(PATH)
    assert (response.status_code, response.json()) == (401, {"status": 401, "message": "Unauthorized"})


@pytest.mark.parametrize(
    ("name", "value"), [("per_page", "101"), ("page", "0"), ("updated_since", "2026-11-18")]
)
def test_a_parameter_out_of_bounds_is_named(services: httpx.Client, name: str, value: str) -> None:
    response = get(services, **{name: value})
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [name]


def test_an_unknown_list_is_not_found(services: httpx.Client) -> None:
    assert services.get("/nps/v1/people.json", auth=AUTH).status_code == 404
