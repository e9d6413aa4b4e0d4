"""`python -m include.sandbox.warehouse --port P --state DIR [--database ANALYTICS]`: serve until SIGTERM."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from typing import Any

import uvicorn

from include.sandbox.warehouse.account import Account
from include.sandbox.warehouse.server import IDLE_SECONDS, Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="include.sandbox.warehouse", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="folder for databases and stages")
    parser.add_argument("--database", default="ANALYTICS", help="database to create at first start")
    parser.add_argument(
        "--memory-limit", default="2GB", help="DuckDB's memory, before it spills to the state folder"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    account = Account(
        arguments.state.resolve(), database=arguments.database.upper(), memory_limit=arguments.memory_limit
    )
    serve(account, arguments.port)


def serve(account: Account, port: int) -> None:
    """Answer on 127.0.0.1 until SIGTERM or SIGINT; then end every session and close the files."""
    http: uvicorn.Server

    def connected() -> set[Any]:
        return {getattr(connection, "client", None) for connection in http.server_state.connections}

    app = Server(account, connected).app()
    http = uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=int(IDLE_SECONDS),  # a closed connection then means that the client is gone
            timeout_graceful_shutdown=3,
        )
    )
    # uvicorn closes everything, then raises the signal once more for whoever handled it before.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    http.run()


if __name__ == "__main__":
    main()
