"""The sandbox's command line: ``python -m include.sandbox up|down|status|run|day|exec``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from include.sandbox.lifecycle import Sandbox, SandboxError
from include.sandbox.state import DEFAULT_ROOT, State

if TYPE_CHECKING:
    from include.sandbox.story import Story


def main() -> int:
    """Run one command. Exit code 0 only if it did what it says."""
    arguments = _parser().parse_args()
    sandbox = Sandbox(State(Path(os.environ.get("SANDBOX_ROOT", DEFAULT_ROOT))))
    chosen = _chosen_connections() if arguments.command == "exec" else {}
    os.environ.update({**sandbox.environment, **chosen})
    ran_before = any(sandbox.running().values()) if arguments.command in ("up", "run", "day") else True
    try:
        return int(_COMMANDS[arguments.command](sandbox, arguments))
    except SandboxError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        if not ran_before:
            sys.stderr.write("\ninterrupted: stopping what this command started\n")
            sandbox.down(_say)
        return 130


def _story(sandbox: Sandbox, arguments: argparse.Namespace) -> Story:
    from include.sandbox.story import Size, Story

    return Story(sandbox, _say, Size(arguments.people, arguments.history_days, arguments.seed))


def _up(sandbox: Sandbox, arguments: argparse.Namespace) -> int:
    _story(sandbox, arguments).prepare()
    return _status(sandbox, arguments)


def _down(sandbox: Sandbox, _: argparse.Namespace) -> int:
    sandbox.down(_say)
    return 0


def _status(sandbox: Sandbox, _: argparse.Namespace) -> int:
    for name, runs in sandbox.running().items():
        _write(f"{'running' if runs else 'stopped':<8} {name}")
    for name, link in sandbox.links().items():
        _write(f"{name:<12} {link}")
    return 0


def _run(sandbox: Sandbox, arguments: argparse.Namespace) -> int:
    return 0 if _story(sandbox, arguments).three_days() else 1


def _day(sandbox: Sandbox, arguments: argparse.Namespace) -> int:
    _story(sandbox, arguments).one_day(arguments.day)
    return 0


def _exec(sandbox: Sandbox, arguments: argparse.Namespace) -> int:
    if (
        not any(sandbox.running().values())
        and os.environ["AIRFLOW_CONN_SNOWFLAKE"] == (sandbox.environment["AIRFLOW_CONN_SNOWFLAKE"])
    ):
        raise SandboxError("the sandbox is not running; start it with `make up`")
    os.execvp(arguments.argv[0], arguments.argv)  # noqa: S606 -- the command is the caller's own


_COMMANDS = {"up": _up, "down": _down, "status": _status, "run": _run, "day": _day, "exec": _exec}
_BEGUN = time.monotonic()


def _chosen_connections() -> dict[str, str]:
    """Connections the caller has set: they win for a command in the environment, so `make sql` can ask a
    real account. The sandbox's own servers and their judge know the sandbox's connections alone.
    """
    return {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}


def _say(line: str) -> None:
    minutes, seconds = divmod(int(time.monotonic() - _BEGUN), 60)
    _write(f"{minutes:02d}:{seconds:02d}  {line}")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start what does not run and leave it serving")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("status", help="what runs, where, with links")
    story = commands.add_parser("run", help="load the history, live three days, check the result")
    day = commands.add_parser("day", help="live one more day and publish it")
    day.add_argument("--day", type=date.fromisoformat, help="a day already lived: load and publish it again")
    for command in (up, story, day):
        command.add_argument("--people", type=int, default=2000, help="size of the bank, when it is founded")
        command.add_argument("--history-days", type=int, default=60, help="length of its history")
        command.add_argument("--seed", type=int, default=7, help="another seed is another bank")
    execute = commands.add_parser("exec", help="run a command in the sandbox's environment")
    execute.add_argument("argv", nargs=argparse.REMAINDER, metavar="command")
    return parser


if __name__ == "__main__":
    sys.exit(main())
