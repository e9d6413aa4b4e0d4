"""The bank's command line: create, advance, release, truth."""

import argparse
import datetime as dt
import json
import sys
from pathlib import Path

from include.sandbox.bank.feeds import SOURCES
from include.sandbox.bank.ledger import BankError
from include.sandbox.bank.operations import Places, advance, create, release, truth
from include.sandbox.bank.spec import WorldSpec


def main(arguments: list[str] | None = None) -> int:
    """Do one command. Exits 1 with the reason where the bank cannot."""
    parsed = _parser().parse_args(arguments)
    try:
        sys.stdout.write(_done(parsed) + "\n")
    except (BankError, ValueError) as error:
        sys.stderr.write(f"bank: {error}\n")
        return 1
    return 0


def _done(asked: argparse.Namespace) -> str:
    match asked.command:
        case "truth":
            facts = truth(asked.vendors_dsn, asked.memory)
            asked.out.write_text(json.dumps(facts, indent=1) + "\n")
            return f"truth about {len(facts)} days: {asked.out}"
        case "release":
            return "released: " + (", ".join(release(Places("", "", "", asked.drop))) or "nothing was held")
        case "create":
            spec = WorldSpec(asked.last_day, asked.people, asked.history_days, asked.seed)
            done = create(_places(asked), spec)
        case _:
            done = advance(
                _places(asked),
                asked.day,
                drop_activity=asked.drop_activity,
                hold=asked.hold,
            )
    if done.already_lived:
        return f"{done.day}: lived already, nothing to do"
    return (
        f"{done.day}: {done.core_rows} rows in core banking, {done.card_rows} in the card ledger, "
        f"{done.vendor_rows} records at the vendors"
    )


def _places(asked: argparse.Namespace) -> Places:
    return Places(asked.core_dsn, asked.cards_dsn, asked.vendors_dsn, asked.drop, asked.memory)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m include.sandbox.bank", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    making = commands.add_parser("create", help="write a world's history")
    making.add_argument("--last-day", type=dt.date.fromisoformat, required=True, help="last day of history")
    making.add_argument("--people", type=int, default=2000)
    making.add_argument("--history-days", type=int, default=60)
    making.add_argument("--seed", type=int, default=7)

    living = commands.add_parser("advance", help="live one day")
    living.add_argument(
        "--day", type=dt.date.fromisoformat, required=True, help="the day after the last lived"
    )
    living.add_argument(
        "--drop-activity", type=float, default=0.0, help="share of customer-initiated events that stay away"
    )
    living.add_argument(
        "--hold", action="append", default=[], choices=SOURCES, help="keep this source's file back"
    )

    releasing = commands.add_parser("release", help="deliver what was held back")
    telling = commands.add_parser("truth", help="write who is active on each day, for tests")
    telling.add_argument("--out", type=Path, required=True)

    for command in (making, living):
        command.add_argument("--core-dsn", required=True)
        command.add_argument("--cards-dsn", required=True)
    for command in (making, living, telling):
        command.add_argument("--vendors-dsn", required=True)
        command.add_argument(
            "--memory", type=Path, help="folder for the world's state; saves living it again"
        )
    for command in (making, living, releasing):
        command.add_argument("--drop", type=Path, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
