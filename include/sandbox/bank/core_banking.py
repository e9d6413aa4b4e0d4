"""The core banking database: its tables, its history and what one day does to it."""

from functools import partial
from itertools import chain

import numpy as np

from include.sandbox.bank.calendar import BusinessDay, utc_texts
from include.sandbox.bank.chapters import Chapter, Delete, Insert, Row, Update, inserts
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.parties import PARTY, PHONE, PROFILE, party_rows, phone_rows, profile_rows
from include.sandbox.bank.remarks import remarks
from include.sandbox.bank.spec import KINDS, PRODUCTS
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.world import World

DDL = """
create table if not exists public.party (
    party_id text primary key,
    legal_name text not null,
    date_of_birth date not null,
    sin text,
    email text,
    phone text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create table if not exists public.account (
    account_id text primary key,
    party_id text not null,
    product_code text not null,
    status text not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    updated_at timestamptz not null
);
create table if not exists public.posted_transaction (
    txn_id bigint primary key,
    account_id text not null,
    txn_type text not null,
    amount numeric(18, 2) not null,
    currency text not null,
    status text not null,
    posted_at timestamptz not null,
    settled_at timestamptz,
    description text
);
create table if not exists public.party_merge (
    retired_party_id text primary key,
    surviving_party_id text not null,
    merged_at timestamptz not null
);
"""

ACCOUNT = ("account_id", "party_id", "product_code", "status", "opened_at", "closed_at", "updated_at")
CLOSING = ("account_id", "status", "closed_at", "updated_at")
OWNER = ("account_id", "party_id", "updated_at")
TRANSACTION = (
    "txn_id",
    "account_id",
    "txn_type",
    "amount",
    "currency",
    "status",
    "posted_at",
    "settled_at",
    "description",
)
SETTLING = ("txn_id", "status", "settled_at")
MERGE = ("retired_party_id", "surviving_party_id", "merged_at")

FIRST_TRANSACTION = 10_000_001


def history(world: World) -> list[Chapter]:
    """Everything that core banking holds at the end of the last lived day."""
    transaction = world.transaction
    gone = (transaction["deleted_on"] > 0) & (transaction["deleted_on"] <= world.last_lived)
    posted = np.flatnonzero((transaction["born"] <= world.last_lived) & ~gone)
    parts = (
        ("public.party", PARTY, partial(party_rows, world), np.arange(len(world.party))),
        ("public.account", ACCOUNT, partial(account_rows, world), np.arange(len(world.account))),
        ("public.posted_transaction", TRANSACTION, partial(transaction_rows, world), posted),
        ("public.party_merge", MERGE, partial(merge_rows, world), np.arange(len(world.merge))),
    )
    return [Chapter("history", chain.from_iterable(inserts(*part) for part in parts))]


