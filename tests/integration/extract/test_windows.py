"""Every way to write a moment and to hold records: the window is cut on our side."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from include.contracts import (
    SinglePaginator,
)
from include.extract.batch import Window
from include.extract.errors import ContractViolationError
from tests.integration.extract.api import Api, body, person, send
from tests.integration.extract.people import ids, page, read, source

NOON = 1_795_021_200  # 2026-11-18 12:00 in Toronto


@pytest.mark.parametrize(
    ("moments", "since", "until"),
    [("unix", "1794978000", "1795064400"), ("date", "2026-11-18", "2026-11-18")],
)
def test_a_window_is_asked_for_as_the_api_writes_moments(
    api: Api, moments: Any, since: str, until: str
) -> None:
    api.faults = [page()]
    read(api, source(moments=moments, paginator=SinglePaginator()))
    assert api.requests[0][1] == {"since": since, "until": until}


def test_a_day_may_be_23_or_25_hours_of_unix_seconds(api: Api) -> None:
    for key, hours in (("2026-03-08", 23), ("2026-11-01", 25)):
        api.faults = [page()]
        read(api, source(moments="unix", paginator=SinglePaginator()), Window.of(key))
        query = api.requests[-1][1]
        assert int(query["until"]) - int(query["since"]) == hours * 3600


@pytest.mark.parametrize(
    ("cursor_type", "value", "inside"),
    [
        ("integer", NOON, True),
        ("integer", NOON + 86_400, False),
        ("date", "2026-11-18", True),
        ("date", "2026-11-19", False),
    ],
)
def test_a_cursor_of_any_form_is_cut_by_the_window(
    api: Api, cursor_type: str, value: Any, inside: bool
) -> None:
    api.faults = [page(person(1, value))]
    rows = read(api, source(cursor_type=cursor_type))
    assert [row["updated_at"] for row in rows] == ([str(value)] if inside else [])


@pytest.mark.parametrize(
    ("cursor_type", "value", "says"),
    [
        ("integer", "soon", "not a whole number of Unix seconds"),
        ("integer", "2026-11-18T12:00:00Z", "not a whole number of Unix seconds"),
        ("integer", 10**20, "not a whole number of Unix seconds"),
        ("date", "18/11/2026", "not a date, YYYY-MM-DD"),
        ("timestamp", "2026-11-18T12:00:00", "not RFC 3339 with an offset"),
        ("timestamp", NOON, "not RFC 3339 with an offset"),
        ("integer", None, "without a value in updated_at"),
    ],
)
def test_a_cursor_that_cannot_be_read_stops_the_extraction(
    api: Api, cursor_type: str, value: Any, says: str
) -> None:
    api.faults = [page(person(1, value))]
    with pytest.raises(ContractViolationError, match=says):
        read(api, source(cursor_type=cursor_type))


def test_a_source_that_corrects_its_past_is_read_some_days_back(api: Api) -> None:
    api.people = [person(day, f"2026-11-{day}T12:00:00Z") for day in (14, 15, 16, 18)]
    rows = read(api, source(lookback_days=3, page_size=10))
    assert ids(rows) == ["p15", "p16", "p18"]
    assert [query["since"] for _, query in api.requests] == ["2026-11-15T05:00:00Z"]
    assert {row["_position"][:10] for row in rows} == {"2026-11-18"}


def test_history_is_read_from_before_its_first_day_where_the_source_is_looked_back_on(api: Api) -> None:
    api.people = [person(10, "2026-11-10T12:00:00Z")]
    window = Window.of("2026-11-18", since=date(2026, 11, 12))
    assert ids(read(api, source(lookback_days=3, page_size=10), window)) == ["p10"]


def test_a_record_of_many_series_is_one_row_for_each(api: Api) -> None:
    series = source(
        paginator=SinglePaginator(),
        moments="date",
        cursor_type="date",
        cursor="updated_at",
        series="person_id",
    )
    day = {"updated_at": "2026-11-18", "A": {"name": "1.10"}, "B": {"name": "2", "note": "new"}}
    api.faults = [body(json.dumps({"people": [day]}))]
    rows = read(api, series)
    assert [(row["person_id"], row["name"], row["_rescued"]) for row in rows] == [
        ("A", "1.10", None),
        ("B", "2", '{"note":"new"}'),
    ]


def test_a_series_that_is_no_object_is_named(api: Api) -> None:
    api.faults = [body('{"people": [{"updated_at": "2026-11-18", "A": 1.10}]}')]
    with pytest.raises(ContractViolationError, match="an object for each series"):
        read(api, source(paginator=SinglePaginator(), cursor_type="date", series="person_id"))


def test_records_deep_in_the_answer_are_found_and_nested_values_kept_as_json(api: Api) -> None:
    record = person(1).replace('"score": null', '"score": {"of": [1.10, 2]}')
    api.faults = [lambda handler: send(handler, 200, f'{{"content": {{"data": [{record}]}}}}')]
    (row,) = read(api, source(records="content.data"))
    assert row["score"] == '{"of":[1.10,2]}'
