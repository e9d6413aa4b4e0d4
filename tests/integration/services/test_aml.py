"""The anti-money-laundering vendor: signed requests, offset and limit, ComplyAdvantage's errors."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import RECORDS, numbers

MINUTE = 60


def signed(path: str, *, at: float | None = None, key: str = "aml-secret") -> dict[str, str]:
    """The headers of a GET of `path`, query included, as the vendor's documentation has them."""
    moment = str(int(at if at is not None else time.time()))
    signature = hmac.new(key.encode(), f"{moment}GET{path}".encode(), hashlib.sha256).hexdigest()
    return {"X-App-Token": LOGINS["aml"], "X-App-Access-Ts": moment, "X-App-Access-Sig": signature}


def get(client: httpx.Client, listed: str, **query: Any) -> httpx.Response:
    path = f"/aml/v1/{listed}" + (f"?{urlencode(query)}" if query else "")
    return client.get(path, headers=signed(path))


@pytest.mark.parametrize("listed", ["risk-bands", "alerts"])
def test_offsets_read_every_record_once_in_order(services: httpx.Client, listed: str) -> None:
    found: list[int] = []
    total = RECORDS
    while len(found) < total:
        content = get(services, listed, limit=100, offset=len(found)).json()["content"]
        assert (content["limit"], content["offset"]) == (100, len(found))
        total = content["total"]
        found += numbers(content["data"])
    assert found == list(range(RECORDS))


def test_a_window_includes_its_start_and_not_its_end(services: httpx.Client) -> None:
    window = {"updated_from": "2026-11-18T17:01:00Z", "updated_to": "2026-11-18T17:03:00Z"}
    content = get(services, "alerts", **window).json()["content"]
    assert numbers(content["data"]) == list(range(4, 12))
    assert content["total"] == 8


@pytest.mark.parametrize("change", ["token", "secret", "query", "old", "early", "no timestamp", "nothing"])
def test_a_request_that_is_not_signed_as_it_is_sent_is_refused(services: httpx.Client, change: str) -> None:
    path = "/aml/v1/alerts?limit=10"
    headers = signed(path)
    match change:
        case "token":
            headers["X-App-Token"] = "another"
        case "secret":
            headers = signed(path, key="another")
        case "query":
            path = "/aml/v1/alerts?limit=11"
        case "old":
            headers = signed(path, at=time.time() - 5 * MINUTE)
        case "early":
            headers = signed(path, at=time.time() + 5 * MINUTE)
        case "no timestamp":
            del headers["X-App-Access-Ts"]
        case _:
            headers = {}
    response = services.get(path, headers=headers)
    assert response.status_code == 401
    assert response.json()["title"] == "Unauthorized"
    assert "aml-secret" not in response.text


@pytest.mark.parametrize(
    ("name", "value"), [("limit", "501"), ("limit", "0"), ("offset", "-1"), ("updated_from", "yesterday")]
)
def test_a_parameter_out_of_bounds_is_named(services: httpx.Client, name: str, value: str) -> None:
    response = get(services, "alerts", **{name: value})
    assert response.status_code == 400
    assert name in response.json()["detail"]


def test_an_unknown_list_is_not_found(services: httpx.Client) -> None:
    assert get(services, "cases").json() == {
        "title": "Not Found",
        "status": 404,
        "detail": "This resource could not be found",
    }
