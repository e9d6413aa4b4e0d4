"""A source nobody here wrote: pgbench's bank, by a drafted contract, through the steps of a bronze run.

`PGBENCH_TRANSACTIONS` says how many transactions there are; a million takes minutes:

    PGBENCH_TRANSACTIONS=1000000 make test ARGS=tests/integration/campaign/test_pgbench.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from include.contracts import SourceContract
from include.extract.batch import Window
from include.extract.drafting.__main__ import main
from include.ingest import steps
from include.landing.manifest import Manifest
from include.sandbox.postgres import Postgres
from tests.integration.campaign.bronze import ask, latest, on_record, on_stage, repeated
from tests.integration.campaign.drafted import drafted, reviewed
from tests.integration.campaign.pgbench import ADD_A_KEY, BALANCES, TABLES, Pgbench

TRANSACTIONS = int(os.environ.get("PGBENCH_TRANSACTIONS", "20000"))
CLIENTS = 8


def load_day(contract: SourceContract, key: str) -> dict[str, int]:
    """All steps of a run, the manifest as it arrives in the next task; the rows added."""
    run_id = f"scheduled__{key}"
    steps.prepare(contract, Window.of(key))
    staged = json.dumps(steps.extract(contract, Window.of(key), run_id).to_json())
    manifest = Manifest.from_json(json.loads(staged))
    steps.admit(contract, Window.of(key), manifest)
    added = steps.load(contract, manifest)
    steps.audit(contract, manifest, run_id)
    steps.confirm(contract, manifest)
    return added


@pytest.mark.usefixtures("connected")
def test_pgbench_is_loaded_by_its_drafted_contract(
    monkeypatch: pytest.MonkeyPatch,
    postgres: Postgres,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    postgres.create_database("pgbench")
    source = Pgbench(postgres.dsn("pgbench"))
    source.create(scale=max(1, TRANSACTIONS // 50_000))
    named = [f"public.{name}" for name in TABLES]

    monkeypatch.setenv("DSN", source.dsn)
    assert main(["pgbench", *named, "--folder", str(tmp_path)]) == 1
    assert "public.pgbench_history has no primary key" in capsys.readouterr().err
    source.execute(ADD_A_KEY)
    drafted(monkeypatch, source.dsn, tmp_path, *named, name="pgbench")
    contract = reviewed(tmp_path / "pgbench.yaml")
    monkeypatch.setenv("AIRFLOW_CONN_PGBENCH", source.dsn)

    assert load_day(contract, "2026-11-17")["pgbench_history"] == 0
    source.transact(tmp_path, TRANSACTIONS, CLIENTS)
    added = load_day(contract, "2026-11-18")

    assert set(added.values()) == {TRANSACTIONS}  # each transaction changes one row of every table
    figures = source.figures()
    assert figures["pgbench_history"][0] == TRANSACTIONS
    assert len({balance for _, balance in figures.values()}) == 1
    for name, balance in BALANCES.items():
        table = contract.table(name)
        ((rows, total),) = ask(
            f"select count(*), sum({balance}::number(38, 0)) from ({latest(contract, table)})"
        )
        assert (int(rows), int(total)) == figures[name], name
        assert repeated(contract, table) == 0
    assert on_stage(contract) == on_record(contract)
