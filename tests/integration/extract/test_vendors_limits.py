"""What a vendor's own protocol does to a reader: limits, tokens that run out, pages that move, damage."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from include.contracts import ProtocolRead, SearchProtocol, SourceContract, load_sources
from include.extract import rest
from include.extract.batch import Window
from include.extract.errors import (
    ContractViolationError,
    SourceRefusedError,
    SourceUnavailableError,
)
from include.extract.rest import Access
from tests.integration.extract.api import Answer, Api, body, serving, status
from tests.integration.extract.vendor import LAST_DAY, QUICK, Vendor
from tests.unit.extract.contracts import KEY

DAY = Window.of(LAST_DAY.isoformat())
QUIET = Window.of("2026-12-01")  # no day that the bank has lived
NOON = "2026-12-01T17:00:00.000Z"
CRM_A, CRM_B, APP = (load_sources()[name] for name in ("crm_a", "crm_b", "mobile_app"))


def rows(contract: SourceContract, access: Access, window: Window = DAY) -> list[dict[str, Any]]:
    batches = rest.extract(contract, access, window, KEY, patience=QUICK)
    return [row for batch in batches for row in batch.rows.to_pylist()]


def only(contract: SourceContract, table: str) -> SourceContract:
    return replace(contract, tables=(contract.table(table),))


def showing(most: int) -> SourceContract:
    """The deals of a CRM whose search the contract takes to show so few results."""
    protocol = SearchProtocol(most, "hs_object_id")
    read = replace(CRM_B.read_as(ProtocolRead), protocol=protocol)
    table = CRM_B.table("deal")
    return replace(CRM_B, read=read, tables=(replace(table, read=replace(table.read, page_size=10)),))


def deal(number: int, moment: str = NOON) -> tuple[str, str, dict[str, Any]]:
    properties = {"dealstage": "closedwon", "hs_lastmodifieddate": moment, "hs_object_id": str(number)}
    return str(number), moment, {"id": str(number), "properties": properties, "archived": False}


def test_a_window_with_more_records_than_a_search_shows_is_read_in_parts(
    vendor: Callable[[str], Vendor],
) -> None:
    source = vendor("crm_b")
    stamps = [f"2026-12-01T{5 + number % 19:02d}:{number % 60:02d}:00.000Z" for number in range(95)]
    deals = [deal(number, stamp) for number, stamp in enumerate(stamps)]
    with source.holding("deal", deals):
        read = rows(showing(20), source.access, QUIET)
    assert sorted(int(row["id"]) for row in read) == list(range(95))
    moments = [row["_committed_at"] for row in read]
    assert moments == sorted(moments)


def test_one_moment_with_more_records_than_a_search_shows_is_read_by_number(
    vendor: Callable[[str], Vendor],
) -> None:
    """A mass update, as at the end of a month, gives one moment to all records."""
    source = vendor("crm_b")
    with source.holding("deal", [deal(number) for number in range(7, 104)]):
        assert sorted(int(row["id"]) for row in rows(showing(20), source.access, QUIET)) == list(
            range(7, 104)
        )


def found(total: int, *numbers: int, after: str | None = None) -> Answer:
    page: dict[str, Any] = {"total": total, "results": [deal(number)[2] for number in numbers]}
    if after:
        page["paging"] = {"next": {"after": after, "link": ""}}
    return body(json.dumps(page))


@pytest.fixture
def api() -> Any:
    with serving(Api()) as served:
        yield served


def test_a_window_whose_pages_moved_while_it_was_read_is_read_again(api: Api) -> None:
    """A deal of the first page was changed meanwhile, so the second begins one deal too late."""
    moved = [found(3, 1, 2, after="2"), found(2)]
    api.faults = [*moved, found(2, 2, 3)]
    read = rows(only(CRM_B, "deal"), Access(api.url, "s"), QUIET)
    assert [row["id"] for row in read] == ["2", "3"]


def test_a_window_that_never_comes_to_rest_is_given_up(api: Api) -> None:
    api.faults = [found(3, 1)] * 5
    with pytest.raises(SourceUnavailableError, match="records changed each of 5 times"):
        rows(only(CRM_B, "deal"), Access(api.url, "s"), QUIET)


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ({"results": []}, "the number of all results under 'total'"),
        ({"total": 1}, "a list of records under 'results'"),
        ({"total": 1, "results": [], "paging": {"next": {}}}, "under 'paging.next.after'"),
        ({"total": 2, "results": [], "paging": {"next": {"after": "5"}}}, "go in a circle"),
    ],
)
def test_a_search_that_is_not_as_published_is_named(api: Api, page: dict[str, Any], says: str) -> None:
    api.faults = [body(json.dumps(page))]
    with pytest.raises(ContractViolationError, match=says) as error:
        rows(only(CRM_B, "deal"), Access(api.url, "s"), QUIET)
    assert "crm_b POST /crm/v3/objects/deals/search" in str(error.value)


TOKEN = body('{"access_token": "first-token", "token_type": "Bearer"}')


def objects(*records: dict[str, Any], following: str | None = None) -> Answer:
    page: dict[str, Any] = {"totalSize": len(records), "done": following is None, "records": list(records)}
    return body(json.dumps(page if following is None else {**page, "nextRecordsUrl": following}))


def test_a_token_that_runs_out_is_renewed_once_and_the_reading_goes_on(
    vendor: Callable[[str], Vendor],
) -> None:
    source = vendor("crm_a")
    expected = source.rows(DAY)
    read: dict[str, list[dict[str, Any]]] = {table.name: [] for table in CRM_A.tables}
    batches = source.batches(Window.of(LAST_DAY.isoformat(), since=LAST_DAY - timedelta(days=2)))
    first = next(batches)
    source.fault(kind="error", status=401, count=1)
    for batch in (first, *batches):
        read[batch.table] += batch.rows.to_pylist()
    for table, wanted in expected.items():
        got = {row["id"] for row in read[table]}
        assert {row["id"] for row in wanted} <= got, table


def test_a_new_token_that_is_refused_too_is_not_bought_again(api: Api) -> None:
    api.faults = [TOKEN, status(401), TOKEN, status(401)]
    with pytest.raises(SourceRefusedError, match="answered 401") as error:
        rows(CRM_A, Access(api.url, "s3cret", "client"))
    assert "first-token" not in str(error.value)
    assert "s3cret" not in str(error.value)
    assert len(api.requests) <= 4


def test_a_day_s_calls_that_are_used_up_are_told_from_a_secret_that_is_refused(
    vendor: Callable[[str], Vendor],
) -> None:
    source = vendor("crm_a")
    batches = source.batches(Window.of(LAST_DAY.isoformat(), since=LAST_DAY - timedelta(days=2)))
    next(batches)
    source.fault(kind="error", status=403, count=1)  # asked at once again, it would go on
    with pytest.raises(
        SourceUnavailableError, match=r"answered 403, REQUEST_LIMIT_EXCEEDED.*used up"
    ) as error:
        list(batches)
    assert not error.value.permanent
    assert "Renew the secret" not in str(error.value)
    assert f"{CRM_A.owner} in {CRM_A.channel}" in str(error.value)


@pytest.mark.parametrize(
    "text",
    ['[{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]', "[]", "{}", '["x"]', "<html>", "null", "7"],
)
def test_any_other_403_is_about_the_secret(api: Api, text: str) -> None:
    api.faults = [TOKEN, body(text, 403)]
    with pytest.raises(
        SourceRefusedError, match=r"answered 403.*Renew the secret: password of connection crm_a"
    ):
        rows(CRM_A, Access(api.url, "s3cret", "client"))


def test_the_next_page_is_asked_of_the_same_host_and_no_other(api: Api) -> None:
    with serving(Api()) as other:
        api.faults = [TOKEN, objects(following=f"{other.url}/services/data/v62.0/query/01g-2000")]
        with pytest.raises(SourceRefusedError, match="another host"):
            rows(CRM_A, Access(api.url, "s", "client"))
        assert other.requests == []


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ({"done": True}, "a list of records under 'records'"),
        ({"records": []}, "the end under 'done'"),
        ({"records": [], "done": False}, "the next page under 'nextRecordsUrl'"),
    ],
)
def test_an_answer_to_a_query_that_is_not_as_published_is_named(
    api: Api, page: dict[str, Any], says: str
) -> None:
    api.faults = [TOKEN, body(json.dumps(page))]
    with pytest.raises(ContractViolationError, match=says):
        rows(CRM_A, Access(api.url, "s", "client"))


def test_deleted_records_arrive_marked(vendor: Callable[[str], Vendor]) -> None:
    source = vendor("crm_a")
    contact = {
        "Id": "003X",
        "LastName": "Gone",
        "IsDeleted": True,
        "CreatedDate": NOON,
        "SystemModstamp": NOON,
    }
    names = [column.name_at_source for column in CRM_A.table("contact").columns]
    with source.holding("contact", [("003X", NOON, dict.fromkeys(names) | contact)]):
        (row,) = source.rows(QUIET)["contact"]
    assert (row["id"], row["is_deleted"]) == ("003X", "true")


def archive(*lines: str, name: str = "1/1_2026-12-01_17#0.json.gz") -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        made.writestr(name, gzip.compress("".join(f"{line}\n" for line in lines).encode()))
    return whole.getvalue()


def sent(content: bytes) -> Answer:
    def answer(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def event(**more: Any) -> str:
    needed = {column.name_at_source: "x" for column in APP.table("event").columns if column.required}
    moments = {"event_time": "2026-11-29 03:00:00.000000", "server_upload_time": "2026-12-01 05:00:00.500000"}
    return json.dumps({**needed, **moments, **more})


def test_a_late_event_is_in_the_partition_of_its_upload_with_its_own_time_beside(api: Api) -> None:
    api.faults = [sent(archive(event())), *[status(404)] * 30]
    (row,) = rows(APP, Access(api.url, "s", "key"), QUIET)
    assert row["event_time"] == "2026-11-29 03:00:00.000000"
    assert row["_committed_at"].isoformat() == "2026-12-01T05:00:00.500000"


def test_hours_in_which_nothing_was_uploaded_are_empty_and_no_error(vendor: Callable[[str], Vendor]) -> None:
    assert vendor("mobile_app").rows(QUIET) == {"event": []}


@pytest.mark.parametrize(
    ("key", "first", "last", "hours"),
    [
        ("2026-11-18", "20261118T05", "20261119T04", 24),
        ("2026-03-08", "20260308T05", "20260309T03", 23),
        ("2026-11-01", "20261101T04", "20261102T04", 25),
    ],
)
def test_the_hours_asked_for_make_up_the_business_day_whatever_the_clocks_do(
    api: Api, key: str, first: str, last: str, hours: int
) -> None:
    api.faults = [status(404)] * 40
    rows(APP, Access(api.url, "s", "key"), Window.of(key))
    asked = [(query["start"], query["end"]) for _, query in api.requests]
    assert (asked[0][0], asked[-1][1]) == (first, last)
    covered = [hour for start, end in asked for hour in every_hour(start, end)]
    assert len(covered) == len(set(covered)) == hours


def every_hour(first: str, last: str) -> list[str]:
    start, end = (datetime.strptime(f"{text}+0000", "%Y%m%dT%H%z") for text in (first, last))
    count = (end - start) // timedelta(hours=1) + 1
    return [str(start + timedelta(hours=number)) for number in range(count)]


@pytest.mark.parametrize(
    "damage", [b"", b"PK", lambda whole: whole[:-30], lambda whole: whole[:40] + b"\0" + whole[41:]]
)
def test_a_damaged_archive_is_asked_for_again(api: Api, damage: Any) -> None:
    whole = archive(event())
    api.faults = [sent(damage(whole) if callable(damage) else damage), sent(whole), *[status(404)] * 30]
    assert len(rows(APP, Access(api.url, "s", "key"), QUIET)) == 1


@pytest.mark.parametrize("line", ["{not json", "[1]", '"text"'])
def test_a_line_that_is_no_record_is_named_by_file_and_number(api: Api, line: str) -> None:
    api.faults = [sent(archive(event(), line))]
    with pytest.raises(ContractViolationError, match=r"line 2 of 1/1_2026-12-01_17#0\.json\.gz") as error:
        rows(APP, Access(api.url, "s", "key"), QUIET)
    assert "#mobile-banking" in str(error.value)
