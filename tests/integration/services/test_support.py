"""The help desk: exports by cursor and by time, that say where to go on and whether they are at the end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import NOON, RECORDS, numbers

TICKETS = "/support/api/v2/incremental/tickets/cursor.json"
EVENTS = "/support/api/v2/incremental/ticket_events.json"
AUTH = (LOGINS["support"], "support-secret")
START = int(NOON.timestamp())


def get(client: httpx.Client, path: str, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(path, params=query, auth=AUTH).raise_for_status().json()
    return answer


@pytest.mark.parametrize("per_page", [7, 100, RECORDS, 500])
def test_following_the_cursor_reads_every_ticket_once_in_order(services: httpx.Client, per_page: int) -> None:
    page = get(services, TICKETS, start_time=START, per_page=per_page)
    found = numbers(page["tickets"])
    while not page["end_of_stream"]:
        page = get(services, TICKETS, cursor=page["after_cursor"], per_page=per_page)
        found += numbers(page["tickets"])
    assert found == list(range(RECORDS))
    assert page["after_cursor"] in page["after_url"]


def test_the_end_of_the_stream_names_where_to_go_on_later(services: httpx.Client) -> None:
    page = get(services, TICKETS, start_time=START)
    later = get(services, TICKETS, cursor=page["after_cursor"])
    assert (later["tickets"], later["end_of_stream"]) == ([], True)
    assert later["after_cursor"] == page["after_cursor"]


@pytest.mark.parametrize("per_page", [3, 4, 7, 100])
def test_following_the_time_reads_every_event_and_those_of_a_page_s_last_second_twice(
    services: httpx.Client, per_page: int
) -> None:
    page = get(services, EVENTS, start_time=START, per_page=per_page)
    found = numbers(page["ticket_events"])
    pages = 1
    while not page["end_of_stream"]:
        page = get(services, EVENTS, start_time=page["end_time"], per_page=per_page + 4)
        found += numbers(page["ticket_events"])
        pages += 1
        assert pages < RECORDS
    assert sorted(set(found)) == list(range(RECORDS))
    assert len(found) == RECORDS + sum(4 for _ in range(pages - 1))


def test_an_export_has_no_end_but_now(services: httpx.Client) -> None:
    page = get(services, TICKETS, start_time=START + 60, end_time=START + 120)
    assert numbers(page["tickets"]) == list(range(4, RECORDS))


@pytest.mark.parametrize("path", [TICKETS, EVENTS, "/support/api/v2/users.json"])
@pytest.mark.parametrize("shown", [None, (LOGINS["support"], "another"), ("support-secret", "")])
def test_a_wrong_token_is_refused_in_the_vendor_s_words(
    services: httpx.Client, path: str, shown: tuple[str, str] | None
) -> None:
    response = services.get(path, auth=shown) if shown else services.get(path)
    assert (response.status_code, response.json()) == (401, {"error": "Couldn't authenticate you"})


@pytest.mark.parametrize(
    "query", [{}, {"start_time": "noon"}, {"cursor": "?"}, {"start_time": START, "per_page": 1001}]
)
def test_a_request_that_makes_no_sense_is_refused(services: httpx.Client, query: dict[str, Any]) -> None:
    assert services.get(TICKETS, params=query, auth=AUTH).status_code == 400


def test_another_resource_is_not_found(services: httpx.Client) -> None:
    assert services.get("/support/api/v2/users.json", auth=AUTH).status_code == 404
