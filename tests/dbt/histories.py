"""Made-up lives of customers, and clause 3.1 worked out on them in plain Python, one instant at a time.

Nothing here shares a line with the models: they fold intervals, this looks every fact up anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.dbt.bronze import Bronze, pg_text, rfc3339

FIRST_DAY = datetime(2026, 8, 1, tzinfo=UTC)
PARTITION = date(2026, 11, 18)
AS_OF = datetime(2026, 11, 19, 5, tzinfo=UTC)  # Toronto midnight, winter time
MICROSECOND = timedelta(microseconds=1)
WINDOW = timedelta(hours=720)

PRIMARY = ("everyday_chequing", "student_chequing", "high_interest_savings")
INITIATED = ("purchase", "bill_payment", "transfer_out", "cash_withdrawal", "deposit")
STATUS = {"freeze": "frozen", "review": "under_review", "clear": "active"}


@dataclass(frozen=True)
class Account:
    product: str
    opened_at: datetime
    closed_at: datetime | None
    reviews: dict[datetime, str]
    transactions: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True)
class Party:
    """`merged_into` is a position in the world's list of parties, always an earlier one: no circles."""

    accounts: tuple[Account, ...]
    opt_ins: dict[datetime, bool]
    merged_into: int | None


# Days apart by 30 and microseconds around them, so that windows meet, touch and miss each other.
DAYS = (0, 1, 10, 29, 30, 31, 40, 60, 61, 70, 90, 100, 109, 110)
LENGTHS = (None, None, timedelta(0), MICROSECOND, timedelta(days=30), timedelta(days=61))


def some_instant(chance: Random) -> datetime:
    return FIRST_DAY + timedelta(
        days=chance.choice(DAYS), hours=chance.choice((0, 5)), microseconds=chance.choice((-1, 0, 1))
    )


def some_account(chance: Random) -> Account:
    opened_at, length = some_instant(chance), chance.choice(LENGTHS)
    kinds = (*INITIATED, "payroll", "fee")
    return Account(
        product=chance.choice((*PRIMARY, "credit_card")),
        opened_at=opened_at,
        closed_at=None if length is None else opened_at + length,
        reviews={
            some_instant(chance): chance.choice(tuple(STATUS)) for _ in range(chance.choice((0, 0, 1, 3)))
        },
        transactions=tuple((some_instant(chance), chance.choice(kinds)) for _ in range(chance.randrange(5))),
    )


def world_of(seed: int, size: int = 80) -> list[Party]:
    """Hypothesis chooses the seed: a world drawn by hypothesis itself would be larger than it can hold."""
    chance = Random(seed)  # noqa: S311 - not for secrets
    return [
        Party(
            accounts=tuple(some_account(chance) for _ in range(chance.randrange(4))),
            opt_ins={some_instant(chance): chance.random() < 0.7 for _ in range(chance.randrange(1, 4))},
            merged_into=chance.randrange(number) if number and chance.random() < 0.4 else None,
        )
        for number in range(size)
    ]


def survivor(world: list[Party], number: int) -> int:
    merged_into = world[number].merged_into
    return number if merged_into is None else survivor(world, merged_into)


