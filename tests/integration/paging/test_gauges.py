"""The gauges arrive where a deployment sends Airflow's own metrics, with their names, tags and values."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
HOUR = 3600.0
Gauge = tuple[str, frozenset[tuple[str, str]]]

CORE = ("source", "core_banking"), ("criticality", "blocking")
KYC = ("source", "kyc"), ("criticality", "blocking")
# At five in the morning: core banking lacks the day, due at four; kyc has it and owes the next at 04:30.
TAGGED: dict[Gauge, float] = {
    ("source.age_seconds", frozenset(CORE)): 29 * HOUR,
    ("source.age_seconds", frozenset(KYC)): 5 * HOUR,
    ("source.overdue_seconds", frozenset(CORE)): HOUR,
    ("source.overdue_seconds", frozenset(KYC)): -23.5 * HOUR,
    ("slot.lag_bytes", frozenset({("source", "core_banking")})): 1000,
    ("slot.kept_bytes", frozenset({("source", "core_banking")})): 5000,
    ("slot.budget_bytes", frozenset({("source", "core_banking")})): 1 << 20,
    ("slot.gone", frozenset({("source", "core_banking")})): 0,
    ("watchdog.open_incidents", frozenset({("watch", "partitions")})): 2,
}
NAMED = {
    f"{name}.{dict(tags).get('source') or dict(tags)['watch']}": value
    for (name, tags), value in TAGGED.items()
}


def send(home: Path, **settings: str) -> None:
    """Let a task's process send the gauges under these settings, and end."""
    path = os.pathsep.join([str(REPOSITORY), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, str(HERE / "gauges_sent.py")],
        env={**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": path, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


@contextmanager
def collector() -> Iterator[tuple[int, list[bytes]]]:
    """An OpenTelemetry collector's HTTP door: its port and the bodies it was sent."""
    bodies: list[bytes] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/metrics"
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port, bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_opentelemetry_gets_every_gauge_with_its_tags(tmp_path: Path) -> None:
    with collector() as (port, bodies):
        send(
            tmp_path,
            AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}",
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
        )
    arrived: dict[Gauge, float] = {}
    for body in bodies:
        request = ExportMetricsServiceRequest.FromString(body)
        for metric in (m for r in request.resource_metrics for s in r.scope_metrics for m in s.metrics):
            for point in metric.gauge.data_points:
                tags = frozenset((each.key, each.value.string_value) for each in point.attributes)
                arrived[metric.name, tags] = point.as_double or float(point.as_int)
    with_tags = {key: value for key, value in arrived.items() if key[1]}
    assert with_tags == {(f"airflow.{name}", tags): value for (name, tags), value in TAGGED.items()}


def statsd(settings: dict[str, str], home: Path) -> list[str]:
    """The lines that a StatsD server is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.5)
        port = str(server.getsockname()[1])
        send(home, AIRFLOW__METRICS__STATSD_HOST="127.0.0.1", AIRFLOW__METRICS__STATSD_PORT=port, **settings)
        lines: list[str] = []
        while True:  # everything was sent before the sender ended: what is not in the buffer is lost
            try:
                lines += server.recv(65536).decode().splitlines()
            except TimeoutError:
                return lines


def values(lines: list[str]) -> dict[str, float]:
    """Gauge -> the last value, from StatsD's lines. A negative one is sent as 0 and then the difference."""
    found: dict[str, float] = {}
    for line in lines:
        name, _, rest = line.partition(":")
        value, kind = rest.split("|")[:2]
        if kind != "g":  # Airflow's own
            continue
        found[name] = found.get(name, 0) + float(value) if value[0] in "+-" else float(value)
    return found


def test_statsd_gets_every_gauge_under_a_name_of_its_own(tmp_path: Path) -> None:
    found = values(statsd({"AIRFLOW__METRICS__STATSD_ON": "True"}, tmp_path))
    assert {name: found.get(f"airflow.{name}") for name in NAMED} == NAMED


def test_dogstatsd_gets_every_gauge_with_its_tags(tmp_path: Path) -> None:
    found: dict[Gauge, float] = {}
    for line in statsd({"AIRFLOW__METRICS__STATSD_DATADOG_ENABLED": "True"}, tmp_path):
        name, _, rest = line.partition(":")
        value, *parts = rest.split("|")
        tags = [part[1:] for part in parts if part.startswith("#")]
        if tags and name.startswith("airflow."):
            pairs = (tag.split(":", 1) for tag in tags[0].split(","))
            found[name.removeprefix("airflow."), frozenset((key, tag) for key, tag in pairs)] = float(value)
    assert {gauge: found.get(gauge) for gauge in TAGGED} == TAGGED
