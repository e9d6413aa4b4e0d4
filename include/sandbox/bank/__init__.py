"""The bank in the box: one seeded, coherent world that writes history and then lives day by day.

It acts as the source systems would, on PostgreSQL, at the SaaS vendors and in a drop folder, and keeps books
of its own from which it can tell who is active. `create`, `advance`, `release` and `truth` are all one needs;
`python -m include.sandbox.bank --help` is the same from a shell.
"""

from include.sandbox.bank.ledger import BankError
from include.sandbox.bank.operations import (
    Places,
    Report,
    advance,
    create,
    founded,
    known_world,
    lived_days,
    release,
    truth,
)
from include.sandbox.bank.spec import WorldSpec

__all__ = [
    "BankError",
    "Places",
    "Report",
    "WorldSpec",
    "advance",
    "create",
    "founded",
    "known_world",
    "lived_days",
    "release",
    "truth",
]
