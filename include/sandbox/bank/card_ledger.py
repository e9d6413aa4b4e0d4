"""The card ledger's database: its tables, its history and what one day does to it."""

from functools import partial
from itertools import chain

import numpy as np

from include.sandbox.bank.authorizations import (
    ADD_WALLET,
    AUTHORIZATION,
    FIRST_AUTHORIZATION,
    REVERSAL,
    WITH_WALLET,
    authorization_rows,
    came_with_wallet,
    card_ids,
    reversal_rows,
    wallet_day,
)
from include.sandbox.bank.calendar import BusinessDay, utc_texts
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Delete, Insert, Row, Update, inserts
from include.sandbox.bank.columns import Array
from include.sandbox.bank.core_banking import account_ids, money
from include.sandbox.bank.spec import CANCELLED, CARD_STATES, CREDIT_CARD, SETTLEMENT_TYPES
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.world import World

DDL = """
create table if not exists public.card (
    card_id text primary key,
    account_id text not null,
    party_id text not null,
    card_token text not null,
    last_four text not null,
    network text not null,
    card_type text not null,
    status text not null,
    credit_limit numeric(18, 2),
    expires_on date not null,
    issued_at timestamptz not null,
    updated_at timestamptz not null
);
create table if not exists public.card_authorization (
    auth_id bigint primary key,
    card_id text not null,
    status text not null,
    decline_reason text,
    amount numeric(18, 2) not null,
    currency text not null,
    merchant_name text not null,
    merchant_category_code text not null,
    entry_mode text not null,
    terminal_time timestamp not null,
    authorized_at timestamptz not null,
    reversed_at timestamptz
);
create table if not exists public.settlement (
    settlement_id bigint primary key,
    auth_id bigint not null,
    settlement_type text not null,
    amount numeric(18, 2) not null,
    currency text not null,
    batch_id text not null,
    settled_at timestamptz not null
);
"""

CARD = (
    "card_id",
    "account_id",
    "party_id",
    "card_token",
    "last_four",
    "network",
    "card_type",
    "status",
    "credit_limit",
    "expires_on",
    "issued_at",
    "updated_at",
)
CARD_END = ("card_id", "status", "updated_at")
CARD_SWITCH = ("card_id", "status")
SETTLEMENT = ("settlement_id", "auth_id", "settlement_type", "amount", "currency", "batch_id", "settled_at")
FIRST_SETTLEMENT = 70_000_001


def history(world: World) -> list[Chapter]:
    """Everything that the card ledger holds at the end of the last lived day."""
    today = world.last_lived
    authorization, settlement = world.authorization, world.settlement
    gone = (authorization["deleted_on"] > 0) & (authorization["deleted_on"] <= today)
    known = np.flatnonzero((authorization["born"] <= today) & ~gone)
    undone = (settlement["deleted_on"] > 0) & (settlement["deleted_on"] <= today)
    settled = np.flatnonzero((settlement["born"] <= today) & ~undone)
    has_wallet = today >= wallet_day(world)
    columns = WITH_WALLET if has_wallet else AUTHORIZATION
    rows_of = partial(authorization_rows, world, wallet=has_wallet)
    parts = (
        ("public.card", CARD, partial(card_rows, world), np.arange(len(world.card))),
        ("public.card_authorization", columns, rows_of, known),
        ("public.settlement", SETTLEMENT, partial(settlement_rows, world), settled),
    )
    rows = chain.from_iterable(inserts(*part) for part in parts)
    return [Chapter("history", chain([ADD_WALLET] if has_wallet else [], rows))]


