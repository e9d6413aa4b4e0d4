"""The rates service: public, observations of a group by dates, days and series left out where nothing is."""

from __future__ import annotations

import json
from typing import Any

import httpx
import psycopg
import pytest

PATH = "/rates/valet/observations/group/POSTED_RATES/json"
FRIDAY = {"d": "2026-11-13", "POSTED_PRIME": {"v": "4.45"}, "POSTED_GIC_1Y": {"v": "3.40"}}
MONDAY = {"d": "2026-11-16", "POSTED_PRIME": {"v": "4.45"}}


@pytest.fixture(autouse=True)
def observed(vendors: str) -> None:
    with psycopg.connect(vendors) as connection:
        connection.execute("delete from rates.observation")
        for day in (FRIDAY, MONDAY):
            moment = f"{day['d']} 00:00:00-05"
            connection.execute(
                "insert into rates.observation values (%s, %s, %s)", (day["d"], moment, json.dumps(day))
            )


def get(client: httpx.Client, **query: Any) -> httpx.Response:
    return client.get(PATH, params=query)


def test_dates_are_both_included_and_nobody_is_asked_who_they_are(services: httpx.Client) -> None:
    assert get(services).json()["observations"] == [FRIDAY, MONDAY]
    assert get(services, start_date="2026-11-13", end_date="2026-11-13").json()["observations"] == [FRIDAY]
    assert get(services, start_date="2026-11-14", end_date="2026-11-15").json()["observations"] == []
    assert get(services, start_date="2026-11-14").json()["observations"] == [MONDAY]


def test_an_answer_describes_its_series(services: httpx.Client) -> None:
    answer = get(services).json()
    assert list(answer) == ["terms", "groupDetail", "seriesDetail", "observations"]
    assert answer["seriesDetail"]["POSTED_GIC_1Y"]["dimension"] == {"key": "d", "name": "Date"}
    assert list(answer["seriesDetail"]) == ["POSTED_GIC_1Y", "POSTED_PRIME"]


@pytest.mark.parametrize(
    "query", [{"start_date": "yesterday"}, {"start_date": "2026-11-18", "end_date": "2026-11-17"}]
)
def test_dates_that_make_no_sense_are_refused(services: httpx.Client, query: dict[str, str]) -> None:
    response = get(services, **query)
    assert response.status_code == 400
    assert "valet/docs" in response.json()["message"]


def test_an_unknown_group_is_not_found(services: httpx.Client) -> None:
    assert services.get(PATH.replace("POSTED", "FX")).status_code == 404
