"""The daily file of account reviews."""

import csv
import io

import numpy as np

from include.sandbox.bank.calendar import BusinessDay, toronto_texts
from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.core_banking import account_ids
from include.sandbox.bank.spec import DECISIONS
from include.sandbox.bank.world import World

SOURCE = "drop_account_reviews"
COLUMNS = ("account_id", "reviewed_at", "decision", "reviewer", "reason")
REVIEWERS = ("Marie Tremblay", "Ravi O'Neill", "Søren Gauthier", "Ling Two-Rivers")
REASONS = (
    ("Closed after call-back; all good ✅", "False positive", 'Customer confirmed: "it was me"'),
    ("Periodic review", "Pièce d'identité expirée", "Unusual velocity, see case 14/22"),
    (
        'Customer said: "not me" — card blocked',
        "⚠️ sanctions screening, possible match",
        "Court order, sealed",
    ),
)


def file_name(day: BusinessDay) -> str:
    return f"account_reviews_{day.date.isoformat()}.csv"


def content(world: World, day: BusinessDay) -> bytes:
    """The day's file: UTF-8 with a byte order mark, a header, a line per decision."""
    review, seed = world.review, world.spec.seed
    rows = np.flatnonzero(review["known"] == day.number)
    accounts, moments = review["account"][rows], review["reviewed_at"][rows]
    decision_key = accounts * 4096 + (moments // 1_000_000) % 4096  # a line sent again says the same words
    who = (mixed(seed, "reviewer", decision_key) % np.uint64(len(REVIEWERS))).tolist()
    why = (mixed(seed, "reason", decision_key) % np.uint64(3)).tolist()
    silent = (fraction(seed, "no reason", decision_key) < 0.15).tolist()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for account, moment, decision, reviewer, reason, is_silent in zip(
        account_ids(accounts),
        toronto_texts(moments),
        review["decision"][rows].tolist(),
        who,
        why,
        silent,
        strict=True,
    ):
        writer.writerow(
            (
                account,
                moment,
                DECISIONS[decision],
                REVIEWERS[reviewer],
                "" if is_silent else REASONS[decision][reason],
            )
        )
    return text.getvalue().encode("utf-8-sig")
