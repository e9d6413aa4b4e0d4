"""A first load that is hit between two tables goes on with the third, while the source is written to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from include.contracts import SourceContract, Table, load_source
from include.extract.batch import Window
from include.ingest import steps
from include.ingest.owners import ContractBrokenError
from include.landing.manifest import Manifest
from include.sandbox.postgres import Postgres
from tests.integration.campaign.bronze import (
    ask,
    differs_from_ledger,
    on_record,
    on_stage,
    rebuilt,
    repeated,
)
from tests.integration.campaign.deployment import Deployment
from tests.integration.campaign.drafted import drafted, reviewed
from tests.integration.campaign.faults import BETWEEN_TABLES, Blow, Fault
from tests.integration.campaign.pgbench import ADD_A_KEY, TABLES, Pgbench
from tests.integration.landing.server import WarehouseServer

DAY, NEXT_DAY = "2026-11-18", "2026-11-19"
ACCOUNTS, RATE = 500, 30
_numbers = itertools.count()


@pytest.fixture
def source(postgres: Postgres, tmp_path: Path) -> Pgbench:
    """pgbench's bank, small, in a database of its own."""
    name = f"tries_{next(_numbers)}"
    postgres.create_database(name)
    made = Pgbench(postgres.dsn(name))
    made.create()
    made.execute(ADD_A_KEY)
    made.execute(f"delete from pgbench_accounts where aid > {ACCOUNTS}")
    made.transact(tmp_path, 40)
    return made


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch, source: Pgbench, tmp_path: Path) -> SourceContract:
    name = source.dsn.rpartition("/")[2]
    drafted(monkeypatch, source.dsn, tmp_path, *[f"public.{each}" for each in TABLES], name=name)
    return reviewed(tmp_path / f"{name}.yaml")


@pytest.fixture
def deployment(
    postgres: Postgres, connected: WarehouseServer, contract: SourceContract, tmp_path: Path
) -> Iterator[Deployment]:
    (tmp_path / "steps").mkdir()
    made = Deployment(postgres, connected, contract.name, contract, tmp_path / "steps")
    yield made
    made.close()


def read_as_of(contract: SourceContract, table: Table) -> list[str]:
    """The log positions as of which bronze has the table whole."""
    return [
        lsn
        for (lsn,) in ask(
            f"select distinct split_part(_position, '/', 1) from {contract.schema}.{table.name} "
            "where _op = 'snapshot'"
        )
    ]


@pytest.mark.parametrize(
    ("blow", "cleared"), [(Blow.KILL, False), (Blow.CUT, True), (Blow.WAREHOUSE, False)], ids=str
)
def test_tables_that_were_whole_are_not_read_again(
    deployment: Deployment, source: Pgbench, tmp_path: Path, blow: Blow, cleared: bool
) -> None:
    with ExitStack() as writes:
        writes.enter_context(source.writing(tmp_path, ACCOUNTS, RATE))
        deployment.run(DAY, Fault(BETWEEN_TABLES, blow, cleared))
    first, second, *others = (read_as_of(deployment.contract, table) for table in deployment.contract.tables)
    assert len(first) == 1
    assert first == second
    assert all(lsns == others[0] for lsns in others)
    assert first < others[0]
    source.transact(tmp_path, 200)
    deployment.run(NEXT_DAY, steps=("extract", "load", "audit", "confirm"))
    for table in deployment.contract.tables:
        assert rebuilt(deployment.contract, table) == source.rows(table), table.name
        assert repeated(deployment.contract, table) == 0
        assert differs_from_ledger(deployment.contract, table) == 0
    assert on_stage(deployment.contract) == on_record(deployment.contract)


def files(manifest: Manifest) -> set[str]:
    return {file.name for file in manifest.files if file.name}


def noted(contract: SourceContract) -> list[str]:
    rows = ask(f"select table_name from raw_control.staged_table where source = '{contract.name}' order by 1")
    return [name for (name,) in rows]


def wrong_about_zones(contract: SourceContract) -> SourceContract:
    """The same contract, but it says that pgbench writes its moments with their offset."""
    path = contract.path
    path.write_text(path.read_text().replace("timezone: false", "timezone: true"))
    return load_source(path)


@pytest.mark.usefixtures("connected")
def test_what_was_staged_is_kept_until_the_next_step_has_it(
    contract: SourceContract, source: Pgbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{contract.name.upper()}", source.dsn)
    window = Window.of(DAY)
    contract = wrong_about_zones(contract)
    steps.prepare(contract, window)
    unheard = steps.extract(contract, window, "run-1")
    assert noted(contract) == sorted(TABLES)
    source.transact(tmp_path, 40)
    heard = steps.extract(contract, window, "run-1")
    assert files(unheard) < files(heard)
    with pytest.raises(ContractBrokenError, match="mtime has changed its type"):
        steps.admit(contract, window, heard)
    assert noted(contract) == []
    # Whatever the owner has put right: kept files would bring the fault again.
    anew = steps.extract(contract, window, "run-1")
    assert not files(anew) & files(heard)
    assert anew.reach > heard.reach

    steps.load(contract, anew)
    steps.reconciled(contract, anew)
    steps.confirm(contract, anew)
    for table in contract.tables:
        assert rebuilt(contract, table) == source.rows(table), table.name
    assert on_stage(contract) == on_record(contract)


@pytest.mark.usefixtures("connected")
def test_a_snapshot_somebody_asks_for_is_not_the_rest_of_another(
    contract: SourceContract, source: Pgbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{contract.name.upper()}", source.dsn)
    window = Window.of(DAY)
    steps.prepare(contract, window)
    half = steps.extract(contract, window, "scheduled")
    asked = steps.extract(contract, window, "manual", resnapshot=True)
    assert not files(asked) & files(half)
    assert asked.reach > half.reach
    # Nor is the first then the rest of the second: its slot is gone.
    again = steps.extract(contract, window, "scheduled")
    assert not files(again) & files(half)
    # The whole run is cleared: its first step forgets the slot.
    steps.prepare(contract, window, resnapshot=True)
    assert not files(steps.extract(contract, window, "scheduled", resnapshot=True)) & files(again)
