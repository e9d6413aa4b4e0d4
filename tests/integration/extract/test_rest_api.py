import json
import logging
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.contracts import CursorPaginator, SourceContract
from include.extract import rest
from include.extract.batch import Window
from include.extract.errors import (
    ContractViolationError,
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from include.extract.patience import Patience
from include.extract.rest import Access
from tests.integration.extract.api import Api, body, cut, person, send, serving, status
from tests.unit.extract.contracts import KEY, PERSON
from tests.unit.extract.contracts import rest as contract

SECRET = "s3cret-of-the-test"
QUICK = Patience(page=5, answer=2, first_wait=0.01, longest_wait=0.05)
SHORT = replace(QUICK, page=0.3)
WINDOW = Window.of("2026-11-18")
CURSOR = CursorPaginator(page_size="per_page", next="next", parameter="cursor")


def read(
    api: Api,
    window: Window = WINDOW,
    patience: Patience = QUICK,
    source: SourceContract | None = None,
) -> list[dict[str, Any]]:
    source = source or contract(CURSOR if api.paging == "cursor" else None)
    batches = rest.extract(source, Access(api.url, SECRET), window, KEY, patience=patience)
    return [row for batch in batches for row in batch.rows.to_pylist()]


@pytest.mark.parametrize("paging", ["link", "cursor"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_every_page_is_read(api: Api, paging: str, count: int) -> None:
    api.paging = paging
    api.people = [person(number) for number in range(count)]
    rows = read(api)
    assert [row["person_id"] for row in rows] == [f"p{number}" for number in range(count)]
    assert [row["_position"] for row in rows] == [f"2026-11-18/{number:010d}" for number in range(count)]
    assert len(api.requests) == max(1, -(-count // 2))


def test_the_secret_travels_in_the_header_the_contract_names(api: Api) -> None:
    api.people = [person(number) for number in range(3)]
    read(api)
    assert {headers["Authorization"] for headers in api.headers} == {f"Token token={SECRET}"}


@pytest.mark.parametrize(
    ("key", "since", "until"),
    [
        ("2026-11-18", "2026-11-18T05:00:00Z", "2026-11-19T05:00:00Z"),
        ("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"),
    ],
)
def test_the_window_asked_for_is_the_business_day_in_utc(api: Api, key: str, since: str, until: str) -> None:
    read(api, Window.of(key))
    ((path, query),) = api.requests
    assert path == "/v1/people"
    assert query == {"since": since, "until": until, "per_page": "2"}


@pytest.mark.parametrize(("few", "requests"), [(2_000, 2), (1, 3)], ids=["few records", "many records"])
def test_history_is_read_in_slices_that_meet_in_one_numbering(
    api: Api, monkeypatch: pytest.MonkeyPatch, few: int, requests: int
) -> None:
    monkeypatch.setattr(rest, "FEW_RECORDS", few)
    api.people = [person(day, f"2026-11-{day}T12:00:00Z") for day in (16, 17, 18)]
    rows = read(api, Window.of("2026-11-18", since=date(2026, 11, 16)))
    assert [(row["person_id"], row["_position"]) for row in rows] == [
        (f"p{16 + number}", f"2026-11-18/{number:010d}") for number in range(3)
    ]
    slices = [(query["since"], query["until"]) for _, query in api.requests]
    assert len(slices) == requests
    assert (slices[0][0], slices[-1][1]) == ("2026-11-16T05:00:00Z", "2026-11-19T05:00:00Z")
    assert all(earlier[1] == later[0] for earlier, later in pairwise(slices))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(
        st.builds(
            person, st.integers(0, 5), st.sampled_from(["2026-11-18T12:00:00Z", "2026-11-18T12:00:01Z"])
        ),
        max_size=6,
    ),
    shuffled=st.randoms(),
)
def test_the_order_of_rows_is_not_the_order_of_pages(api: Api, people: list[str], shuffled: Any) -> None:
    api.people = people
    once = read(api)
    shuffled.shuffle(api.people)
    assert read(api) == once
    assert [row["_committed_at"] for row in once] == sorted(row["_committed_at"] for row in once)


def test_numbers_keep_their_digits(api: Api) -> None:
    api.people = [person(1, score=0).replace('"score": 0', '"score": 1.10')]
    assert read(api)[0]["score"] == "1.10"


def test_a_row_beyond_the_window_belongs_to_another_partition(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    records = [person(1), person(2, "2026-11-19T05:00:00Z"), person(3, "2026-11-18T04:59:59.999999Z")]
    api.faults = [body(f'{{"people": [{", ".join(records)}]}}')]
    with caplog.at_level(logging.WARNING):
        assert [row["person_id"] for row in read(api)] == ["p1"]
    assert "left out 2 records" in caplog.text


@pytest.mark.parametrize("fault", [status(500), status(503), status(429), cut, body("<html>"), body("[]")])
@pytest.mark.parametrize("at", [0, 1])
def test_a_failure_that_passes_is_ridden_out(api: Api, fault: Any, at: int) -> None:
    api.people = [person(number) for number in range(4)]
    api.faults = [lambda handler: Api.answer(replace(api, faults=[], requests=[]), handler)] * at + [
        fault
    ] * 3
    assert len(read(api)) == 4


@pytest.mark.parametrize("fault", [status(500), cut, body("<html>")])
def test_a_failure_that_lasts_names_source_path_reason_and_next_step(api: Api, fault: Any) -> None:
    api.faults = [fault] * 1000
    with pytest.raises(SourceUnavailableError) as error:
        read(api, patience=SHORT)
    said = str(error.value)
    assert said.startswith("people GET /v1/people: ")
    assert "kyc-operations in #kyc" in said
    assert "retries by itself" in said
    assert not SourceUnavailableError.permanent
    assert_discreet(error.value)


def test_the_status_of_a_lasting_failure_is_named(api: Api) -> None:
    api.faults = [status(500)] * 1000
    with pytest.raises(SourceUnavailableError, match=r"answered 500, \d+ times in \d+ seconds"):
        read(api, patience=SHORT)


def test_a_server_that_is_not_there_is_named(api: Api) -> None:
    with pytest.raises(SourceUnavailableError, match=r"people GET /v1/people: connection failed") as error:
        read(replace(api, url="http://127.0.0.1:9"), patience=SHORT)
    assert_discreet(error.value)


def test_a_server_that_says_nothing_is_given_up(api: Api) -> None:
    api.faults = [lambda handler: time.sleep(0.5) or setattr(handler, "close_connection", True)] * 20
    with pytest.raises(SourceUnavailableError, match="ReadTimeout"):
        read(api, patience=replace(SHORT, answer=0.1))


def test_an_extraction_that_takes_too_long_in_all_is_given_up(api: Api) -> None:
    api.people = [person(number) for number in range(20)]
    with pytest.raises(SourceUnavailableError, match="extraction has taken"):
        read(api, patience=replace(QUICK, in_all=0))


@pytest.mark.parametrize(
    "pause", ["1", lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)]
)
def test_the_pause_a_source_asks_for_is_kept(api: Api, pause: Any) -> None:
    api.people = [person(1)]
    api.faults = [status(429, Retry_After=pause if isinstance(pause, str) else pause())]
    started = time.monotonic()
    assert len(read(api)) == 1
    assert 0.9 <= time.monotonic() - started < 4


def test_a_pause_longer_than_our_patience_is_not_begun(api: Api) -> None:
    api.faults = [status(429, Retry_After="3600")]
    with pytest.raises(SourceUnavailableError, match="answered 429"):
        read(api)


@pytest.mark.parametrize(
    ("code", "says"),
    [(401, "connection kyc"), (403, "Renew the secret"), (404, "kyc.yaml"), (302, "answered 302")],
)
def test_a_refusal_is_not_repeated(api: Api, code: int, says: str) -> None:
    api.faults = [status(code, Location=f"{api.url}/elsewhere")] * 2
    source = replace(contract(), name="kyc")
    with pytest.raises(SourceRefusedError, match=says) as error:
        read(api, source=source)
    assert len(api.requests) == 1
    assert SourceRefusedError.permanent
    assert_discreet(error.value)


def test_the_secret_does_not_follow_a_link_to_another_host(api: Api) -> None:
    with serving(Api()) as other:
        link = {"Link": f'<{other.url}/v1/people?page=2>; rel="next"'}
        api.faults = [lambda handler: send(handler, 200, f'{{"people": [{person(1)}]}}', link)]
        with pytest.raises(SourceRefusedError, match="another host"):
            read(api)
        assert other.requests == []


def test_pages_that_go_in_a_circle_are_noticed(api: Api) -> None:
    api.paging = "cursor"
    api.faults = [body(f'{{"people": [{person(1)}], "next": "2"}}')] * 10
    with pytest.raises(ContractViolationError, match="go in a circle"):
        read(api)


@pytest.mark.parametrize(
    ("page", "paging", "says"),
    [
        ('{"persons": []}', "link", "a list of records under 'people'"),
        ('{"people": {}}', "link", "a list of records under 'people'"),
        ('{"people": [1]}', "link", "a list of records under 'people'"),
        ('{"people": []}', "cursor", "the next page's token under 'next'"),
    ],
)
def test_a_page_that_is_not_as_contracted_is_named(api: Api, page: str, paging: str, says: str) -> None:
    api.paging = paging
    api.faults = [body(page)]
    with pytest.raises(ContractViolationError, match=says):
        read(api)


def test_a_dropped_column_stops_the_extraction(api: Api) -> None:
    record = json.loads(person(1))
    del record["name"]
    api.people = [json.dumps(record)]
    with pytest.raises(
        ContractViolationError, match=r"people GET /v1/people does not carry people\.person\.name"
    ):
        read(api)


def test_rows_have_the_schema_that_landing_takes(api: Api) -> None:
    api.people = [person(1)]
    (batch,) = rest.extract(contract(), Access(api.url, SECRET), WINDOW, KEY)
    assert batch.table == "person"
    assert batch.rows.schema.names == [
        *PERSON.column_names,
        "_op",
        "_position",
        "_committed_at",
        "_unchanged",
        "_rescued",
    ]
    assert batch.rows.schema.field("_committed_at").type == pa.timestamp("us")


def assert_discreet(error: SourceError) -> None:
    """Neither the message nor what it was raised from shows the secret or the query."""
    cause: BaseException | None = error
    while cause is not None:
        assert SECRET not in str(cause)
        assert "per_page" not in str(cause)
        cause = cause.__cause__
