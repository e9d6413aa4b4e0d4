"""Bronze histories of made-up customers, and schedules by which their rows arrive.

A row's place in its source (`_position`, `_partition`) is part of the history. When it lands is the
schedule's: on its day, days before (bronze loaded ahead) or days after (a partition loaded again). Two
schedules of one history end with the same knowledge, because the latest row of a key is the last by
position, whenever it landed. Were the positions shuffled too, they would tell different histories, and
their results would rightly differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from tests.dbt.bronze import Bronze, pg_text, rfc3339

DAYS = tuple(date(2026, 11, 16) + timedelta(days=n) for n in range(4))
"""The partitions; history reaches back from the first."""
FIRST = datetime(2026, 8, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 21, tzinfo=UTC)  # a day beyond the last partition: not known yet by any build

PRODUCTS = ("everyday_chequing", "student_chequing", "high_interest_savings", "credit_card")
TYPES = ("purchase", "bill_payment", "deposit", "payroll", "fee")
BANDS = ("low", "medium", "high", "prohibited")

Rows = list[dict[str, Any]]


@dataclass
class History:
    """Rows per bronze table in the order in which their sources wrote them, with `_partition` and `_op`."""

    tables: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, seed: int, customers: int) -> History:
        """Hypothesis draws the seed: it could not hold a thousand histories drawn one by one."""
        chance = Random(seed)  # noqa: S311 - not for secrets
        history = cls()
        writer = _Writer(history, chance)
        for number in range(customers):
            writer.live(number)
        if chance.random() < 0.5:
            writer.truncate_transactions()
        for rows in history.tables.values():
            rows.sort(key=lambda row: row["_partition"])  # stable: versions of a key stay in their order
        return history


@dataclass
class _Writer:
    history: History
    chance: Random

    def live(self, number: int) -> None:
        """One party with all that it has. About one in four is merged into an earlier one."""
        party = f"P{number:04d}"
        created = self._moment()
        first = {
            "party_id": party,
            "sin": f"hmac-sha256:k:{number}",
            "email": f"{party}@example.com",
            "phone": f"416555{number:04d}",
            "created_at": pg_text(created),
            "updated_at": pg_text(created),
        }
        moved = first | {"phone": f"647555{number:04d}"}
        self._versions("raw_core_banking.party", [first, moved] if self._one_in(6) else [first], deletes=40)
        if number and self._one_in(4):
            merges = [
                {
                    "retired_party_id": party,
                    "surviving_party_id": f"P{self.chance.randrange(number):04d}",
                    "merged_at": pg_text(self._moment()),
                }
                for _ in range(1 + self._one_in(5))
            ]
            self._versions("raw_core_banking.party_merge", merges, deletes=8)
        for at in range(self.chance.randrange(3)):
            self._account(f"A{number:04d}-{at}", party, number * 100 + at * 10)
        self._contact(f"M{number:04d}", party, first)
        if self._one_in(2):
            self._applicant(number, party)
        self._bands(party)

    def truncate_transactions(self) -> None:
        """Somebody empties the table on a day and it is copied again from the start: some of it."""
        table, day = "raw_core_banking.posted_transaction", self.chance.choice(DAYS[1:])
        before = [row for row in self.history.tables[table] if row["_partition"] < day]
        self.history.tables[table].append({"_op": "truncate", "_partition": day})
        self.history.tables[table] += [
            row | {"_partition": day, "_op": "snapshot"} for row in before if self.chance.random() < 0.7
        ]

    def _account(self, account: str, party: str, txn: int) -> None:
        opened = self._moment()
        first = {
            "account_id": account,
            "party_id": party,
            "product_code": self.chance.choice(PRODUCTS),
            "status": "open",
            "opened_at": pg_text(opened),
            "closed_at": None,
            "updated_at": pg_text(opened),
        }
        versions = [first]
        if self._one_in(6):  # somebody mistyped
            versions.append(
                versions[-1] | {"opened_at": pg_text(self._moment()), "product_code": PRODUCTS[0]}
            )
        if self._one_in(8):  # opened for the wrong person
            other = f"P{self.chance.randrange(int(party[1:]) + 1):04d}"
            versions.append(versions[-1] | {"party_id": other})
        if self._one_in(3):
            closed = pg_text(max(opened, self._moment()))
            versions.append(versions[-1] | {"status": "closed", "closed_at": closed, "updated_at": closed})
        self._versions("raw_core_banking.account", versions, deletes=25)
        for turn in range(self.chance.randrange(5)):
            posted = {
                "txn_id": str(txn + turn),
                "account_id": account,
                "txn_type": self.chance.choice(TYPES),
                "amount": "10.00",
                "currency": "CAD",
                "status": "posted",
                "posted_at": pg_text(self._moment()),
            }
            versions = [posted]
            if self._one_in(2):
                versions.append(posted | {"status": "settled"})
            if self._one_in(6):
                versions.append(versions[-1] | {"posted_at": pg_text(self._moment())})
            if self._one_in(10):
                versions.append(versions[-1] | {"account_id": f"A{self.chance.randrange(99):04d}-0"})
            self._versions("raw_core_banking.posted_transaction", versions, deletes=8)
        decisions = [
            {
                "account_id": account,
                "reviewed_at": self._moment().isoformat(),
                "decision": self.chance.choice(("freeze", "review", "clear")),
            }
            for _ in range(self.chance.choice((0, 0, 0, 2)))
        ]
        for decision in decisions:
            self._versions("raw_drop_account_reviews.review", [decision])

    def _contact(self, contact: str, party: str, known: dict[str, Any]) -> None:
        """Answers of a contact that is known by its number, by phone and e-mail, or at first by nothing."""
        named = self._one_in(2)
        states = [
            {
                "contact_id": contact,
                "external_id": party if named or (at and self._one_in(2)) else None,
                "email": known["email"],
                "phone": known["phone"],
                "operational_opt_in": str(self.chance.random() < 0.7).lower(),
                "marketing_opt_in": "true",
                "created_at": rfc3339(FIRST),
                "updated_at": rfc3339(moment),
            }
            for at, moment in enumerate(sorted(self._moment() for _ in range(self.chance.randrange(4))))
        ]
        self._versions("raw_marketing_automation.subscription", states)
        for at in range(self.chance.randrange(3)):
            happened = rfc3339(self._moment())
            event = {
                "event_id": f"E{contact}-{at}",
                "contact_id": contact,
                "campaign_id": "G1",
                "event_type": self.chance.choice(("click", "unsubscribe")),
                "occurred_at": happened,
                "recorded_at": happened,
            }
            corrected = event | {"event_type": "open"}
            self._versions(
                "raw_marketing_automation.email_event", [event, corrected] if self._one_in(8) else [event]
            )

    def _applicant(self, number: int, party: str) -> None:
        applicant = f"K{number:04d}"
        by_name = self.chance.choice(({"party_id": party}, {"sin": f"hmac-sha256:k:{number}"}, {"sin": None}))
        self._versions("raw_kyc.applicant", [{"applicant_id": applicant, "state": "pending"} | by_name])
        for kind in ("identity", "document"):
            started = self._moment()
            check = {
                "check_id": f"C{number:04d}-{kind}",
                "applicant_id": applicant,
                "check_type": kind,
                "status": "in_progress",
                "created_at": rfc3339(started),
                "updated_at": rfc3339(started),
            }
            versions = [check]
            for result in self.chance.choice((("clear",), ("consider", "clear"), ("rejected",), ())):
                done = rfc3339(max(started, self._moment()))
                versions.append(
                    check | {"status": "complete", "result": result, "completed_at": done, "updated_at": done}
                )
            self._versions("raw_kyc.verification", versions)

    def _bands(self, party: str) -> None:
        for _ in range(self.chance.randrange(3)):
            scored = self._moment()
            band = {
                "party_id": party,
                "scored_at": rfc3339(scored),
                "band": self.chance.choice(BANDS),
                "score": "50",
                "overridden_by_analyst": "false",
                "updated_at": rfc3339(scored),
            }
            corrected = band | {"band": "low", "overridden_by_analyst": "true"}
            self._versions("raw_aml.risk_band", [band, corrected] if self._one_in(4) else [band])

    def _versions(self, table: str, versions: Rows, deletes: int = 0) -> None:
        """The versions of one key, on days that follow each other; once in `deletes` it goes in the end."""
        days = sorted(self.chance.choices(range(len(DAYS)), weights=(6, 2, 2, 2), k=len(versions) + 1))
        for day, version in zip(days, versions, strict=False):
            rows = [version | {"_partition": DAYS[day], "_op": "insert"}]
            if self._one_in(12):  # sent again, word for word
                rows *= 2
            self.history.tables[table] += rows
        if deletes and self._one_in(deletes):
            self.history.tables[table].append(versions[-1] | {"_partition": DAYS[days[-1]], "_op": "delete"})

    def _moment(self) -> datetime:
        """Round hours, so that windows meet and instants coincide; often of the last days or yet to come."""
        if self._one_in(3):
            return LAST - timedelta(hours=self.chance.randrange(24 * 6))
        return FIRST + timedelta(hours=6 * self.chance.randrange(4 * (LAST - FIRST).days))

    def _one_in(self, number: int) -> bool:
        return self.chance.randrange(number) == 0


@dataclass(frozen=True)
class Landing:
    """A history in a table beside each bronze table, from where its rows are landed step by step."""

    bronze: Bronze
    history: History

    @classmethod
    def prepared(cls, bronze: Bronze, history: History, schedules: Iterator[Random]) -> Landing:
        """Bronze empty, all rows set aside, and for each schedule the steps that a row lands at.

        A row lands on its day most of the time; else up to two steps sooner or later, but by the last step.
        """
        bronze.create()
        bronze.execute("create schema if not exists to_come")
        chances = list(schedules)
        for table, rows in history.tables.items():
            aside = _aside(table)
            bronze.execute(f"create or replace table {aside} like {table}")
            for at in range(len(chances)):
                bronze.execute(f"alter table {aside} add column _step_{at} integer")
            by_day = [
                row | {f"_step_{at}": _step(row["_partition"], chance) for at, chance in enumerate(chances)}
                for row in rows
            ]
            for day in DAYS:
                bronze.land(aside, [_text(row) for row in by_day if row["_partition"] == day], partition=day)
        return cls(bronze, history)

    def clear(self) -> None:
        """Bronze before anything arrived, and no silver or gold made from it."""
        self.bronze.create()
        for schema in ("silver", "gold_candidate"):
            self.bronze.execute(f"drop schema if exists {schema}")

    def land(self, step: int, schedule: int) -> None:
        """The rows that arrive at the step."""
        for table in self.history.tables:
            columns = [row[0] for row in self._columns(table)]
            names = ", ".join(columns)
            values = ", ".join(
                f"'{DAYS[step]} 12:00:00'" if name.upper() == "_LOADED_AT" else name for name in columns
            )
            self.bronze.execute(
                f"insert into {table} ({names}) select {values} from {_aside(table)} "
                f"where _step_{schedule} = {step}"
            )

    def _columns(self, table: str) -> list[tuple[Any, ...]]:
        schema, name = table.upper().split(".")
        return self.bronze.execute(
            "select column_name from information_schema.columns "
            f"where table_schema = '{schema}' and table_name = '{name}' order by ordinal_position"
        )


def _aside(table: str) -> str:
    return "to_come." + table.replace(".", "__")


def _text(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "_partition"}


def _step(partition: date, chance: Random) -> int:
    shift = chance.choices((0, -2, -1, 1, 2), weights=(14, 1, 1, 3, 2))[0]
    return min(max(DAYS.index(partition) + shift, 0), len(DAYS) - 1)
