"""The card ledger's database: its tables, its history and what one day does to it."""

from functools import partial
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np

from include.sandbox.bank.calendar import TORONTO, BusinessDay, local_texts, utc_texts
from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.chapters import Chapter, Delete, Insert, Row, Update, inserts
from include.sandbox.bank.columns import Array
from include.sandbox.bank.core_banking import account_ids, money
from include.sandbox.bank.remarks import PURCHASES
from include.sandbox.bank.spec import CANCELLED, CARD_STATES, CREDIT_CARD, DECLINED, SETTLEMENT_TYPES
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
AUTHORIZATION = (
    "auth_id",
    "card_id",
    "status",
    "decline_reason",
    "amount",
    "currency",
    "merchant_name",
    "merchant_category_code",
    "entry_mode",
    "terminal_time",
    "authorized_at",
    "reversed_at",
)
REVERSAL = ("auth_id", "status", "reversed_at")
SETTLEMENT = ("settlement_id", "auth_id", "settlement_type", "amount", "currency", "batch_id", "settled_at")
FIRST_AUTHORIZATION = 50_000_001
FIRST_SETTLEMENT = 70_000_001

REASONS = ("insufficient_funds", "wrong_pin", "expired_card", "suspected_fraud")
ENTRY_MODES = ("chip", "contactless", "online", "manual")
# Of each of PURCHASES: text, because some begin with a zero.
CATEGORY_CODES = (  # noqa: SIM905 -- reads as a list of codes
    "5814 5411 5812 5942 5813 5814 5812 5251 4111 5411 5999 7523 0742 5999 5541"
).split()
# A terminal prints the time of where it stands, or of where it was set up, and does not say which.
ZONES = (TORONTO, ZoneInfo("America/Vancouver"), ZoneInfo("UTC"))
SHARE_ELSEWHERE = 0.15  # of terminals, half of them in each of the other zones


def history(world: World) -> list[Chapter]:
    """Everything that the card ledger holds at the end of the last lived day."""
    today = world.last_lived
    authorization, settlement = world.authorization, world.settlement
    gone = (authorization["deleted_on"] > 0) & (authorization["deleted_on"] <= today)
    known = np.flatnonzero((authorization["born"] <= today) & ~gone)
    undone = (settlement["deleted_on"] > 0) & (settlement["deleted_on"] <= today)
    settled = np.flatnonzero((settlement["born"] <= today) & ~undone)
    parts = (
        ("public.card", CARD, partial(card_rows, world), np.arange(len(world.card))),
        ("public.card_authorization", AUTHORIZATION, partial(authorization_rows, world), known),
        ("public.settlement", SETTLEMENT, partial(settlement_rows, world), settled),
    )
    return [Chapter("history", chain.from_iterable(inserts(*part) for part in parts))]


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

    def asked(which: Array) -> Insert:
        rows = np.flatnonzero(which)
        return Insert(
            "public.card_authorization", AUTHORIZATION, authorization_rows(world, rows, as_asked=True)
        )

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
        Chapter("authorizations", (asked(arrived & ~is_late),)),
        Chapter("offline", (asked(is_late),)),
        Chapter(
            "reversals", (Update("public.card_authorization", REVERSAL, reversal_rows(world, reversed_)),)
        ),
    ]


def card_ids(rows: Array) -> list[str]:
    return [f"CRD{row + 1:08d}" for row in rows.tolist()]


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


def authorization_rows(world: World, rows: Array, *, as_asked: bool = False) -> list[Row]:
    """As they stand at the end of the last lived day; or `as_asked`, before anything was taken back."""
    authorization, seed = world.authorization, world.spec.seed
    reversed_on = authorization["reversed_on"][rows]
    reversed_ = (reversed_on > 0) & (reversed_on <= world.last_lived) & (not as_asked)
    declined = authorization["outcome"][rows] == DECLINED
    states = np.select([declined, reversed_], ["declined", "reversed"], "approved").tolist()
    reasons = mixed(seed, "decline reason", rows) % np.uint64(len(REASONS))
    modes = mixed(seed, "entry mode", rows) % np.uint64(len(ENTRY_MODES))
    back = utc_texts(authorization["reversed_at"][rows], "+00")
    return [
        (
            key,
            card,
            state,
            REASONS[reason] if state == "declined" else None,
            money(cents),
            "CAD",
            PURCHASES[merchant],
            CATEGORY_CODES[merchant],
            ENTRY_MODES[mode],
            terminal_time,
            asked,
            moment if state == "reversed" else None,
        )
        for key, card, state, reason, cents, merchant, mode, terminal_time, asked, moment in zip(
            (rows + FIRST_AUTHORIZATION).tolist(),
            card_ids(authorization["card"][rows]),
            states,
            reasons.tolist(),
            authorization["cents"][rows].tolist(),
            authorization["merchant"][rows].tolist(),
            modes.tolist(),
            _terminal_times(seed, authorization["asked_at"][rows], rows),
            utc_texts(authorization["asked_at"][rows], "+00"),
            back,
            strict=True,
        )
    ]


def _terminal_times(seed: int, moments: Array, rows: Array) -> list[str]:
    place = fraction(seed, "terminal", rows)
    zone = np.select([place < SHARE_ELSEWHERE / 2, place < SHARE_ELSEWHERE], [1, 2], 0)
    texts = np.empty(len(rows), object)
    for number, its_zone in enumerate(ZONES):
        there = zone == number
        texts[there] = local_texts(moments[there], its_zone)
    return [str(text) for text in texts.tolist()]


def reversal_rows(world: World, rows: Array) -> list[Row]:
    back = utc_texts(world.authorization["reversed_at"][rows], "+00")
    return [
        (key, "reversed", moment)
        for key, moment in zip((rows + FIRST_AUTHORIZATION).tolist(), back, strict=True)
    ]


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
