"""An idle source moves on all the same: by a row of ours in a table of ours, which goes no further."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from include.extract.cdc.messages import Relation
from include.extract.errors import SourceRefusedError
from tests.integration.cdc.lake import ITEM, ITEM_DDL, Lake, Row

HEARTBEAT = "governed_analytics.heartbeat"


def ask(lake: Lake, query: str, *values: object) -> list[tuple[object, ...]]:
    with psycopg.connect(lake.dsn) as connection:
        return connection.execute(query, values).fetchall()


@pytest.fixture
def limited(make_lake: Callable[..., Lake]) -> Iterator[tuple[Lake, Lake]]:
    """A source by a role that owns what is contracted and may make no schema; and by its administrator."""
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    role = lake.contract.read_as(CdcRead).slot
    lake.run(
        f"create role {role} login replication password 'pw'",
        f"alter table item owner to {role}",
        "create publication shop_changes",
        f"alter publication shop_changes owner to {role}",
    )
    yield Lake(lake.contract, psycopg.conninfo.make_conninfo(lake.dsn, user=role, password="pw")), lake
    lake.run(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots "
        "where database = current_database()",
        f"drop owned by {role} cascade",
        f"drop role {role}",
    )


def test_each_drain_beats_and_its_row_goes_no_further(shop: Lake) -> None:
    ((first,),) = ask(shop, f"select beat_at from {HEARTBEAT}") or [(None,)]
    landed: dict[str, list[Row]] = shop.land(shop.read())
    ((slot, second),) = ask(shop, f"select slot, beat_at from {HEARTBEAT}")
    assert slot == shop.contract.read_as(CdcRead).slot
    assert first != second
    # It was in the stream: without it an idle source would have shown no transaction at all.
    described = ask(
        shop,
        "select data from pg_logical_slot_peek_binary_changes(%s, null, null, 'proto_version', '1', "
        "'publication_names', 'shop_changes') where get_byte(data, 0) = ascii('R')",
        slot,
    )
    assert HEARTBEAT in {Relation.parse(message).name for (message,) in described}
    assert landed == {}
    assert shop.batches == []


def test_slot_of_an_idle_source_passes_what_the_rest_of_the_server_writes(
    shop: Lake, make_lake: Callable[..., Lake]
) -> None:
    busy = make_lake(ITEM, ddl="create table other (id int)")
    held = (
        "select pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) from pg_replication_slots "
        "where slot_name = %s"
    )
    slot = shop.contract.read_as(CdcRead).slot
    # A checkpoint notes which transactions run, as the background writer does every 15 s. Slots need it.
    busy.run("insert into other select generate_series(1, 20000)", "checkpoint")
    ((before,),) = ask(shop, held, slot)
    for _ in range(2):
        assert shop.load() == {}
        busy.run("checkpoint")
    assert shop.load() == {}
    ((after,),) = ask(shop, held, slot)
    assert before > 1_000_000 > after


def test_role_that_may_not_make_the_table_is_told_what_to_run_and_it_is_enough(
    limited: tuple[Lake, Lake],
) -> None:
    lake, administrator = limited
    with pytest.raises(SourceRefusedError, match=r"shop: role shop_\d+ may not make table") as caught:
        cdc.prepare(lake.contract, lake.dsn)
    assert HEARTBEAT in str(caught.value)
    _, statements = str(caught.value).split(" run\n")
    administrator.run(statements, statements)  # can be repeated
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id) values (1)")
    lake.load()
    lake.run("insert into item (id) values (2)")
    lake.load()
    assert [row["id"] for row in lake.rows["item"]] == ["1", "2"]
