"""The services as a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.integration.services.conftest import free_port

REPOSITORY = Path(__file__).parents[3]


def test_the_process_serves_on_loopback_with_given_secrets_until_terminated(
    vendors: str, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "include.sandbox.services", f"--port={port}", f"--dsn={vendors}"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "SANDBOX_KYC_SECRET": "chosen"}
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*command, "--kyc-limit=0.01/1"], env=environment, stdout=output, stderr=output
        ) as process,
    ):
        url = f"http://127.0.0.1:{port}"
        give_up = time.monotonic() + 30
        while True:
            try:
                assert httpx.get(f"{url}/health").json() == {"status": "ok"}
                break
            except httpx.ConnectError:
                assert time.monotonic() < give_up, log.read_text()
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
        listed = f"{url}/kyc/v3/applicants?updated_since=2026-11-18T00:00:00Z"
        auth = {"Authorization": "Token token=chosen"}
        assert [httpx.get(listed, headers=auth).status_code for _ in range(2)] == [200, 429]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)
    assert "chosen" not in log.read_text()
    assert "updated_since" not in log.read_text()
