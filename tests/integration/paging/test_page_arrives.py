"""Missed deadlines under a real scheduler, triggerer and API server, down to the message in Slack."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from include.sandbox.postgres import Postgres
from include.sandbox.processes import Server
from tests.integration.paging.serving import free_port, until
from tests.integration.paging.slack import Slack

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]

DUE_IN = 40.0

pytestmark = pytest.mark.e2e


class Airflow:
    """A running Airflow, through its REST API."""

    def __init__(self, url: str, gates: Path, api_server: Server) -> None:
        self.gates = gates
        self.api_server = api_server
        self.http = httpx.Client(base_url=f"{url}/api/v2", timeout=30)

    def ready(self) -> bool:
        try:
            return self.http.get("/dags").json()["total_entries"] >= 2
        except (httpx.TransportError, KeyError, json.JSONDecodeError):
            return False

    def trigger(self, dag_id: str, due_in: float | None = None) -> str:
        """Start a run of partition 2026-11-18, due in so many seconds; its run id."""
        due_by = None if due_in is None else str(datetime.now(UTC) + timedelta(seconds=due_in))
        conf = {} if due_by is None else {"due_by": due_by.replace(" ", "T")}
        body = {"logical_date": None, "partition_key": "2026-11-18", "conf": conf}
        created = self.http.post(f"/dags/{dag_id}/dagRuns", json=body)
        assert created.status_code == 200, created.text
        return str(created.json()["dag_run_id"])

    def state(self, dag_id: str, run_id: str) -> str:
        return str(self.http.get(f"/dags/{dag_id}/dagRuns/{run_id}").raise_for_status().json()["state"])

    def task_state(self, dag_id: str, run_id: str, task_id: str = "extract") -> str | None:
        found = self.http.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}")
        state: str | None = found.raise_for_status().json()["state"]
        return state

    def pull_the_plug(self) -> None:
        """Kill the API server; asked to stop, it would wait for the task that talks to it."""
        leader = self.api_server.process()
        assert leader is not None
        for process in (*leader.children(recursive=True), leader):
            process.kill()

    def open_gate(self, run_id: str, word: str) -> None:
        (self.gates / f"{run_id}.{word}").touch()

    def close_gate(self, run_id: str, word: str) -> None:
        (self.gates / f"{run_id}.{word}").unlink()


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, slack: Slack) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    gates = tmp_path_factory.mktemp("gates")
    port, log_ports = free_port(), [free_port() for _ in range(2)]
    url = f"http://127.0.0.1:{port}"
    postgres.create_database("airflow")
    with ExitStack() as stack:
        env = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "triggerer_dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "6",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.dsn("airflow").replace(
                "postgresql:", "postgresql+psycopg2:"
            ),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": "0" * 64,
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_ports[0]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(log_ports[1]),
            "AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK": "False",
            # Without its API server a task gives up after this many heartbeats; the page must come before.
            "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "1000",
            "AIRFLOW_CONN_SLACK": slack.connection,
            "AIRFLOW_CONN_AIRFLOW_API": json.dumps(
                {"conn_type": "http", "host": url, "login": "paging", "password": "paging"}
            ),
            "PAGING_TEST_GATES": str(gates),
            "PYTHONPATH": str(REPOSITORY),
        }
        command = str(Path(sys.executable).with_name("airflow"))
        migrate = Server("migrate", home, [command, "db", "migrate"], env, HERE)
        migrate.start()
        until(lambda: migrate.process() is None, f"airflow db migrate, see {migrate.log}")
        servers = {
            component: Server(component, home, [command, component], env, HERE)
            for component in ("api-server", "dag-processor", "scheduler", "triggerer")
        }
        for server in servers.values():
            stack.callback(server.stop)
            server.start()
        running = Airflow(url, gates, servers["api-server"])
        until(running.ready, f"Airflow with both DAGs, see {home}")
        yield running


@dataclass(frozen=True)
class Runs:
    """Run ids, by what becomes of each: of medallion the first, of bronze_kyc the others."""

    judging: str
    late: str
    failed: str
    cleared: str
    in_time: str
    unplugged: str


@pytest.fixture(scope="module")
def runs(airflow: Airflow) -> Runs:
    """All at once, because each takes as long as its deadline. Gold has been published before."""
    published = airflow.trigger("medallion")
    until(lambda: airflow.state("medallion", published) == "success", "medallion publishes")
    runs = Runs(
        judging=airflow.trigger("medallion", due_in=DUE_IN),
        late=airflow.trigger("bronze_kyc", due_in=DUE_IN),
        failed=airflow.trigger("bronze_kyc", due_in=DUE_IN),
        cleared=airflow.trigger("bronze_kyc", due_in=DUE_IN),
        in_time=airflow.trigger("bronze_kyc", due_in=DUE_IN),
        unplugged=airflow.trigger("bronze_kyc", due_in=2.5 * DUE_IN),
    )
    for run_id in (runs.failed, runs.cleared):
        airflow.open_gate(run_id, "break")
    airflow.open_gate(runs.in_time, "go")
    until(lambda: airflow.state("bronze_kyc", runs.failed) == "failed", "a run fails")
    until(lambda: airflow.state("bronze_kyc", runs.cleared) == "failed", "a run fails, to be cleared")
    until(lambda: airflow.state("bronze_kyc", runs.in_time) == "success", "a run ends in time")
    until(lambda: airflow.task_state("bronze_kyc", runs.late) == "running", "a task holds its run up")
    until(lambda: airflow.task_state("medallion", runs.judging, "judge") == "running", "gold is published")
    return runs


def test_clearing_a_run_before_its_deadline_works_and_keeps_the_deadline(
    airflow: Airflow, slack: Slack, runs: Runs
) -> None:
    airflow.close_gate(runs.cleared, "break")
    cleared = airflow.http.post(f"/dags/bronze_kyc/dagRuns/{runs.cleared}/clear", json={"dry_run": False})
    assert cleared.status_code == 200, cleared.text
    assert slack.about(runs.cleared) == [], "the clearing came too late to prove anything"
    (page,) = until(lambda: slack.about(runs.cleared), "the page")
    assert "kyc is late: 2026-11-18" in page["text"]


def test_a_miss_pages_the_on_call_with_the_task_that_holds_the_run_up(slack: Slack, runs: Runs) -> None:
    (page,) = until(lambda: slack.about(runs.late), "the page")
    words = json.dumps(page, ensure_ascii=False)
    assert page["channel"] == "#data-oncall"
    assert "kyc is late: 2026-11-18" in page["text"]
    assert "extract>: *running*, since" in words
    assert "try 1 of 1" in words
    assert "Last published: partition *2026-11-20*" in words
    assert "kyc-operations (#kyc)" in words


def test_a_run_that_failed_before_its_deadline_pages_as_failed(slack: Slack, runs: Runs) -> None:
    (page,) = until(lambda: slack.about(runs.failed), "the page")
    assert "kyc has failed: 2026-11-18" in page["text"]
    assert "extract>: *failed*" in json.dumps(page)


def test_a_run_that_made_its_deadline_pages_nobody(slack: Slack, runs: Runs) -> None:
    until(lambda: slack.about(runs.late), "the page of a run with the same deadline")
    assert slack.about(runs.in_time) == []


def test_gold_that_is_published_in_time_pages_nobody_though_its_run_goes_on(
    airflow: Airflow, slack: Slack, runs: Runs
) -> None:
    until(lambda: slack.about(runs.late), "the page of a run with the same deadline")
    assert airflow.state("medallion", runs.judging) == "running"
    assert slack.about(runs.judging) == []


def test_an_unreadable_due_by_is_refused_with_400(airflow: Airflow) -> None:
    body = {"logical_date": None, "partition_key": "2026-11-18", "conf": {"due_by": "half past six"}}
    refused = airflow.http.post("/dags/bronze_kyc/dagRuns", json=body)
    assert refused.status_code == 400
    assert "due_by" in refused.text


def test_with_the_api_server_down_the_page_still_names_the_task(
    airflow: Airflow, slack: Slack, runs: Runs
) -> None:
    """Leaves Airflow without its API server: nothing that asks it may come after this."""
    until(lambda: airflow.task_state("bronze_kyc", runs.unplugged) == "running", "the task runs")
    airflow.pull_the_plug()
    assert slack.about(runs.unplugged) == [], "the API server stopped too late to prove anything"
    (page,) = until(lambda: slack.about(runs.unplugged), "the page")
    words = json.dumps(page, ensure_ascii=False)
    assert "extract>: *running*" in words
    assert "since" not in words
    assert "When gold was last published is not known here" in words


def test_one_miss_is_one_page(slack: Slack, runs: Runs) -> None:
    paged = (runs.late, runs.failed, runs.cleared, runs.unplugged)
    assert [len(slack.about(run_id)) for run_id in paged] == [1, 1, 1, 1]
