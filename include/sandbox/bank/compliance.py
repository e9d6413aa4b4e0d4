"""A day at compliance: accounts frozen, taken under review, and cleared again."""

import numpy as np

from include.sandbox.bank.calendar import DAY, HOUR, MINUTE, BusinessDay
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.spec import CLEARED, FREEZE, REVIEW
from include.sandbox.bank.world import World

# Dirt, as shares of days.
SHARE_OF_DAYS_WITH_LATE = 0.4  # a decision of last night stands in today's file
SHARE_OF_DAYS_WITH_REPEAT = 0.4  # a line of an earlier file is sent once more


def live(world: World, today: Today) -> None:
    """Take today's decisions and put them, and some again, into today's file."""
    rng = today.rng("compliance")
    account = world.account
    # At least a day between two decisions on one account, so that a late one never overtakes a newer one.
    rested = account["decided_at"] < today.day.start - 2 * DAY
    candidates = np.flatnonzero(
        rested
        & (account["decision"] == CLEARED)
        & (account["closed_at"] == 0)
        & (account["born"] < today.number)
    )
    held = np.flatnonzero(rested & (account["decision"] != CLEARED))
    freezes, reviews = today.level("freezes", 2, 1), today.level("reviews", 3, 1)
    # Twenty or so are held at any time; what goes beyond is cleared, the longest held first.
    clears = max(0, min(len(held) - int(20 * today.scale), today.level("clears", 5, 2)))

    escalated = some(rng, held[account["decision"][held] == REVIEW], min(1, freezes))
    frozen = np.concatenate([escalated, some(rng, candidates, freezes - len(escalated))])
    reviewed = some(rng, np.setdiff1d(candidates, frozen), reviews)
    waiting = np.setdiff1d(held, escalated)
    cleared = waiting[np.argsort(account["decided_at"][waiting], kind="stable")][:clears]
    rows = np.concatenate([frozen, reviewed, cleared])
    decision = np.repeat([FREEZE, REVIEW, CLEARED], [len(frozen), len(reviewed), len(cleared)])

    moment = today.day.scatter(rng, len(rows), 0.35, 0.8)
    if len(rows) and rng.random() < SHARE_OF_DAYS_WITH_LATE:
        # Decided last night after the file was cut: it comes with today's.
        moment[rng.integers(len(rows))] = today.day.start - int(rng.integers(10 * MINUTE, 3 * HOUR))
    account["decision"][rows] = decision
    account["decided_at"][rows] = moment
    _resend(world, today, rng)
    world.review.append(
        len(rows), account=rows, decision=decision, reviewed_at=moment, known=today.number, resent=False
    )


def _resend(world: World, today: Today, rng: np.random.Generator) -> None:
    """Sometimes a line of an earlier file is sent once more, unchanged."""
    since = BusinessDay.numbered(today.number - 5).start
    recent = np.flatnonzero(~world.review["resent"] & (world.review["reviewed_at"] >= since))
    if len(recent) and rng.random() < SHARE_OF_DAYS_WITH_REPEAT:
        row = int(rng.choice(recent))
        world.review.append(
            1,
            account=world.review["account"][row],
            decision=world.review["decision"][row],
            reviewed_at=world.review["reviewed_at"][row],
            known=today.number,
            resent=True,
        )
