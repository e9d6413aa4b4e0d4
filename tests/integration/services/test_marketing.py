"""The marketing vendor: opaque cursors, half-open windows, its errors."""

from __future__ import annotations

import datetime as dt
from typing import Any

import httpx
import psycopg
import pytest

from tests.integration.services.conftest import MARKETING_AUTH, NOON, RECORDS, numbers

LISTS = ["subscriptions", "campaigns", "email_events"]


def pages(client: httpx.Client, listed: str, **query: str | int) -> list[list[int]]:
    """The pages that the cursors lead through."""
    found: list[list[int]] = []
    cursor: str | None = None
    while True:
        params = query | ({"cursor": cursor} if cursor else {})
        response = client.get(f"/marketing/rest/v1/{listed}", params=params, headers=MARKETING_AUTH)
        body = response.raise_for_status().json()
        found.append(numbers(body["data"]))
        cursor = body["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("listed", LISTS)
@pytest.mark.parametrize("limit", [9, 115, RECORDS, 1000])
def test_cursors_lead_through_every_record_once_in_order(
    services: httpx.Client, listed: str, limit: int
) -> None:
    read = pages(services, listed, limit=limit)
    assert [number for page in read for number in page] == list(range(RECORDS))
    assert all(len(page) == limit for page in read[:-1])


def test_a_window_includes_its_start_and_not_its_end(services: httpx.Client) -> None:
    bounds = {
        "updated_since": (NOON + dt.timedelta(minutes=1)).isoformat(),
        "updated_before": (NOON + dt.timedelta(minutes=3)).isoformat(),
    }
    assert pages(services, "subscriptions", limit=5, **bounds) == [[4, 5, 6, 7, 8], [9, 10, 11]]


def test_a_record_that_arrives_meanwhile_doubles_and_loses_no_other(
    services: httpx.Client, vendors: str
) -> None:
    def ask(**params: str | int) -> dict[str, Any]:
        path = "/marketing/rest/v1/campaigns"
        found: dict[str, Any] = services.get(path, params=params, headers=MARKETING_AUTH).json()
        return found

    first = ask(limit=100)
    day = dt.timedelta(days=1)
    new = [("early", NOON - day, '{"n": -1}'), ("late", NOON + day, '{"n": 230}')]
    with psycopg.connect(vendors) as connection:
        connection.cursor().executemany("insert into marketing.campaign values (%s, %s, %s)", new)
    try:
        second = ask(limit=100, cursor=first["next_cursor"])
        third = ask(limit=100, cursor=second["next_cursor"])
    finally:
        with psycopg.connect(vendors) as connection:
            connection.execute("delete from marketing.campaign where id in ('early', 'late')")
    assert numbers(first["data"] + second["data"] + third["data"]) == list(range(RECORDS + 1))


def test_a_cursor_is_good_for_its_own_query_only(services: httpx.Client) -> None:
    def ask(listed: str, **params: str | int) -> httpx.Response:
        return services.get(f"/marketing/rest/v1/{listed}", params=params, headers=MARKETING_AUTH)

    cursor = ask("campaigns", limit=5).json()["next_cursor"]
    assert ask("campaigns", limit=9, cursor=cursor).status_code == 200
    assert "2026" not in cursor
    for response in (
        ask("campaigns", cursor="x" + cursor[1:]),
        ask("campaigns", cursor="é"),
        ask("subscriptions", cursor=cursor),
        ask("campaigns", cursor=cursor, updated_since=NOON.isoformat()),
    ):
        assert response.status_code == 400
        assert response.json()["errors"] == ["cursor is not one that this query returned"]


@pytest.mark.parametrize("shown", [None, "", "wrong"])
def test_a_wrong_key_is_refused(services: httpx.Client, shown: str | None) -> None:
    headers = {} if shown is None else {"X-Api-Key": shown}
    response = services.get("/marketing/rest/v1/subscriptions", headers=headers)
    assert (response.status_code, response.json()) == (401, {"message": "Invalid API key"})


@pytest.mark.parametrize("query", [{"limit": "1001"}, {"limit": "0"}, {"updated_since": "2026-11-18"}])
def test_a_parameter_out_of_bounds_is_refused(services: httpx.Client, query: dict[str, str]) -> None:
    response = services.get("/marketing/rest/v1/subscriptions", params=query, headers=MARKETING_AUTH)
    assert response.status_code == 400
    assert next(iter(query)) in response.json()["errors"][0]


def test_an_unknown_list_is_not_found(services: httpx.Client) -> None:
    assert services.get("/marketing/rest/v1/leads", headers=MARKETING_AUTH).status_code == 404
