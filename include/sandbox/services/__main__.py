"""Serve the SaaS services and Slack on loopback until SIGTERM."""

import argparse
import logging
import sys
from pathlib import Path

import uvicorn

from include.sandbox.services.app import build
from include.sandbox.services.settings import LIMITS, RateLimit, Settings, throw_away_secrets


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox.services", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dsn", required=True, help="the PostgreSQL database `vendors`")
    for name in LIMITS:
        parser.add_argument(f"--{name}-limit", help="<requests per second>/<burst>, such as 5/100")
    parser.add_argument(
        "--folder",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="serve the files of PATH under /NAME",
    )
    parsed = parser.parse_args(arguments)
    try:
        given = {name: RateLimit.parse(text) for name in LIMITS if (text := getattr(parsed, f"{name}_limit"))}
    except ValueError as error:
        parser.error(str(error))
    folders = {name: Path(path) for name, _, path in (text.partition("=") for text in parsed.folder)}
    settings = Settings(parsed.dsn, throw_away_secrets(), {**LIMITS, **given}, folders)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # Query strings and webhook paths may hold secrets and are of no use here: no access log.
    uvicorn.run(build(settings), host="127.0.0.1", port=parsed.port, access_log=False, log_config=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
