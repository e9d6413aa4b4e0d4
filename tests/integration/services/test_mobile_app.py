"""The app's vendor: archives of hours of upload; Amplitude's export."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import httpx
import pytest

from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import RECORDS, SECRETS

EXPORT = "/mobile_app/api/2/export"
AUTH = (LOGINS["mobile_app"], SECRETS["mobile_app"])


def export(client: httpx.Client, start: str, end: str) -> httpx.Response:
    return client.get(EXPORT, params={"start": start, "end": end}, auth=AUTH)


def files(answer: httpx.Response) -> dict[str, list[int]]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {
            name: [json.loads(line)["n"] for line in gzip.decompress(archive.read(name)).splitlines()]
            for name in archive.namelist()
        }


def test_an_archive_holds_the_hours_from_first_to_last(services: httpx.Client) -> None:
    """230 events, four a minute from 17:00 UTC on: 57.5 minutes."""
    answer = export(services, "20261118T16", "20261118T17")
    assert answer.headers["content-type"] == "application/zip"
    assert files(answer) == {"410017/410017_2026-11-18_17#0.json.gz": list(range(RECORDS))}
    assert files(export(services, "20261118T17", "20261118T18")) == files(answer)


def test_hours_without_events_are_not_found(services: httpx.Client) -> None:
    answer = export(services, "20261118T18", "20261118T23")
    assert (answer.status_code, answer.json()["error"]["http_code"]) == (404, 404)


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-11-18", "20261118T23"), ("20261118T05", ""), ("20261118T05", "20261118T04"),
     ("20201118T05", "20261118T04")],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(services: httpx.Client, start: str, end: str) -> None:
    assert export(services, start, end).status_code == 400


@pytest.mark.parametrize("auth", [None, (LOGINS["mobile_app"], "x"), ("x", SECRETS["mobile_app"])])
def test_a_wrong_key_or_secret_is_refused(services: httpx.Client, auth: tuple[str, str] | None) -> None:
    params = {"start": "20261118T16", "end": "20261118T17"}
    assert services.get(EXPORT, params=params, auth=auth).status_code == 401