def last_day(world: World) -> list[Chapter]:
    """What the last lived day did, in the order in which it did it."""
    today = BusinessDay.numbered(world.last_lived)
    number = today.number
    card, authorization, settlement = world.card, world.authorization, world.settlement
    old_card = card["born"] < number
    ended = np.flatnonzero(old_card & (card["touched"] == number))
    switched = np.flatnonzero(old_card & (card["switched_on"] == number))
    arrived = authorization["born"] == number
    is_late = arrived & (authorization["asked_at"] < today.start)
    purged = np.flatnonzero(authorization["deleted_on"] == number)
    reversed_ = np.flatnonzero(authorization["reversed_on"] == number)
    undone = np.flatnonzero(settlement["deleted_on"] == number)

    def asked(which: Array, *, wallet: bool) -> Insert:
        rows = np.flatnonzero(which)
        return Insert(
            "public.card_authorization",
            WITH_WALLET if wallet else AUTHORIZATION,
            authorization_rows(world, rows, as_asked=True, wallet=wallet),
        )

    has_wallet = number >= wallet_day(world)
    with_wallet = came_with_wallet(world, np.arange(len(authorization)))
    on_time = arrived & ~is_late
    authorized = [Chapter("authorizations", (asked(on_time, wallet=has_wallet),))]
    if number == wallet_day(world):
        authorized = [
            Chapter("authorizations", (asked(on_time & ~with_wallet, wallet=False),)),
            Chapter("wallet", (ADD_WALLET,)),
            Chapter("authorizations with wallet", (asked(on_time & with_wallet, wallet=True),)),
        ]
    return [
        Chapter(
            "settlement",
            (
                Delete("public.settlement", "settlement_id", (undone + FIRST_SETTLEMENT).tolist()),
                Insert(
                    "public.settlement",
                    SETTLEMENT,
                    settlement_rows(world, np.flatnonzero(settlement["born"] == number)),
                ),
            ),
        ),
        Chapter(
            "purge",
            (Delete("public.card_authorization", "auth_id", (purged + FIRST_AUTHORIZATION).tolist()),),
        ),
        Chapter("blocks", (Update("public.card", CARD_SWITCH, switch_rows(world, switched)),)),
        Chapter(
            "cards",
            (
                Insert("public.card", CARD, card_rows(world, np.flatnonzero(card["born"] == number))),
                Update("public.card", CARD_END, end_rows(world, ended)),
            ),
        ),
        *authorized,
        Chapter("offline", (asked(is_late, wallet=has_wallet),)),
        Chapter(
            "reversals", (Update("public.card_authorization", REVERSAL, reversal_rows(world, reversed_)),)
        ),
    ]


def card_rows(world: World, rows: Array) -> list[Row]:
    """The number on the card is not here: a token stands for it, and its last four digits."""
    card, seed = world.card, world.spec.seed
    issued = card["issued_at"][rows]
    is_credit = (world.account["product"][card["account"][rows]] == CREDIT_CARD).tolist()
    years = (issued.astype("datetime64[us]").astype("datetime64[M]") + 48).astype("datetime64[D]")
    return [
        (
            key,
            account,
            party,
            f"tok_{high:016x}{low:016x}",
            f"{high % 10_000:04d}",
            ("visa" if low % 3 else "mastercard") if credit else "interac",
            "credit" if credit else "debit",
            CARD_STATES[status],
            money(limit) if credit else None,
            expires,
            *moments,
        )
        for key, account, party, high, low, credit, status, limit, expires, moments in zip(
            card_ids(rows),
            account_ids(card["account"][rows]),
            party_ids(card["party"][rows]),
            mixed(seed, "card token", rows).tolist(),
            mixed(seed, "card token low", rows).tolist(),
            is_credit,
            card["status"][rows].tolist(),
            card["limit_cents"][rows].tolist(),
            np.datetime_as_string(years, unit="D").tolist(),
            zip(utc_texts(issued, "+00"), utc_texts(card["updated_at"][rows], "+00"), strict=True),
            strict=True,
        )
    ]


def end_rows(world: World, rows: Array) -> list[Row]:
    updated = utc_texts(world.card["updated_at"][rows], "+00")
    return [
        (key, CARD_STATES[CANCELLED], moment) for key, moment in zip(card_ids(rows), updated, strict=True)
    ]


def switch_rows(world: World, rows: Array) -> list[Row]:
    states = world.card["status"][rows].tolist()
    return [(key, CARD_STATES[state]) for key, state in zip(card_ids(rows), states, strict=True)]


def settlement_rows(world: World, rows: Array) -> list[Row]:
    settlement = world.settlement
    return [
        (key, auth, SETTLEMENT_TYPES[kind], money(cents), "CAD", f"B{day}-{key % 7}", moment)
        for key, auth, kind, cents, day, moment in zip(
            (rows + FIRST_SETTLEMENT).tolist(),
            (settlement["authorization"][rows] + FIRST_AUTHORIZATION).tolist(),
            settlement["kind"][rows].tolist(),
            settlement["cents"][rows].tolist(),
            settlement["born"][rows].tolist(),
            utc_texts(settlement["settled_at"][rows], "+00"),
            strict=True,
        )
    ]
