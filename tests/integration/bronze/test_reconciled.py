"""Bronze is held against its sources, and a day that is backfilled is the day it was, proven by hash.

The tests of this file are one story and run in their order: each starts from the bronze that the one before
left.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from include.contracts import SourceContract, load_sources
from include.landing.manifest import LandingError
from tests.integration.bronze.runs import ask
from tests.integration.bronze.runs import run as whole_run
from tests.integration.bronze.world import LAST_DAY, World

SOURCES = load_sources()
CORE = SOURCES["core_banking"]
FIRST = LAST_DAY.isoformat()


def run(contract: SourceContract, key: str, **how: Any) -> dict[str, int]:
    """A run without the checkpoint, which is another story."""
    return whole_run(contract, key, checkpoint=False, **how)


def checksums(contract: SourceContract, key: str) -> list[tuple[str, int, int]]:
    """What the newest audit of each table's partition found: rows and checksum."""
    return ask(
        "select table_name, bronze_rows, bronze_checksum from raw_control.reconciliation "
        f"where source = '{contract.name}' and partition = '{key}'::date "
        "qualify row_number() over (partition by table_name order by checked_at desc) = 1 order by 1"
    )


def test_a_database_and_what_bronze_adds_up_to_are_the_same_to_the_row(world: World) -> None:
    run(CORE, FIRST)
    # Values of every awkward kind, and rows that come, change and go.
    with psycopg.connect(world.places.core_dsn, autocommit=True) as core:
        core.execute(
            "update party set legal_name = 'Zoë \U0001f600 -''1''', email = null where party_id = "
            "(select min(party_id) from party)"
        )
        core.execute(
            "delete from posted_transaction where txn_id = (select max(txn_id) from posted_transaction)"
        )
    key = world.live()
    run(CORE, key)
    figures = ask(
        "select source_rows, source_checksum, state_rows, state_checksum, difference, extracted_rows, "
        "staged_rows, ledger_rows, bronze_rows from raw_control.reconciliation "
        f"where source = 'core_banking' and partition = '{key}'::date"
    )
    assert len(figures) == len(CORE.tables)
    for source_rows, source_sum, state_rows, state_sum, difference, *counts in figures:
        assert difference is None
        assert (source_rows, source_sum) == (state_rows, state_sum)
        assert source_rows > 0 or source_sum == 0
        assert len(set(counts)) == 1


def test_large_values_that_were_left_out_count_as_sent_before(world: World) -> None:
    with psycopg.connect(world.places.core_dsn, autocommit=True) as core:
        core.execute("alter table posted_transaction alter column description set storage external")
        newest = "where txn_id = (select max(txn_id) from posted_transaction)"
        core.execute(f"update posted_transaction set description = repeat('x', 20000) {newest}")
        core.execute(f"update posted_transaction set status = status {newest}")
    run(CORE, world.live())
    assert ask(
        "select count(*) > 0 from raw_core_banking.posted_transaction where _unchanged is not null"
    ) == [(True,)]


def test_a_difference_from_the_source_fails_the_audit_and_goes_on_record(world: World) -> None:
    key = world.live()
    changed = "where account_id = (select min(account_id) from raw_core_banking.account)"
    ((product,),) = ask(f"select distinct product_code from raw_core_banking.account {changed}")
    ask(f"update raw_core_banking.account set product_code = 'another' {changed}")
    with pytest.raises(
        LandingError, match=r"account adds up to \d+ rows as the source has, but not to the same content"
    ):
        run(CORE, key)
    ((told,),) = ask(
        "select difference from raw_control.reconciliation where source = 'core_banking' and difference "
        "is not null"
    )
    assert "not to the same content" in told
    ask(f"update raw_core_banking.account set product_code = '{product}' {changed}")
    run(CORE, key)


def test_the_ledger_says_of_each_load_what_it_was(world: World) -> None:  # noqa: ARG001
    run(SOURCES["kyc"], FIRST)
    for columns in ask(
        "select file, file_sha256, sha256, file_byte_count, first_position, last_position, contract_version, "
        "code_version, run_id, extracted_at <= staged_at and staged_at <= loaded_at "
        "from raw_control.load_ledger where row_count > 0"
    ):
        assert all(columns)
        assert len(columns[1]) == len(columns[2]) == 64


