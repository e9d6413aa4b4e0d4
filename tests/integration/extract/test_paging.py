"""Every way to page: all is read once, and a changed page is not taken for the last."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from include.contracts import (
    ExportPaginator,
    OffsetPaginator,
    PagePaginator,
    Paginator,
)
from include.extract.errors import ContractViolationError, SourceUnavailableError
from tests.integration.extract.api import Api, body, person
from tests.integration.extract.people import ids, page, read, source

OFFSET = OffsetPaginator(page_size="limit", offset="skip", total="meta.total")
PAGES = PagePaginator(page_size="per_page", page="page")
EXPORT = ExportPaginator(page_size="per_page", next="after", parameter="cursor", end="done")


def test_offsets_go_on_until_all_are_read(api: Api) -> None:
    total = {"meta": {"total": 3}}
    api.faults = [page(person(1), person(2), **total), page(person(3), **total)]
    assert ids(read(api, source(paginator=OFFSET))) == ["p1", "p2", "p3"]
    assert [query["skip"] for _, query in api.requests] == ["0", "2"]
    assert {query["limit"] for _, query in api.requests} == {"2"}


def test_a_record_that_leaves_while_offsets_are_read_hides_none_of_the_others(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    four, three = {"meta": {"total": 4}}, {"meta": {"total": 3}}
    api.faults = [
        page(person(1), person(2), **four),
        page(person(4), **three),  # p1 has left, and p3 moved to the first page
        page(person(2), person(3), **three),
        page(person(4), **three),
    ]
    with caplog.at_level(logging.WARNING):
        assert ids(read(api, source(paginator=OFFSET))) == ["p2", "p3", "p4"]
    assert "changed while they were read" in caplog.text


def test_a_source_that_never_rests_is_given_up(api: Api) -> None:
    api.faults = [page(person(1), person(2), meta={"total": number}) for number in range(3, 30)]
    with pytest.raises(SourceUnavailableError, match="changed while they were read, 5 times"):
        read(api, source(paginator=OFFSET))


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
