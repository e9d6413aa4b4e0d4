"""Days of a bank into bronze, through the steps that the bronze DAG's tasks call.

The tests of this file are one story and run in their order: each starts from the bronze that the one before
left.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from include.contracts import DropRead, SourceContract, Table, load_sources
from include.extract.batch import Window
from include.extract.errors import DamagedFileError
from include.ingest import steps
from include.quality.checkpoints import CheckpointFailed
from include.sandbox.airflow import DATABASES, SERVICES
from tests.integration.bronze.runs import ask, passed_on, run
from tests.integration.bronze.world import HISTORY_DAYS, LAST_DAY, World

SOURCES = load_sources()


def fingerprint() -> dict[str, str]:
    """Every bronze table, byte for byte."""
    return {
        f"{contract.schema}.{table.name}": hashlib.sha256(
            repr(ask(f"select * from {contract.schema}.{table.name} order by _position, _loaded_at")).encode()
        ).hexdigest()
        for contract in SOURCES.values()
        for table in contract.tables
    }


def state_in_bronze(contract: SourceContract, table: Table) -> list[tuple[str | None, ...]]:
    """The rows of a table that bronze's changes add up to, one after the other."""
    names = table.column_names
    state: dict[tuple[str, ...], dict[str, str | None]] = {}
    for op, unchanged, *values in ask(
        f"select _op, _unchanged::varchar, {', '.join(names)} "
        f"from {contract.schema}.{table.name} order by _position"
    ):
        row = dict(zip(names, values, strict=True))
        key = tuple(row[name] for name in table.key)
        if op == "delete":
            state.pop(key)
        else:
            row |= {name: state[key][name] for name in json.loads(unchanged or "[]")}
            state[key] = row
    return [tuple(row.values()) for row in state.values()]


def assert_bronze_equals(world: World, *sources: str) -> None:
    """What was read as changes adds up to what the sources hold now."""
    for contract in (SOURCES[name] for name in sources or DATABASES):
        for table in contract.tables:
            at_source = world.rows_at_source(contract.name, table)
            in_bronze = state_in_bronze(contract, table)
            if "sin" in table.column_names:
                at_source = [hidden(row, table) for row in at_source]
                in_bronze = [hidden(row, table) for row in in_bronze]
            assert sorted(in_bronze, key=repr) == sorted(at_source, key=repr), table.name


def hidden(row: tuple[str | None, ...], table: Table) -> tuple[str | None, ...]:
    """A row with only whether it has a SIN, which differs between source and bronze by intent."""
    return tuple(
        str(value is not None) if name == "sin" else value
        for name, value in zip(table.column_names, row, strict=True)
    )


def test_history_is_loaded_from_every_source(world: World) -> None:
    since = LAST_DAY - timedelta(days=HISTORY_DAYS - 1)
    for contract in SOURCES.values():
        added = run(contract, LAST_DAY.isoformat(), since=since)
        assert any(added.values()), contract.name
    assert_bronze_equals(world)
    for source in SERVICES:
        for table in SOURCES[source].tables:
            ((rows,),) = ask(f"select count(*) from raw_{source}.{table.name}")
            assert rows == world.records_at_vendor(source, table, since), f"{source}.{table.name}"
    ((files,),) = ask("select count(distinct _committed_at) from raw_drop_account_reviews.review")
    assert files > 1


def lines_of(contract: SourceContract, files: Iterable[Path]) -> Counter[tuple[str | None, ...]]:
    """What stands in these files, as text."""
    found: Counter[tuple[str | None, ...]] = Counter()
    told = contract.read_as(DropRead)
    for path in files:
        with path.open(encoding=told.encoding, newline="") as file:
            for line in csv.DictReader(file, delimiter=told.delimiter):
                found[tuple(line.get(name) or None for name in contract.tables[0].column_names)] += 1
    return found


def test_every_line_that_departments_dropped_is_in_bronze_as_it_was_sent(world: World) -> None:
    for contract in SOURCES.values():
        if contract.kind == "drop":
            (table,) = contract.tables
            files = (world.drop / "archive").glob(contract.read_as(DropRead).file_name("*"))
            rows = ask(f"select {', '.join(table.column_names)} from {contract.schema}.{table.name}")
            assert Counter(rows) == lines_of(contract, files), contract.name
            assert len(rows) > 20, contract.name


