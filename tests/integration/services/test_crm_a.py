"""The branches' CRM: tokens, SOQL, pages by locator, deleted records on request; Salesforce's shapes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import SECRETS, grant

DATA = "/crm_a/services/data/v62.0"
COUNT = 450
WINDOW = "SystemModstamp >= 2026-11-18T05:00:00Z AND SystemModstamp < 2026-11-19T05:00:00Z"
SELECT = f"SELECT Id, Email, IsDeleted FROM Contact WHERE {WINDOW} ORDER BY SystemModstamp, Id"


@pytest.fixture
def crm(services: httpx.Client, vendors: str) -> Iterator[httpx.Client]:
    """450 contacts, every tenth deleted, changed four a minute from midnight in Toronto on."""
    rows = [
        (
            f"003{number:04d}",
            f"2026-11-18T{5 + number // 240:02d}:{number // 4 % 60:02d}:00Z",
            {"Id": f"003{number:04d}", "Email": f"p{number}@example.com", "IsDeleted": number % 10 == 0},
        )
        for number in range(COUNT)
    ]
    with psycopg.connect(vendors, autocommit=True) as connection:
        connection.execute("create temp table kept as select * from crm_a.contact")
        connection.execute("truncate crm_a.contact")
        with connection.cursor().copy("copy crm_a.contact from stdin") as copy:
            for row_id, moment, record in rows:
                copy.write_row((row_id, moment, json.dumps(record)))
        services.headers["Authorization"] = f"Bearer {grant(services)}"
        yield services
        connection.execute("truncate crm_a.contact")
        connection.execute("insert into crm_a.contact select * from kept")


def ask(client: httpx.Client, query: str, resource: str = "queryAll", **headers: str) -> httpx.Response:
    return client.get(f"{DATA}/{resource}", params={"q": query}, headers=headers)


def read_all(client: httpx.Client, resource: str) -> list[dict[str, Any]]:
    page = ask(client, SELECT, resource, **{"Sforce-Query-Options": "batchSize=200"}).json()
    records = page["records"]
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json()
        records += page["records"]
    return records


def test_a_token_is_given_for_the_client_s_credentials_alone(services: httpx.Client) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": LOGINS["crm_a"],
        "client_secret": SECRETS["crm_a"],
    }
    answer = services.post("/crm_a/services/oauth2/token", data=form)
    assert answer.status_code == 200
    assert answer.json().keys() == {
        "access_token", "scope", "instance_url", "id", "token_type", "issued_at", "signature"
    }  # fmt: skip
    basic = services.post(
        "/crm_a/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(LOGINS["crm_a"], SECRETS["crm_a"]),
    )
    assert basic.json()["token_type"] == "Bearer"
    for wrong in ({"client_secret": "x"}, {"client_id": "x"}):
        refused = services.post("/crm_a/services/oauth2/token", data={**form, **wrong})
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client")
    other = services.post("/crm_a/services/oauth2/token", data={**form, "grant_type": "password"})
    assert other.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("shown", [None, "Bearer x", "Bearer crm_a-secret", "Basic eA=="])
def test_a_wrong_token_is_an_invalid_session(services: httpx.Client, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": shown}
    answer = ask(services, SELECT, **headers)
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_pages_hold_every_record_once_in_order_and_say_how_many_there_are(crm: httpx.Client) -> None:
    first = ask(crm, SELECT, **{"Sforce-Query-Options": "batchSize=200"}).json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (COUNT, False, 200)
    assert first["nextRecordsUrl"].startswith(f"{DATA}/query/")
    assert first["nextRecordsUrl"].endswith("-200")
    assert first["records"][1] == {
        "attributes": {"type": "Contact", "url": "/services/data/v62.0/sobjects/Contact/0030001"},
        "Id": "0030001",
        "Email": "p1@example.com",
        "IsDeleted": False,
    }
    assert [record["Id"] for record in read_all(crm, "queryAll")] == [
        f"003{number:04d}" for number in range(COUNT)
    ]


def test_deleted_records_come_with_query_all_alone(crm: httpx.Client) -> None:
    assert {record["IsDeleted"] for record in read_all(crm, "queryAll")} == {True, False}
    kept = read_all(crm, "query")
    assert (len(kept), {record["IsDeleted"] for record in kept}) == (COUNT - 45, {False})


def test_a_page_holds_at_most_two_thousand_and_at_least_two_hundred(crm: httpx.Client) -> None:
    assert len(ask(crm, SELECT).json()["records"]) == COUNT
    small = ask(crm, SELECT, **{"Sforce-Query-Options": "batchSize=1"}).json()
    assert len(small["records"]) == 200


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT FROM Contact", "MALFORMED_QUERY"),
        ("DELETE FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contacts", "INVALID_TYPE"),
        ("SELECT Id, Mail FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE SystemModstamp >= '2026-11-18T05:00:00Z'", "INVALID_FIELD"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_in_the_vendor_s_words(
    crm: httpx.Client, query: str, code: str
) -> None:
    answer = ask(crm, query)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_a_locator_that_was_not_given_out_is_refused(crm: httpx.Client) -> None:
    answer = crm.get(f"{DATA}/query/01gD0000002HU6KIAW-2000")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")
