"""What vendors with a protocol of their own hold arrives, in full and in order, on good and on bad days."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from include.contracts import load_sources
from include.extract import rest
from include.extract.batch import Window
from include.extract.errors import SourceRefusedError, SourceUnavailableError
from include.extract.records import text_of
from include.extract.rest import Access
from tests.integration.extract.vendor import LAST_DAY, QUICK, SHORT, Vendor, at
from tests.integration.services.conftest import SECRETS
from tests.unit.extract.contracts import KEY

NAMES = ("mobile_app", "crm_a", "crm_b")
DAY = Window.of(LAST_DAY.isoformat())
HISTORY = Window.of(LAST_DAY.isoformat(), since=date(2020, 1, 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_record_of_the_window_arrives_once_with_every_contracted_field(
    vendor: Callable[[str], Vendor], name: str
) -> None:
    source = vendor(name)
    read = source.rows(HISTORY)
    for table in load_sources()[name].tables:
        flat = [one for one in table.columns if one.logical_type != "object"]
        held = source.held(table, HISTORY)
        expected = [[text_of(at(record, one.path)) for one in flat] for record in held]
        got = [[row[one.name] for one in flat] for row in read[table.name]]
        assert len(got) > 50, table.name
        assert sorted(got, key=repr) == sorted(expected, key=repr), table.name
        assert [row["_committed_at"] for row in read[table.name]] == sorted(
            row["_committed_at"] for row in read[table.name]
        )
        assert {row["_rescued"] for row in read[table.name]} == {None}, table.name
        positions = [row["_position"] for row in read[table.name]]
        assert all(earlier < later for earlier, later in pairwise(positions))


@pytest.mark.parametrize("name", NAMES)
def test_a_day_read_twice_gives_the_same_rows_at_the_same_positions(
    vendor: Callable[[str], Vendor], name: str
) -> None:
    source = vendor(name)
    once = source.rows(DAY)
    assert any(once.values())
    assert source.rows(DAY) == once


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 500, "count": 3},
        {"kind": "rate_limit", "seconds": 1, "count": 1},
        {"kind": "cut", "count": 2},
        {"kind": "malformed", "count": 2},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_bad_minute_is_ridden_out(
    vendor: Callable[[str], Vendor], name: str, fault: dict[str, Any]
) -> None:
    source = vendor(name)
    expected = source.rows(DAY)
    source.fault(**fault)
    assert source.rows(DAY) == expected


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["error", "cut", "malformed"])
def test_a_bad_day_ends_with_what_to_do_and_without_a_secret(
    vendor: Callable[[str], Vendor], name: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = vendor(name)
    source.fault(kind=kind)
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceUnavailableError) as error:
        source.rows(DAY, SHORT)
    assert load_sources()[name].channel in str(error.value)
    for said in (str(error.value), caplog.text):
        assert SECRETS[name] not in said


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_secret_is_refused_at_once_and_shown_to_nobody(
    vendor: Callable[[str], Vendor], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = vendor(name)
    access = Access(source.access.base_url, "guessed-secret", source.access.login)
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceRefusedError) as error:
        list(rest.extract(load_sources()[name], access, DAY, KEY, patience=QUICK))
    assert f"connection {name}" in str(error.value)
    assert "guessed" not in str(error.value) + caplog.text