def test_a_column_that_nobody_announced_is_kept_beside(world: World) -> None:  # noqa: ARG001
    rescued = ask(
        "select distinct _rescued::varchar from raw_drop_ad_spend.ad_spend where _rescued is not null"
    )
    assert [json.loads(text) for (text,) in rescued] == [{"agency_fee": "4.50"}]


def test_no_identifier_of_a_person_is_in_bronze(world: World) -> None:
    with psycopg.connect(world.places.core_dsn) as connection:
        sins = {sin for (sin,) in connection.execute("select sin from party where sin is not null")}
    assert len(sins) > 10
    for contract in SOURCES.values():
        for table in contract.tables:
            text = repr(ask(f"select * from {contract.schema}.{table.name}"))
            found = {sin for sin in sins if sin in text or f"{sin[:3]} {sin[3:6]} {sin[6:]}" in text}
            assert not found, f"{len(found)} in {contract.schema}.{table.name}"
    linked = ask(
        "select count(*) from raw_kyc.applicant a join raw_core_banking.party p on a.sin = p.sin "
        "where p.sin like 'hmac-sha256:test-1:%'"
    )
    assert linked[0][0] > 0


def test_the_stage_is_empty_and_files_are_archived_after_a_run(world: World) -> None:
    for contract in SOURCES.values():
        landed = ask(
            f"select file from raw_control.load_ledger where source = '{contract.name}' and row_count > 0 "
            f"and '{contract.kind}' = 'cdc' order by 1"  # what cannot be read again is kept
        )
        staged = ask(f"list @{contract.schema}.landing")
        assert [name.partition("/")[2] for name, *_ in staged] == [file for (file,) in landed]
    assert [path.name for path in world.drop.iterdir()] == ["archive"]


def test_loading_the_same_day_again_changes_nothing(world: World) -> None:  # noqa: ARG001
    before, ledger = fingerprint(), ask("select count(*) from raw_control.load_ledger where row_count > 0")
    since = LAST_DAY - timedelta(days=HISTORY_DAYS - 1)
    for contract in SOURCES.values():
        assert not any(run(contract, LAST_DAY.isoformat(), since=since, run_id="again").values())
    assert fingerprint() == before
    assert ask("select count(*) from raw_control.load_ledger where row_count > 0") == ledger


def test_a_day_is_loaded_although_each_step_is_killed_and_repeated(world: World) -> None:
    """A step that was killed has either done nothing or everything; so each is done twice, from the start."""
    key = world.live()
    for contract in SOURCES.values():
        run_id = f"scheduled__{key}"
        for _ in range(2):
            steps.prepare(contract, Window.of(key))
        steps.extract(contract, Window.of(key), run_id)
        manifest = passed_on(steps.extract(contract, Window.of(key), run_id))
        added = steps.load(contract, manifest)
        assert any(added.values()) or contract.kind == "drop"
        assert not any(steps.load(contract, manifest).values())
        # The whole run is cleared after the load: what was not confirmed is read again and recognised.
        again = passed_on(steps.extract(contract, Window.of(key), run_id))
        assert not any(steps.load(contract, again).values())
        for _ in range(2):
            steps.audit(contract, again, run_id)
            steps.confirm(contract, again)
    assert_bronze_equals(world)


def test_the_ledger_adds_up_to_bronze(world: World) -> None:  # noqa: ARG001
    for contract in SOURCES.values():
        for table in contract.tables:
            held = ask(
                f"select _partition, count(*) from {contract.schema}.{table.name} group by 1 order by 1"
            )
            promised = ask(
                "select partition, sum(row_count) from raw_control.load_ledger "
                f"where source = '{contract.name}' and table_name = '{table.name}' "
                "group by 1 having sum(row_count) > 0 order by 1"
            )
            assert [(day, int(rows)) for day, rows in promised] == held


def test_announced_columns_are_loaded_from_the_day_they_appear(world: World) -> None:
    """In the ledger of cards in the middle of the day: written before the publication could name it."""
    announced = {
        "card_ledger": ("card_authorization", "wallet"),
        "nps": ("response", "delivery_method"),
        "drop_branch_referrals": ("referral", "branch_transit"),
    }
    key = world.live()
    for source, (table, column) in announced.items():
        run(SOURCES[source], key)
        ((before, rows, filled, rescued),) = ask(
            f"select count_if({column} is not null and _partition < '{key}'::date), "
            f"count_if(_partition = '{key}'::date), "
            f"count_if({column} is not null and _partition = '{key}'::date), count(_rescued) "
            f"from raw_{source}.{table}"
        )
        assert (before, rescued) == (0, 0), source
        if source == "card_ledger":
            assert 0 < filled < rows
        else:
            assert filled == rows > 0, source
    assert_bronze_equals(world, "card_ledger")


