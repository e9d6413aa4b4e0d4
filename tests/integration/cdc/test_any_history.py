"""Whatever a source writes, and however it is cut into loads, bronze gives its tables back."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import shake_256

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.extract import cdc
from tests.integration.cdc.lake import Lake, Tries, table

DDL = """
create table item (id int primary key, name text, note text, sin text);
alter table item alter note set storage external, alter sin set storage external;
create table sale (shop int, id int, note text, extra text, primary key (shop, id));
alter table sale alter note set storage external;
"""
ITEM = table("item", "id", "name", "note", "sin", restricted=["sin"])
SALE = table("sale", "shop", "id", "note", key=("shop", "id"))

numbers = st.integers(1, 6)
long_texts = st.integers(0, 9).map(lambda seed: shake_256(bytes([seed])).hexdigest(1500))
texts = st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8) | long_texts
changes = st.one_of(
    st.tuples(
        st.just("insert into item values (%s, %s, %s, %s) on conflict do nothing"),
        st.tuples(numbers, texts, texts, texts),
    ),
    st.tuples(st.just("update item set name = %s where id >= %s"), st.tuples(texts, numbers)),
    st.tuples(st.just("update item set note = %s, sin = %s where id = %s"), st.tuples(texts, texts, numbers)),
    st.tuples(st.just("update item set id = id + 100 where id = %s"), st.tuples(numbers)),
    st.tuples(
        st.just("update item set id = %s where id > 100 and not exists (select from item where id = %s)"),
        numbers.map(lambda number: (number, number)),
    ),
    st.tuples(st.just("delete from item where id = %s"), st.tuples(numbers)),
    st.tuples(
        st.just(
            "insert into sale values (%s, %s, %s, %s) on conflict (shop, id) do update set note = 'again'"
        ),
        st.tuples(numbers, numbers, texts, texts),
    ),
    st.tuples(st.just("update sale set extra = %s where id < %s"), st.tuples(texts, numbers)),
    st.tuples(
        st.just("update sale set shop = shop + 10 where id = %s and shop = %s"), st.tuples(numbers, numbers)
    ),
    st.tuples(st.just("delete from sale where shop > %s"), st.tuples(numbers)),
    st.tuples(st.sampled_from(["truncate item", "truncate sale", "truncate sale, item"]), st.just(())),
)
blocks = st.tuples(
    st.sampled_from(["commit", "commit", "commit", "rollback", "savepoint"]), st.lists(changes, max_size=6)
)
loads = st.sampled_from(["load", "stream", "land without confirming", "read without landing", "new snapshot"])
tries = st.tuples(
    st.just("new snapshot in tries"), st.lists(st.tuples(st.integers(0, 2), blocks), min_size=1, max_size=3)
)
histories = st.lists(
    blocks | st.tuples(loads, st.sampled_from([200, 3000, 1 << 24])) | tries, min_size=2, max_size=14
)


def write(lake: Lake, ending: str, statements: list[tuple[str, tuple[object, ...]]]) -> None:
    with psycopg.connect(lake.dsn) as connection:
        for index, (statement, values) in enumerate(statements):
            try:
                with connection.transaction():
                    connection.execute(statement, values)
                    if ending == "savepoint" and index % 2:
                        raise psycopg.Rollback
            except psycopg.errors.UniqueViolation:
                pass  # the statement was undone: one more rolled back subtransaction
        if ending == "rollback":
            connection.rollback()


def live(lake: Lake, step: str, detail: object) -> None:
    match step:
        case "load":
            lake.load(batch_bytes=detail)
        case "stream":
            lake.load(batch_bytes=detail, stream_bytes=0)
        case "land without confirming":
            lake.land(lake.read(batch_bytes=detail))
        case "read without landing":
            lake.read(batch_bytes=detail)
        case "new snapshot":
            lake.load(batch_bytes=detail, resnapshot=True)
        case "new snapshot in tries":
            staged = Tries()
            for tables, (ending, statements) in detail:
                staged.cut_short(lake, tables, batch_bytes=200, resnapshot=True)
                write(lake, ending, statements)
            lake.land(staged.to_the_end(lake, batch_bytes=200, resnapshot=True))
            cdc.confirm(lake.contract, lake.dsn, lake.after)
        case _:
            write(lake, step, detail)


@pytest.mark.parametrize("identity", ["default", "full"])
def test_rebuilt_tables_equal_the_sources(identity: str, make_lake: Callable[..., Lake]) -> None:
    # With FULL the source publishes whole rows, so the contract has to name every column.
    sale = SALE if identity == "default" else table("sale", "shop", "id", "note", "extra", key=("shop", "id"))
    source = make_lake(
        ITEM,
        sale,
        ddl=f"{DDL} alter table item replica identity {identity};"
        f"alter table sale replica identity {identity}",
    )
    cdc.prepare(source.contract, source.dsn)

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(histories)
    def holds(history: list[tuple[str, object]]) -> None:
        lake = Lake(source.contract, source.dsn)
        lake.run("truncate item, sale")
        lake.load()
        for step, detail in history:
            live(lake, step, detail)
        last = lake.read(truth_seconds=60)
        lake.land(last)
        assert last.truth() == lake.states()
        for name in ("item", "sale"):
            assert lake.rebuilt(name) == lake.actual(name)
            positions = [row["_position"] for row in lake.rows.get(name, [])]
            assert len(positions) == len(set(positions))

    holds()