@dataclass(frozen=True)
class Customer:
    """All that belongs to one survivor."""

    accounts: tuple[Account, ...]
    opt_ins: tuple[tuple[datetime, bool], ...]

    @classmethod
    def of(cls, world: list[Party], number: int) -> Customer:
        members = [party for at, party in enumerate(world) if survivor(world, at) == number]
        return cls(
            accounts=tuple(
                account for party in members for account in party.accounts if account.opened_at < AS_OF
            ),
            opt_ins=tuple(pair for party in members for pair in party.opt_ins.items()),
        )

    @property
    def since(self) -> datetime | None:
        return min((account.opened_at for account in self.accounts), default=None)

    def is_active(self, at: datetime) -> bool:
        return (
            self.primary_product(at) is not None
            and self.acted(at)
            and self.opted_in(at)
            and self.account_status(at) == "active"
        )

    def primary_product(self, at: datetime) -> str | None:
        """Of the open ones, the one opened first; accounts stand in the order of their ids."""
        held = [
            account
            for account in self.accounts
            if account.product in PRIMARY
            and account.opened_at <= at
            and (account.closed_at is None or at < account.closed_at)
        ]
        return min(held, key=lambda account: account.opened_at).product if held else None

    def acts(self) -> list[datetime]:
        moments = [account.opened_at for account in self.accounts]
        moments += [account.closed_at for account in self.accounts if account.closed_at]
        moments += [at for account in self.accounts for at, kind in account.transactions if kind in INITIATED]
        return [moment for moment in moments if moment < AS_OF]

    def acted(self, at: datetime) -> bool:
        return any(at - WINDOW <= moment <= at for moment in self.acts())

    def opted_in(self, at: datetime) -> bool:
        known = [(moment, not state) for moment, state in self.opt_ins if moment <= at]
        return not max(known)[1] if known else False  # of two answers at one instant, the refusal

    def account_status(self, at: datetime) -> str:
        latest = []
        for account in self.accounts:
            known = [moment for moment in account.reviews if moment <= at]
            if known:
                latest.append(STATUS[account.reviews[max(known)]])
        return next((status for status in ("frozen", "under_review") if status in latest), "active")

    def telling_instants(self) -> set[datetime]:
        """Every instant at which something may change, and the microseconds beside it."""
        turns = {AS_OF - MICROSECOND, *self.acts(), *(moment for moment, _ in self.opt_ins)}
        turns |= {moment + WINDOW for moment in self.acts()}
        turns |= {moment for account in self.accounts for moment in account.reviews}
        return {
            near for turn in turns for near in (turn - MICROSECOND, turn, turn + MICROSECOND) if near < AS_OF
        }


def land(world: list[Party], bronze: Bronze) -> None:
    """Write the world to bronze, as its sources would tell it."""
    rows: dict[str, list[dict[str, Any]]] = {
        "party": [],
        "party_merge": [],
        "account": [],
        "posted_transaction": [],
    }
    contacts: list[dict[str, Any]] = []
    reviews: list[dict[str, Any]] = []
    for number, party in enumerate(world):
        name = f"P{number:03d}"
        rows["party"].append(
            {"party_id": name, "created_at": pg_text(FIRST_DAY), "updated_at": pg_text(FIRST_DAY)}
        )
        if party.merged_into is not None:
            rows["party_merge"].append(
                {
                    "retired_party_id": name,
                    "surviving_party_id": f"P{party.merged_into:03d}",
                    "merged_at": pg_text(AS_OF - timedelta(days=1)),
                }
            )
        for at, account in enumerate(party.accounts):
            account_id = f"A{number:03d}-{at}"
            rows["account"].append(
                {
                    "account_id": account_id,
                    "party_id": name,
                    "product_code": account.product,
                    "status": "closed" if account.closed_at else "open",
                    "opened_at": pg_text(account.opened_at),
                    "closed_at": pg_text(account.closed_at) if account.closed_at else None,
                    "updated_at": pg_text(account.closed_at or account.opened_at),
                }
            )
            rows["posted_transaction"] += [
                {
                    "txn_id": str(number * 1000 + at * 100 + turn),
                    "account_id": account_id,
                    "txn_type": kind,
                    "amount": "10.00",
                    "currency": "CAD",
                    "status": "posted",
                    "posted_at": pg_text(moment),
                }
                for turn, (moment, kind) in enumerate(account.transactions)
            ]
            reviews += [
                {"account_id": account_id, "reviewed_at": moment.isoformat(), "decision": decision}
                for moment, decision in account.reviews.items()
            ]
        contacts += [
            {
                "contact_id": f"M{number:03d}",
                "external_id": name,
                "operational_opt_in": str(state).lower(),
                "marketing_opt_in": "false",
                "created_at": rfc3339(FIRST_DAY),
                "updated_at": rfc3339(moment),
            }
            for moment, state in sorted(party.opt_ins.items())
        ]
    for table, given in rows.items():
        bronze.land(f"raw_core_banking.{table}", given, partition=PARTITION, op="insert")
    bronze.land("raw_marketing_automation.subscription", contacts, partition=PARTITION)
    bronze.land("raw_drop_account_reviews.review", reviews, partition=PARTITION)