def test_an_api_that_fails_for_a_while_is_ridden_out(world: World) -> None:
    key = world.live()
    world.fault("kyc", kind="error", status=500, for_seconds=2)
    world.fault("marketing", kind="cut", count=2)
    for name in ("kyc", "marketing_automation"):
        run(SOURCES[name], key)
    ((kyc, marketing),) = ask(
        f"select (select count(*) from raw_kyc.applicant where _partition = '{key}'::date), "
        f"(select count(*) from raw_marketing_automation.email_event where _partition = '{key}'::date)"
    )
    assert kyc >= 0
    assert marketing > 0


def test_days_of_a_source_read_as_changes_may_come_in_any_order(world: World) -> None:
    contract, first = SOURCES["core_banking"], world.day.isoformat()
    second = world.live()
    assert run(contract, second)["posted_transaction"] > 0
    assert not any(run(contract, first).values())
    assert ask(
        "select count(*) from raw_control.load_ledger "
        f"where source = 'core_banking' and partition = '{first}'::date"
    ) == [(4,)]
    assert_bronze_equals(world, "core_banking")


def change_file(drop: Path, key: str, change: Callable[[str], str], *, sign: bool) -> Path:
    file = drop / f"account_reviews_{key}.csv"
    file.write_text(change(file.read_text("utf-8-sig")), "utf-8-sig")
    if sign:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        (drop / f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
    return file


def test_a_file_with_a_bad_checksum_stops_the_run_before_anything_is_loaded(world: World, drop: Path) -> None:
    key, contract = world.day.isoformat(), SOURCES["drop_account_reviews"]
    sent = (drop / f"account_reviews_{key}.csv").read_bytes()
    change_file(drop, key, lambda text: text + "A1,2026-11-18T09:30:00-05:00,clear,X,\n", sign=False)
    with pytest.raises(DamagedFileError, match="compliance-operations in #compliance-ops"):
        run(contract, key)
    assert ask(f"select count(*) from raw_drop_account_reviews.review where _partition = '{key}'::date") == [
        (0,)
    ]
    (drop / f"account_reviews_{key}.csv").write_bytes(sent)
    change_file(drop, key, lambda text: text, sign=True)
    run(contract, key)


def test_a_value_outside_the_contract_fails_the_audit_by_name(world: World, drop: Path) -> None:
    key, contract = world.live(), SOURCES["drop_account_reviews"]
    line = "A0000001,2026-11-18T09:30:00-05:00,pardon,X,\nA0000002,2026-11-18T09:30:00-05:00,clear,,\n"
    change_file(drop, key, lambda text: text + line, sign=True)
    with pytest.raises(CheckpointFailed) as error:
        run(contract, key)
    said = str(error.value)
    assert "decision other than freeze, review, clear: 1 instead of 0" in said
    assert "reviewer missing: 1 instead of 0" in said
    assert "pardon" not in said


def test_a_file_sent_again_comes_with_the_next_day_behind_what_was_known(world: World, drop: Path) -> None:
    contract, earlier, key = SOURCES["drop_ad_spend"], LAST_DAY.isoformat(), world.live()
    name = f"ad_spend_{earlier}.csv"
    archived = (drop / "archive" / name).read_text("utf-8")
    corrected = drop / name
    corrected.write_text(archived.replace(",CAD,", ",USD,", 1), "utf-8")
    digest = hashlib.sha256(corrected.read_bytes()).hexdigest()
    (drop / f"{name}.sha256").write_text(f"{digest}  {name}\n")
    run(contract, key)
    ((channel, campaign, date_), *others) = ask(
        "select channel, campaign, date from raw_drop_ad_spend.ad_spend where currency = 'USD'"
    )
    assert not others
    versions = ask(
        "select currency, _partition::varchar from raw_drop_ad_spend.ad_spend "
        f"where channel = '{channel}' and campaign = '{campaign}' and date = '{date_}' order by _position"
    )
    assert ("CAD", earlier) in versions
    assert versions[-1] == ("USD", key)
    assert not corrected.exists()
    assert (drop / "archive" / name).read_text("utf-8") != archived
    assert not any(run(contract, key, run_id="again").values())
