"""Rate limits and the faults that can be switched on."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from include.sandbox.postgres import Postgres
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.settings import LIMITS, LOGINS, RateLimit
from tests.integration.services.conftest import KYC_AUTH, MARKETING_AUTH, grant
from tests.integration.services.test_aml import signed


def basic(user: str, password: str) -> dict[str, str]:
    """HTTP basic authentication."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


PATHS: dict[str, tuple[str, Any]] = {
    "kyc": ("/kyc/v3/applicants", KYC_AUTH),
    "marketing": ("/marketing/rest/v1/subscriptions", MARKETING_AUTH),
    "aml": ("/aml/v1/alerts", lambda: signed("/aml/v1/alerts")),
    "nps": ("/nps/v1/survey_responses.json", basic("nps-secret", "")),
    "rates": ("/rates/valet/observations/group/POSTED_RATES/json", {}),
    "support": (
        "/support/api/v2/incremental/ticket_events.json?start_time=0",
        basic(LOGINS["support"], "support-secret"),
    ),
    "mobile_app": (
        "/mobile_app/api/2/export?start=20261118T17&end=20261118T17",
        basic(LOGINS["mobile_app"], "mobile_app-secret"),
    ),
    "crm_a": ("/crm_a/services/data/v62.0/query?q=SELECT n FROM Contact", {}),
    "crm_b": ("/crm_b/crm/v3/objects/contacts/search", {"Authorization": "Bearer crm_b-secret"}),
    "slack": ("/slack/api/auth.test", {"Authorization": "Bearer xoxb-secret"}),
}
TOKENS: dict[str, str] = {}  # good for any server of these tests: they share their secret


def ask(client: httpx.Client, service: str) -> httpx.Response:
    path, headers = PATHS[service]
    if service == "crm_a":
        if service not in TOKENS:
            TOKENS[service] = grant(client)
        headers = {"Authorization": f"Bearer {TOKENS[service]}"}
    shown = headers() if callable(headers) else headers
    return client.request("POST" if service == "crm_b" else "GET", path, headers=shown)


def test_a_bucket_grants_a_burst_and_then_its_rate() -> None:
    now = 0.0
    bucket = TokenBucket(RateLimit(per_second=0.5, burst=3), clock=lambda: now)
    assert [bucket.take() for _ in range(5)] == [0, 0, 0, 2, 2]
    now = 2.0
    assert [bucket.take(), bucket.take()] == [0, 2]
    now = 3_600.0
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 2]


@pytest.mark.parametrize("text", ["5", "5/", "0/10", "5/0", "fast/10"])
def test_a_limit_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"rate limit '{text}'"):
        RateLimit.parse(text)


@pytest.mark.parametrize("service", list(PATHS))
def test_too_many_requests_are_told_when_to_come_back(
    serve: Callable[..., httpx.Client], service: str
) -> None:
    client = serve(**{service: RateLimit(per_second=1, burst=2)})
    answers = [ask(client, service) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    wait = int(answers[-1].headers["Retry-After"])
    assert wait == 1
    time.sleep(wait)
    assert ask(client, service).status_code == 200


def test_a_refused_caller_spends_nobody_s_allowance(serve: Callable[..., httpx.Client]) -> None:
    client = serve(kyc=RateLimit(per_second=0.001, burst=1))
    for _ in range(3):
        assert client.get("/kyc/v3/applicants").status_code == 401
    assert ask(client, "kyc").status_code == 200


@pytest.mark.parametrize("service", list(PATHS))
def test_errors_come_as_often_as_asked_for_and_to_one_service(services: httpx.Client, service: str) -> None:
    services.put(f"/_faults/{service}", json={"kind": "error", "status": 502, "count": 2}).raise_for_status()
    others = set(PATHS) - {service}
    assert all(ask(services, other).status_code == 200 for other in others)
    assert [ask(services, service).status_code for _ in range(3)] == [502, 502, 200]
    assert services.get("/_faults").json() == dict.fromkeys(PATHS)


def test_errors_have_the_vendor_s_body(services: httpx.Client) -> None:
    for service in PATHS:
        services.put(f"/_faults/{service}", json={"kind": "error", "count": 1})
    assert ask(services, "kyc").json()["error"]["type"] == "internal_server_error"
    assert ask(services, "marketing").json() == {"message": "Internal server error"}
    assert ask(services, "slack").json() == {"ok": False, "error": "internal_error"}


def test_a_fault_for_a_time_ends_by_itself(services: httpx.Client) -> None:
    services.put("/_faults/kyc", json={"kind": "error", "for_seconds": 0.3})
    assert ask(services, "kyc").status_code == 503
    give_up = time.monotonic() + 5
    while ask(services, "kyc").status_code == 503:
        assert time.monotonic() < give_up
    assert services.get("/_faults/kyc").json() is None


def test_a_fault_stays_until_it_is_taken_away(services: httpx.Client) -> None:
    services.put("/_faults/kyc", json={"kind": "rate_limit", "seconds": 7})
    for _ in range(3):
        answer = ask(services, "kyc")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert services.get("/_faults/kyc").json()["kind"] == "rate_limit"
    services.delete("/_faults/kyc")
    assert ask(services, "kyc").status_code == 200


def test_a_cut_connection_ends_in_the_middle_of_the_body(services: httpx.Client) -> None:
    services.put("/_faults/kyc", json={"kind": "cut", "count": 1})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        ask(services, "kyc")
    assert len(ask(services, "kyc").json()["applicants"]) == 20


def test_a_malformed_page_is_whole_http_and_half_json(services: httpx.Client) -> None:
    services.put("/_faults/marketing", json={"kind": "malformed", "count": 1})
    answer = ask(services, "marketing")
    assert answer.status_code == 200
    assert answer.text.startswith('{"data":[')
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_a_slow_answer_is_late_and_right(services: httpx.Client) -> None:
    services.put("/_faults/kyc", json={"kind": "slow", "seconds": 0.4, "count": 1})
    begun = time.monotonic()
    assert ask(services, "kyc").status_code == 200
    assert time.monotonic() - begun >= 0.4
    services.put("/_faults/kyc", json={"kind": "slow", "seconds": 1, "count": 1})
    with pytest.raises(httpx.ReadTimeout):
        services.get("/kyc/v3/applicants", headers=KYC_AUTH, timeout=0.2)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"kind": "explode"}, "kind is one of slow, error, cut, malformed, rate_limit"),
        ({"kind": "slow", "secs": 3}, "unknown: secs"),
        ({"kind": "slow", "seconds": -1}, "seconds must be a number from 0 up"),
        ([], "give a JSON object"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(services: httpx.Client, body: object, reason: str) -> None:
    answer = services.put("/_faults/kyc", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


def test_a_fault_for_an_unknown_service_is_not_found(services: httpx.Client) -> None:
    answer = services.put("/_faults/crm", json={"kind": "slow"})
    assert (answer.status_code, answer.json()["error"]) == (
        404,
        f"no service 'crm'; there are {', '.join(LIMITS)}",
    )


def test_the_services_outlive_their_database(services: httpx.Client, server: Postgres) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute("alter database vendors allow_connections false")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'vendors'")
        try:
            answer = services.get("/health")
            assert (answer.status_code, answer.json()["status"]) == (503, "database unreachable")
        finally:
            connection.execute("alter database vendors allow_connections true")
    assert services.get("/health").json() == {"status": "ok"}
    assert ask(services, "kyc").status_code == 200
