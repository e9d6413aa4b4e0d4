"""A column that the contract names ahead of its day, and what happens when the source adds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import psycopg
import pytest

from include.contracts import Table
from include.extract import cdc
from tests.integration.cdc.lake import Lake, hashed, table

DAY = date(2027, 1, 11)
EVE = DAY - timedelta(days=1)
DDL = "create table item (id int primary key, name text)"
ADD = "alter table item add column colour text"


def announced(*columns: str) -> Table:
    """A table of these columns, `colour` announced."""
    whole = table("item", *columns, "colour")
    return replace(whole, columns=(*whole.columns[:-1], replace(whole.columns[-1], announced_for=DAY)))


ITEM = announced("id", "name")


@pytest.fixture
def waiting(make_lake: Callable[..., Lake]) -> Lake:
    """A source that has announced `colour` and does not have it yet, with one row loaded."""
    lake = make_lake(ITEM, ddl=DDL)
    lake.run("insert into item values (1, 'a')")
    cdc.prepare(lake.contract, lake.dsn, day=EVE)
    lake.load()
    return lake


def published_by_name(lake: Lake) -> bool:
    with psycopg.connect(lake.dsn) as connection:
        ((listed,),) = connection.execute(
            "select prattrs is not null from pg_publication_rel where prrelid = 'item'::regclass"
        ).fetchall()
    return bool(listed)


def test_announced_column_may_be_missing_until_its_day(waiting: Lake) -> None:
    (row,) = waiting.rows["item"]
    assert (row["name"], row["colour"]) == ("a", None)
    waiting.run("insert into item values (2, 'b')")
    cdc.prepare(waiting.contract, waiting.dsn, day=EVE)
    assert [row["colour"] for row in waiting.load()["item"]] == [None]
    with pytest.raises(cdc.ContractViolationError, match=r"public\.item has no column colour"):
        cdc.prepare(waiting.contract, waiting.dsn, day=DAY)


def test_column_added_in_the_middle_is_loaded_from_its_first_row_on(waiting: Lake) -> None:
    """Also what was written before anybody could have changed the publication."""
    waiting.run(
        "insert into item values (2, 'before')",
        ADD,
        "insert into item values (3, 'after', 'red')",
        "update item set colour = 'blue' where id = 1",
    )
    cdc.prepare(waiting.contract, waiting.dsn, day=EVE)
    waiting.run("insert into item values (4, 'later', 'green')", "update item set name = 'b' where id = 2")
    extraction = waiting.read(truth_seconds=60)
    rows = sorted(waiting.land(extraction)["item"], key=lambda row: row["_position"])
    assert [(row["id"], row["colour"]) for row in rows] == [
        ("2", None),
        ("3", "red"),
        ("1", "blue"),
        ("4", "green"),
        ("2", None),
    ]
    assert not any(row["_rescued"] for row in rows)
    assert waiting.rebuilt("item") == waiting.actual("item")
    assert waiting.states() == extraction.truth()


def test_publication_waits_with_whole_rows_and_then_names_the_column(waiting: Lake) -> None:
    assert not published_by_name(waiting)
    waiting.run(ADD)
    cdc.prepare(waiting.contract, waiting.dsn, day=DAY)
    assert published_by_name(waiting)


def test_source_agrees_with_bronze_while_the_column_is_missing(waiting: Lake) -> None:
    waiting.run("insert into item values (2, 'b')")
    changes = waiting.read(truth_seconds=60)
    waiting.land(changes)
    assert changes.truth() == waiting.states()
    cdc.prepare(waiting.contract, waiting.dsn, day=EVE, resnapshot=True)
    anew = waiting.read(truth_seconds=60, resnapshot=True)
    waiting.land(anew)
    assert anew.truth() == waiting.states()


def test_columns_nobody_contracted_stay_in_the_source_while_it_waits(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl="create table item (id int primary key, name text, secret text)")
    cdc.prepare(lake.contract, lake.dsn, day=EVE)
    lake.load()
    lake.run("insert into item values (1, 'a', 'not for us')", ADD, "update item set colour = 'red'")
    with pytest.raises(cdc.SnapshotNeededError, match=r"has not carried public\.item\.colour.*resnapshot"):
        cdc.prepare(lake.contract, lake.dsn, day=EVE)
    cdc.prepare(lake.contract, lake.dsn, day=EVE, resnapshot=True)
    lake.load(resnapshot=True)
    assert lake.rebuilt("item") == lake.actual("item")
    assert "not for us" not in str(lake.rows)


def test_column_added_with_a_default_needs_a_snapshot(waiting: Lake) -> None:
    waiting.run(f"{ADD} not null default 'grey'")
    with pytest.raises(
        cdc.SnapshotNeededError, match=r"public\.item\.colour came with a default.*resnapshot"
    ):
        cdc.prepare(waiting.contract, waiting.dsn, day=DAY)
    cdc.prepare(waiting.contract, waiting.dsn, day=DAY, resnapshot=True)
    waiting.load(resnapshot=True)
    assert waiting.rebuilt("item") == waiting.actual("item")
    cdc.prepare(waiting.contract, waiting.dsn, day=DAY)


def test_column_nobody_announced_is_rescued_without_what_looks_like_a_sin(waiting: Lake) -> None:
    waiting.run("alter table item add more text", "insert into item values (2, 'b', '046 454 286')")
    waiting.run("insert into item values (3, 'c', 'plain')")
    rescued = [json.loads(row["_rescued"]) for row in waiting.load()["item"]]
    assert rescued == [{"more": hashed("046454286")}, {"more": "plain"}]
    cdc.prepare(waiting.contract, waiting.dsn, day=EVE)
    assert published_by_name(waiting)