def last_day(world: World) -> list[Chapter]:
    """What the last lived day did, in the order in which it did it."""
    day = BusinessDay.numbered(world.last_lived)
    number = day.number
    account, transaction = world.account, world.transaction
    new_party = world.party["born"] == number
    new_account = account["born"] == number
    joining = new_account & new_party[account["party"]]
    further = np.flatnonzero(new_account & ~joining)
    merged = np.flatnonzero(world.merge["born"] == number)
    retired = world.merge["retired"][merged]
    moved = np.flatnonzero(
        np.isin(account["party"], world.merge["survivor"][merged]) & _changed(account, number)
    )
    changed = np.flatnonzero(_changed(world.party, number) & ~np.isin(np.arange(len(world.party)), retired))
    restyled = np.flatnonzero((world.party["styled_on"] == number) & (world.party["touched"] < number))
    closed = np.flatnonzero(_changed(account, number) & (account["closed_at"] >= day.start))

    arrived = transaction["born"] == number
    of_newcomer = arrived & joining[transaction["account"]]
    before_noon = arrived & ~of_newcomer & (transaction["posted_at"] < (day.start + day.end) // 2)
    is_late = before_noon & (transaction["posted_at"] < day.start)
    settling = np.flatnonzero((transaction["settles_on"] == number) & (transaction["born"] < number))
    waived = transaction["deleted_on"] == number

    def posted(which: Array) -> Insert:
        rows = transaction_rows(world, np.flatnonzero(which))
        return Insert("public.posted_transaction", TRANSACTION, rows)

    def unposted(which: Array) -> Delete:
        keys = (np.flatnonzero(which) + FIRST_TRANSACTION).tolist()
        return Delete("public.posted_transaction", "txn_id", keys)

    return [
        Chapter(
            "overnight",
            (
                Update("public.posted_transaction", SETTLING, settling_rows(world, settling)),
                unposted(waived & (transaction["born"] < number)),
            ),
        ),
        # Before anybody else writes: whoever changes today has the new style from the start.
        Chapter("upkeep", (Update("public.party", PHONE, phone_rows(world, restyled)),)),
        Chapter(
            "new customers",
            (
                Insert("public.party", PARTY, party_rows(world, np.flatnonzero(new_party))),
                Insert("public.account", ACCOUNT, account_rows(world, np.flatnonzero(joining))),
                posted(of_newcomer),
            ),
        ),
        Chapter(
            "counter",
            (
                Insert("public.account", ACCOUNT, account_rows(world, further)),
                Update("public.account", CLOSING, closing_rows(world, closed)),
                Update("public.party", PROFILE, profile_rows(world, changed)),
            ),
        ),
        Chapter("morning", (posted(before_noon & ~is_late),)),
        Chapter("afternoon", (posted(arrived & ~before_noon & ~of_newcomer), posted(is_late))),
        Chapter(
            "merges",
            (
                Insert("public.party_merge", MERGE, merge_rows(world, merged)),
                Update("public.party", PROFILE, profile_rows(world, retired)),
                Update("public.account", OWNER, owner_rows(world, moved)),
            ),
        ),
        Chapter("waivers", (unposted(waived & arrived),)),
    ]


def _changed(table: Columns, number: int) -> Array:
    return np.asarray((table["touched"] == number) & (table["born"] < number))


def money(cents: int) -> str:
    """As NUMERIC is written."""
    return f"{cents // 100}.{cents % 100:02d}"


def account_ids(rows: Array) -> list[str]:
    return [f"A{row + 1:08d}" for row in rows.tolist()]


def account_rows(world: World, rows: Array) -> list[Row]:
    account = world.account
    return [
        (account_id, party, PRODUCTS[product], status, opened, closed, updated)
        for (account_id, status, closed, updated), party, product, opened in zip(
            closing_rows(world, rows),
            party_ids(account["party"][rows]),
            account["product"][rows].tolist(),
            utc_texts(account["opened_at"][rows], "+00"),
            strict=True,
        )
    ]


def closing_rows(world: World, rows: Array) -> list[tuple[str, str, str | None, str]]:
    account = world.account
    closed_at = account["closed_at"][rows]
    return [
        (account_id, "closed" if closed else "open", text if closed else None, updated)
        for account_id, closed, text, updated in zip(
            account_ids(rows),
            closed_at.tolist(),
            utc_texts(closed_at, "+00"),
            utc_texts(account["updated_at"][rows], "+00"),
            strict=True,
        )
    ]


def owner_rows(world: World, rows: Array) -> list[Row]:
    owners, updated = world.account["party"][rows], world.account["updated_at"][rows]
    return list(zip(account_ids(rows), party_ids(owners), utc_texts(updated, "+00"), strict=True))


def merge_rows(world: World, rows: Array) -> list[Row]:
    merge = world.merge
    ids = party_ids(merge["retired"][rows]), party_ids(merge["survivor"][rows])
    return list(zip(*ids, utc_texts(merge["merged_at"][rows], "+00"), strict=True))


def settling_rows(world: World, rows: Array) -> list[Row]:
    settled = utc_texts(world.transaction["settles_at"][rows], "+00")
    return [
        (key, "settled", moment)
        for key, moment in zip((rows + FIRST_TRANSACTION).tolist(), settled, strict=True)
    ]


def transaction_rows(world: World, rows: Array) -> list[Row]:
    transaction = world.transaction
    settles_on = transaction["settles_on"][rows]
    settled = ((settles_on > 0) & (settles_on <= world.last_lived)).tolist()
    return [
        (key, account, KINDS[kind], money(cents), "CAD", *state, remark)
        for key, account, kind, cents, state, remark in zip(
            (rows + FIRST_TRANSACTION).tolist(),
            account_ids(transaction["account"][rows]),
            transaction["kind"][rows].tolist(),
            transaction["cents"][rows].tolist(),
            [
                ("settled", posted, moment) if is_settled else ("posted", posted, None)
                for is_settled, posted, moment in zip(
                    settled,
                    utc_texts(transaction["posted_at"][rows], "+00"),
                    utc_texts(transaction["settles_at"][rows], "+00"),
                    strict=True,
                )
            ],
            remarks(world.spec.seed, transaction["kind"][rows], rows),
            strict=True,
        )
    ]
