"""Whatever is killed or cut, wherever, while the source is written to: bronze has every row, and once.

`FAULT_ROUNDS` says how many rounds there are, `FAULT_SEED` which faults come when. Each round reports a line:

    FAULT_ROUNDS=50 make test ARGS='-s tests/integration/campaign/test_hit_anywhere.py'
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.landing.settings import keep_days
from include.sandbox.postgres import Postgres
from tests.integration.campaign.bronze import differs_from_ledger, on_record, on_stage, rebuilt, repeated
from tests.integration.campaign.deployment import Deployment
from tests.integration.campaign.drafted import drafted, reviewed
from tests.integration.campaign.faults import Blow, faults
from tests.integration.campaign.pgbench import ADD_A_KEY, TABLES, Pgbench
from tests.integration.landing.server import WarehouseServer

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "10"))
SEED = int(os.environ.get("FAULT_SEED", "10"))
FIRST_DAY = date(2026, 11, 18)
DAYS_APART = 4  # ten rounds outlast what stays on the stage
ACCOUNTS, RATE = 500, 30


@pytest.fixture
def source(postgres: Postgres) -> Pgbench:
    """pgbench's bank, small enough to compare after each round."""
    postgres.create_database("hit")
    made = Pgbench(postgres.dsn("hit"))
    made.create()
    made.execute(ADD_A_KEY)
    made.execute(f"delete from pgbench_accounts where aid > {ACCOUNTS}")
    return made


@pytest.fixture
def deployment(
    monkeypatch: pytest.MonkeyPatch,
    postgres: Postgres,
    connected: WarehouseServer,
    source: Pgbench,
    tmp_path: Path,
) -> Iterator[Deployment]:
    named = [f"public.{name}" for name in TABLES]
    drafted(monkeypatch, source.dsn, tmp_path, *named, name="hit")
    (tmp_path / "steps").mkdir()
    contract = reviewed(tmp_path / "hit.yaml")
    made = Deployment(postgres, connected, "hit", contract, tmp_path / "steps")
    yield made
    made.close()


def test_no_row_is_lost_or_doubled_wherever_a_run_is_hit(
    deployment: Deployment, source: Pgbench, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for number, fault in zip(range(ROUNDS), faults(SEED), strict=False):
        begun = time.monotonic()
        business_day = FIRST_DAY + timedelta(days=number * DAYS_APART)
        day = business_day.isoformat()
        with subtests.test(msg=f"round {number} of seed {SEED}: {fault}"):
            before = source.figures()["pgbench_history"]
            with ExitStack() as writes:
                writes.enter_context(source.writing(tmp_path, ACCOUNTS, RATE))
                deployment.run(day, fault)
                if fault.blow is Blow.POSTGRES:  # it took the writers with it
                    writes.enter_context(source.writing(tmp_path, ACCOUNTS, RATE))
            assert source.figures()["pgbench_history"] != before, "nothing was written meanwhile"
            tries = deployment.tries
            deployment.run(day, steps=("extract", "load", "confirm"))

            lost = doubled = 0
            for table in deployment.contract.tables:
                at_source, in_bronze = source.rows(table), rebuilt(deployment.contract, table)
                lost += len(set(at_source) - set(in_bronze))
                doubled += repeated(deployment.contract, table)
                assert in_bronze == at_source, table.name
                assert differs_from_ledger(deployment.contract, table) == 0, table.name
            assert (lost, doubled) == (0, 0)
            oldest = business_day - timedelta(days=keep_days())
            assert on_stage(deployment.contract) == on_record(deployment.contract, oldest)
            sys.stdout.write(
                f"round {number}, seed {SEED}: {fault}; {tries} tries, lost {lost}, doubled {doubled}, "
                f"{time.monotonic() - begun:.1f} s\n"
            )