@pytest.mark.parametrize(("name", "days"), [("kyc", 0), ("drop_account_reviews", 20)])
def test_a_backfill_reads_an_api_and_an_archived_file_again_to_the_same_hash(
    world: World,  # noqa: ARG001
    name: str,
    days: int,
) -> None:
    contract, key, since = SOURCES[name], FIRST, LAST_DAY - timedelta(days=days)
    run(contract, key, since=since)
    before = checksums(contract, key)
    assert sum(rows for _, rows, _ in before) > 0
    run(contract, key, since=since, run_id="backfill__1")
    assert checksums(contract, key) == before
    # The whole day is gone from bronze and ledger: the source gives it again, and it is what it was.
    for table in contract.tables:
        ask(f"delete from {contract.schema}.{table.name} where _partition = '{key}'::date")
    ask(f"delete from raw_control.load_ledger where source = '{name}' and partition = '{key}'::date")
    run(contract, key, since=since, run_id="backfill__2")
    assert checksums(contract, key) == before


def test_a_backfill_of_changes_puts_back_what_bronze_lost_to_the_same_hash(
    world: World,  # noqa: ARG001
) -> None:
    before = checksums(CORE, FIRST)
    assert {table: rows for table, rows, _ in before}["posted_transaction"] > 10
    assert not any(run(CORE, FIRST, run_id="backfill__1").values())
    assert checksums(CORE, FIRST) == before
    # Some rows of one table, and all of another.
    lost = f"_partition = '{FIRST}'::date and mod(txn_id::number, 3) = 0"
    ((some,),) = ask(f"select count(*) from raw_core_banking.posted_transaction where {lost}")
    ask(f"delete from raw_core_banking.posted_transaction where {lost}")
    ask(f"delete from raw_core_banking.party where _partition = '{FIRST}'::date")
    added = run(CORE, FIRST, run_id="backfill__2")
    assert added["posted_transaction"] == some
    assert added["party"] == {table: rows for table, rows, _ in before}["party"]
    assert checksums(CORE, FIRST) == before


def test_a_row_of_a_loaded_day_that_someone_changed_is_noticed(world: World) -> None:  # noqa: ARG001
    change = (
        "update raw_core_banking.party set email = {} where _partition = '{}'::date "
        "and _position = (select min(_position) from raw_core_banking.party)"
    )
    ((email,),) = ask(
        "select email from raw_core_banking.party qualify row_number() over (order by _position) = 1"
    )
    ask(change.format("'someone@example.org'", FIRST))
    with pytest.raises(LandingError, match="party says something else than when run backfill__2 audited it"):
        run(CORE, FIRST, run_id="backfill__3")
    ask(change.format(f"'{email}'" if email else "null", FIRST))
    run(CORE, FIRST, run_id="backfill__4")


def kept() -> set[str]:
    return {str(name).partition("/")[2] for name, *_ in ask("list @raw_core_banking.landing")}


def test_landed_files_of_changes_stay_on_the_stage_until_they_are_old(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = "select file from raw_control.load_ledger where source = 'core_banking' and row_count > 0"
    assert kept() == {file for (file,) in ask(ledger)}
    monkeypatch.setenv("GOVERNED_ANALYTICS_KEEP_LANDED_DAYS", "1")
    key = world.live()
    run(CORE, key)
    recent = ask(f"{ledger} and partition >= dateadd(day, -1, '{key}'::date)")
    assert kept() == {file for (file,) in recent}
    assert {file.split("/")[1] for file in kept()} == {key, (world.day - timedelta(days=1)).isoformat()}
    monkeypatch.setenv("GOVERNED_ANALYTICS_KEEP_LANDED_DAYS", "0")
    run(CORE, key)
    assert not {file for file in kept() if f"/{key}/" in file}


def test_a_day_whose_files_are_gone_says_how_to_get_it_back(world: World) -> None:  # noqa: ARG001
    ask("remove @raw_core_banking.landing")
    ask(f"delete from raw_core_banking.party where _partition = '{FIRST}'::date")
    with pytest.raises(LandingError, match=r"raw_core_banking\.party lacks rows of .*with resnapshot"):
        run(CORE, FIRST, run_id="backfill__5")
