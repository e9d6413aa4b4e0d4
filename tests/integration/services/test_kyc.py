"""The KYC vendor: numbered pages, half-open windows, Onfido's errors."""

from __future__ import annotations

import datetime as dt

import httpx
import pytest

from tests.integration.services.conftest import KYC_AUTH, NOON, RECORDS, numbers

LISTS = ["applicants", "checks", "pending_handoffs"]


def minute(count: float) -> str:
    return (NOON + dt.timedelta(minutes=count)).isoformat().replace("+00:00", "Z")


def read_all(client: httpx.Client, listed: str, **query: object) -> list[int]:
    """Follow `next` from the first page to the last."""
    found: list[int] = []
    url: str | None = f"/kyc/v3/{listed}"
    params: dict[str, object] | None = query
    while url:
        response = client.get(url, params=params, headers=KYC_AUTH).raise_for_status()  # type: ignore[arg-type]
        found += numbers(response.json()[listed])
        url, params = response.links.get("next", {}).get("url"), None
    return found


@pytest.mark.parametrize("listed", LISTS)
def test_following_next_reads_every_record_once_in_order(services: httpx.Client, listed: str) -> None:
    for per_page in (7, 100, RECORDS, 500):
        assert read_all(services, listed, per_page=per_page) == list(range(RECORDS))


def test_a_window_includes_its_start_and_not_its_end(services: httpx.Client) -> None:
    def between(since: float, until: float) -> list[int]:
        bounds = {"updated_since": minute(since), "updated_before": minute(until)}
        return read_all(services, "applicants", per_page=3, **bounds)

    assert between(1, 3) == list(range(4, 12))
    assert between(1, 2) + between(2, 3) == between(1, 3)
    assert between(3, 1) == []
    toronto = (NOON + dt.timedelta(minutes=1)).astimezone(dt.timezone(dt.timedelta(hours=-5))).isoformat()
    assert read_all(services, "applicants", updated_since=toronto)[0] == 4


def test_a_page_says_where_it_stands(services: httpx.Client) -> None:
    middle = services.get("/kyc/v3/checks", params={"page": 2, "per_page": 100}, headers=KYC_AUTH)
    assert middle.headers["X-Total-Count"] == str(RECORDS)
    assert {relation: link["url"][-6:] for relation, link in middle.links.items()} == {
        "first": "page=1",
        "prev": "page=1",
        "next": "page=3",
        "last": "page=3",
    }
    last = services.get(middle.links["last"]["url"], headers=KYC_AUTH)
    assert len(last.json()["checks"]) == RECORDS - 200
    assert set(last.links) == {"first", "prev"}
    assert "Link" not in services.get("/kyc/v3/checks", params={"per_page": 500}, headers=KYC_AUTH).headers
    beyond = services.get("/kyc/v3/checks", params={"page": 9, "per_page": 100}, headers=KYC_AUTH)
    assert beyond.json() == {"checks": []}


def test_the_default_page_holds_twenty(services: httpx.Client) -> None:
    assert len(services.get("/kyc/v3/checks", headers=KYC_AUTH).json()["checks"]) == 20


@pytest.mark.parametrize(
    "shown", [None, "", "Token token=wrong", "Token token=", "Bearer kyc-secret", "kyc-secret"]
)
def test_a_wrong_token_is_refused_in_the_vendor_s_words(services: httpx.Client, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": shown}
    response = services.get("/kyc/v3/applicants", headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "authorization_error"
    assert "kyc-secret" not in response.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("per_page", "501"),
        ("per_page", "0"),
        ("per_page", "ten"),
        ("page", "-1"),
        ("updated_since", "yesterday"),
        ("updated_before", "2026-11-18T00:00:00"),
    ],
)
def test_a_parameter_out_of_bounds_is_named(services: httpx.Client, name: str, value: str) -> None:
    response = services.get("/kyc/v3/applicants", params={name: value}, headers=KYC_AUTH)
    assert response.status_code == 422
    assert list(response.json()["error"]["fields"]) == [name]


def test_an_unknown_list_is_not_found(services: httpx.Client) -> None:
    response = services.get("/kyc/v3/reports", headers=KYC_AUTH)
    assert (response.status_code, response.json()["error"]["type"]) == (404, "resource_not_found")
