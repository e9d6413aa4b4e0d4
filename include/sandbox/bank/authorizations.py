"""What the card ledger holds of authorizations: their columns, one of which is new, and their rows."""

from zoneinfo import ZoneInfo

import numpy as np

from include.sandbox.bank.announced import first_day
from include.sandbox.bank.calendar import TORONTO, BusinessDay, local_texts, utc_texts
from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.chapters import AddColumn, Row
from include.sandbox.bank.columns import Array
from include.sandbox.bank.core_banking import money
from include.sandbox.bank.remarks import PURCHASES
from include.sandbox.bank.spec import DECLINED
from include.sandbox.bank.world import World

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
WITH_WALLET = (*AUTHORIZATION, "wallet")
ADD_WALLET = AddColumn("public.card_authorization", "wallet", "text")
REVERSAL = ("auth_id", "status", "reversed_at")
FIRST_AUTHORIZATION = 50_000_001

REASONS = ("insufficient_funds", "wrong_pin", "expired_card", "suspected_fraud")
ENTRY_MODES = ("chip", "contactless", "online", "manual")
# Of each of PURCHASES: text, because some begin with a zero.
CATEGORY_CODES = (  # noqa: SIM905 -- reads as a list of codes
    "5814 5411 5812 5942 5813 5814 5812 5251 4111 5411 5999 7523 0742 5999 5541"
).split()
HELD_IN_WALLETS = (ENTRY_MODES.index("contactless"), ENTRY_MODES.index("online"))
WALLETS = (None, None, "apple_pay", "google_pay")
# A terminal prints the time of where it stands, or of where it was set up, and does not say which.
ZONES = (TORONTO, ZoneInfo("America/Vancouver"), ZoneInfo("UTC"))
SHARE_ELSEWHERE = 0.15  # of terminals, half of them in each of the other zones


def wallet_day(world: World) -> int:
    """The day in the middle of which the ledger begins to record wallets; 0 where it always has."""
    return first_day(world.spec, "card_ledger", "card_authorization", "wallet")


def came_with_wallet(world: World, rows: Array) -> Array:
    """Which authorizations were written once there was a column for their wallet."""
    first = wallet_day(world)
    born, asked_at = world.authorization["born"][rows], world.authorization["asked_at"][rows]
    if not first:
        return np.ones(len(rows), bool)
    day = BusinessDay.numbered(first)
    before_noon = (asked_at >= day.start) & (asked_at < (day.start + day.end) // 2)
    return np.asarray((born > first) | ((born == first) & ~before_noon))


def card_ids(rows: Array) -> list[str]:
    return [f"CRD{row + 1:08d}" for row in rows.tolist()]


def authorization_rows(
    world: World, rows: Array, *, as_asked: bool = False, wallet: bool = False
) -> list[Row]:
    """As they stand at the end of the last lived day; or `as_asked`, before anything was taken back.

    In the order of `AUTHORIZATION`, or with `wallet` in that of `WITH_WALLET`.
    """
    authorization, seed = world.authorization, world.spec.seed
    reversed_on = authorization["reversed_on"][rows]
    reversed_ = (reversed_on > 0) & (reversed_on <= world.last_lived) & (not as_asked)
    declined = authorization["outcome"][rows] == DECLINED
    states = np.select([declined, reversed_], ["declined", "reversed"], "approved").tolist()
    reasons = mixed(seed, "decline reason", rows) % np.uint64(len(REASONS))
    modes = mixed(seed, "entry mode", rows) % np.uint64(len(ENTRY_MODES))
    back = utc_texts(authorization["reversed_at"][rows], "+00")
    held = np.where(
        came_with_wallet(world, rows) & np.isin(modes, HELD_IN_WALLETS),
        mixed(seed, "wallet", rows) % np.uint64(len(WALLETS)),
        0,
    )
    wallets: list[tuple[str | None, ...]] = [(WALLETS[code],) if wallet else () for code in held.tolist()]
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
            *in_wallet,
        )
        for key, card, state, reason, cents, merchant, mode, terminal_time, asked, moment, in_wallet in zip(
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
            wallets,
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
