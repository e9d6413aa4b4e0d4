"""Every way to show who asks, to page and to write a moment, each by a small contract of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from include.contracts import (
    Auth,
    BasicAuth,
    ExportPaginator,
    OAuthAuth,
    OffsetPaginator,
    OpenAuth,
    PagePaginator,
    Paginator,
    RestRead,
    RestTableRead,
    SignedAuth,
    SinglePaginator,
    SourceContract,
)
from include.extract import rest
from include.extract.batch import Window
from include.extract.errors import ContractViolationError, SourceRefusedError
from include.extract.patience import Patience
from include.extract.rest import Access, access
from tests.integration.extract.api import Answer, Api, body, cut, person, send, serving, status
from tests.unit.extract.contracts import KEY, PERSON
from tests.unit.extract.contracts import rest as contract

ACCESS = Access("", "s3cret-of-the-test", "who-asks")
QUICK = Patience(page=5, answer=2, first_wait=0.01, longest_wait=0.05)
WINDOW = Window.of("2026-11-18")
SIGNED = SignedAuth("X-Token", "X-Ts", "X-Sig")
OAUTH = OAuthAuth("/oauth/token")
NOON = 1_795_021_200  # 2026-11-18 12:00 in Toronto


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as served:
        yield served


def source(
    auth: Auth | None = None, paginator: Paginator | None = None, *, cursor_type: str = "string", **read: Any
) -> SourceContract:
    """`people`, by header and link unless told otherwise."""
    table_read = replace(PERSON.read_as(RestTableRead), **read)
    columns = tuple(
        replace(column, logical_type=cursor_type) if column.name == table_read.cursor else column
        for column in PERSON.columns
    )
    made = contract(None, replace(PERSON, read=table_read, columns=columns))
    facts = made.read_as(RestRead)
    return replace(made, read=RestRead(auth or facts.auth, paginator or facts.paginator))


def read(api: Api, by: SourceContract, window: Window = WINDOW) -> list[dict[str, Any]]:
    batches = rest.extract(by, replace(ACCESS, base_url=api.url), window, KEY, patience=QUICK)
    return [row for batch in batches for row in batch.rows.to_pylist()]


def page(*people: str, **facts: Any) -> Answer:
    more = "".join(f", {json.dumps(name)}: {json.dumps(value)}" for name, value in facts.items())
    return body(f'{{"people": [{", ".join(people)}]{more}}}')


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["person_id"] for row in rows]


# Who asks


@pytest.mark.parametrize(
    ("user", "shown"), [("login", "who-asks:s3cret-of-the-test"), ("secret", "s3cret-of-the-test:")]
)
def test_basic_authentication_shows_login_and_secret_or_the_secret_alone(
    api: Api, user: Any, shown: str
) -> None:
    read(api, source(BasicAuth(user)))
    assert api.headers[0]["Authorization"] == f"Basic {base64.b64encode(shown.encode()).decode()}"


def test_a_public_api_is_shown_nothing(api: Api) -> None:
    read(api, source(OpenAuth()))
    assert "Authorization" not in api.headers[0]


def test_each_attempt_is_signed_at_its_own_moment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(1000)
    monkeypatch.setattr(access.time, "time", lambda: next(seconds))
    api.faults = [status(503), cut]
    paths = []
    answer = api.answer
    api.answer = lambda handler: (paths.append(handler.path), answer(handler))[1]  # type: ignore[method-assign, assignment, func-returns-value]
    read(api, source(SIGNED))
    assert len({headers["X-Ts"] for headers in api.headers}) == len(api.headers) == 3
    for path, headers in zip(paths, api.headers, strict=True):
        message = f"{headers['X-Ts']}GET{path}".encode()
        expected = hmac.new(ACCESS.secret.encode(), message, hashlib.sha256).hexdigest()
        assert (headers["X-Token"], headers["X-Sig"]) == ("who-asks", expected)
        assert ACCESS.secret not in str(headers) + path


def token(value: str) -> Answer:
    return body(json.dumps({"access_token": value, "expires_in": 3600}))


def test_a_token_is_bought_once_for_all_pages(api: Api) -> None:
    api.faults = [token("t1")]
    api.people = [person(number) for number in range(5)]
    assert len(read(api, source(OAUTH))) == 5
    assert [path for path, _ in api.requests] == ["/oauth/token", *["/v1/people"] * 3]
    assert {headers.get("Authorization") for headers in api.headers[1:]} == {"Bearer t1"}


def test_a_token_that_ran_out_is_bought_again(api: Api) -> None:
    api.people = [person(number) for number in range(4)]
    first = lambda handler: Api.answer(replace(api, faults=[], requests=[], headers=[]), handler)  # noqa: E731
    api.faults = [token("t1"), first, status(401), token("t2")]
    assert len(read(api, source(OAUTH))) == 4
    shown = [headers.get("Authorization") for headers in api.headers]
    assert shown == [None, "Bearer t1", "Bearer t1", None, "Bearer t2"]


def test_a_token_that_never_worked_is_not_bought_again(api: Api) -> None:
    api.faults = [token("t1"), status(401)]
    with pytest.raises(SourceRefusedError, match="answered 401"):
        read(api, source(OAUTH))
    assert len(api.requests) == 2


def test_credentials_that_buy_no_token_are_refused_without_being_told(api: Api) -> None:
    api.faults = [status(401)]
    with pytest.raises(SourceRefusedError, match=r"people POST /oauth/token: answered 401") as refused:
        read(api, source(OAUTH))
    assert ACCESS.secret not in str(refused.value)
    api.faults = [body("{}")]
    with pytest.raises(SourceRefusedError, match="answered without a token"):
        read(api, source(OAUTH))


def test_buying_a_token_rides_out_a_bad_minute(api: Api) -> None:
    api.faults = [status(503), cut, body("<html>"), token("t1")]
    api.people = [person(1)]
    assert len(read(api, source(OAUTH))) == 1


def test_access_is_not_shown_when_printed() -> None:
    assert "s3cret" not in repr(ACCESS)
    assert "who-asks" not in repr(ACCESS)


# Pages

OFFSET = OffsetPaginator(page_size="limit", offset="skip", total="meta.total")
PAGES = PagePaginator(page_size="per_page", page="page")
EXPORT = ExportPaginator(page_size="per_page", next="after", parameter="cursor", end="done")


def test_offsets_go_on_until_all_are_read(api: Api) -> None:
    total = {"meta": {"total": 3}}
    api.faults = [page(person(1), person(2), **total), page(person(3), **total)]
    assert ids(read(api, source(paginator=OFFSET))) == ["p1", "p2", "p3"]
    assert [query["skip"] for _, query in api.requests] == ["0", "2"]
    assert {query["limit"] for _, query in api.requests} == {"2"}


def test_numbered_pages_go_on_to_the_first_empty_one_although_a_source_caps_their_size(api: Api) -> None:
    api.faults = [body(f"[{person(1)}]"), body(f"[{person(2)}]"), body("[]")]
    assert ids(read(api, source(paginator=PAGES, records="$"))) == ["p1", "p2"]
    assert [query["page"] for _, query in api.requests] == ["1", "2", "3"]


def test_an_answer_that_is_no_list_where_one_is_promised_is_asked_for_again(api: Api) -> None:
    api.faults = [body("{}"), body(f"[{person(1)}]"), body("[]")]
    assert ids(read(api, source(paginator=PAGES, records="$"))) == ["p1"]


def test_an_export_is_read_up_to_the_first_record_beyond_the_window(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    later = person(3, "2026-11-19T05:00:00Z")
    api.faults = [
        page(person(1), person(2), after="c1", done=False),
        page(later, after="c2", done=False),
        page(person(9, "2026-11-20T05:00:00Z"), after="c3", done=True),
    ]
    with caplog.at_level(logging.WARNING):
        assert ids(read(api, source(paginator=EXPORT, until=""))) == ["p1", "p2"]
    assert "left out 1 records" in caplog.text
    assert [sorted(query) for _, query in api.requests] == [["per_page", "since"], ["cursor", "per_page"]]
    assert api.requests[1][1]["cursor"] == "c1"


def test_what_an_export_repeats_is_read_once(api: Api) -> None:
    again = person(2)
    api.faults = [
        page(person(1), again, after="c1", done=False),
        page(again, person(2, name="Bo"), after="c2", done=True),
    ]
    rows = read(api, source(paginator=EXPORT, until=""))
    assert [(row["person_id"], row["name"]) for row in rows] == [("p1", "Ann"), ("p2", "Ann"), ("p2", "Bo")]


def test_an_export_out_of_order_could_hide_records_and_is_refused(api: Api) -> None:
    api.faults = [
        page(person(1, "2026-11-18T13:00:00Z"), after="c1", done=False),
        page(person(2, "2026-11-18T12:00:00Z"), after="c2", done=True),
    ]
    with pytest.raises(ContractViolationError, match="the pages are not in the order of updated_at"):
        read(api, source(paginator=EXPORT, until=""))


@pytest.mark.parametrize(
    ("paginator", "facts", "says"),
    [
        (OFFSET, {}, "the number of all records under 'meta.total'"),
        (OFFSET, {"meta": {"total": "many"}}, "the number of all records under 'meta.total'"),
        (EXPORT, {"after": "c1"}, "true or false under 'done'"),
        (EXPORT, {"after": "c1", "done": "no"}, "true or false under 'done'"),
        (EXPORT, {"done": False}, "the place to go on from under 'after'"),
        (EXPORT, {"done": False, "after": None}, "the place to go on from under 'after'"),
    ],
)
def test_a_page_whose_paging_changed_is_not_taken_for_the_last(
    api: Api, paginator: Paginator, facts: dict[str, Any], says: str
) -> None:
    api.faults = [page(person(1), **facts)]
    with pytest.raises(ContractViolationError, match=says):
        read(api, source(paginator=paginator))


def test_an_export_that_does_not_move_on_goes_in_a_circle(api: Api) -> None:
    api.faults = [page(person(1), after="c1", done=False)] * 5
    with pytest.raises(ContractViolationError, match="go in a circle"):
        read(api, source(paginator=EXPORT, until=""))


# Moments and records


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
