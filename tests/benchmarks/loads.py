"""An API and a dropped file, to committed bronze, against a floor and against dlt's own pipelines."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from include.contracts import SourceContract, load_sources
from tests.benchmarks.cdc import DAY, connections, free_port, warehouse
from tests.benchmarks.contender import REPOSITORY, Run, run


@dataclass(frozen=True)
class Load:
    """One source with one day's rows, and who loads it.

    Attributes:
        at: where the rows are: the URL of an API, or a file.
        connection: the value of the source's Airflow connection.
        floor: the contender that only reads.
        peer: the contender that loads them, too.
    """

    folder: Path
    contract: SourceContract
    at: str
    connection: str
    rows: int
    floor: str
    peer: str

    def contender(self, name: str) -> Run:
        """Run `floor`, `peer` or `load_a_day`. Raises AssertionError when it has not seen every row."""
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            if name == "load_a_day":
                done = self._ours(Path(scratch))
            else:
                arguments = [self.at] if name == "fetch_pages" else [self.at, scratch]
                done = run(name, *arguments, log=self.folder / "contenders.log", env={})
        assert done.done == self.rows, f"{name} has {done.done} of {self.rows} rows"
        return done

    def _ours(self, scratch: Path) -> Run:
        with warehouse(scratch) as server:
            env = connections(server) | {f"AIRFLOW_CONN_{self.contract.name.upper()}": self.connection}
            log = self.folder / "contenders.log"
            return run("load_a_day", str(self.contract.path), DAY, log=log, env=env)


@contextmanager
def an_api(folder: Path, rows: int) -> Iterator[Load]:
    """The KYC vendor with so many applicants."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.applicants", str(port), str(rows)], cwd=REPOSITORY
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        _wait_until_it_answers(url, process)
        connection = json.dumps({"conn_type": "http", "host": url, "password": "of-the-bench"})
        contract = load_sources()["kyc"]
        yield Load(folder, contract, url, connection, rows, "fetch_pages", "dlt_rest_api")


@contextmanager
def a_file(folder: Path, rows: int) -> Iterator[Load]:
    """A day's advertising figures with so many rows."""
    drop = folder / "drop"
    drop.mkdir()
    file = drop / f"ad_spend_{DAY}.csv"
    _write(file, rows)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
    connection = json.dumps({"conn_type": "fs", "extra": {"path": str(drop)}})
    contract = load_sources()["drop_ad_spend"]
    yield Load(folder, contract, str(file), connection, rows, "read_csv", "dlt_filesystem")


def _write(path: Path, rows: int) -> None:
    channels = ("paid_search", "paid_social", "display", "podcast", "affiliate")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["channel", "campaign", "date", "impressions", "clicks", "spend", "currency", "note"])
        for number in range(rows):
            writer.writerow(
                [
                    channels[number % 5],
                    f"cmp-{number // 5:07d}",
                    DAY,
                    f"{number * 7919 % 1_000_000:,}",
                    number * 104_729 % 5_000,
                    f"${number * 31 % 90_000 / 100:,.2f}",
                    "CAD",
                    "",
                ]
            )


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/v3/checks").raise_for_status()
        except httpx.TransportError:
            assert process.poll() is None, "the API did not start"
            assert time.monotonic() < give_up, "the API did not start"
            time.sleep(0.1)
        else:
            return
