"""A day at the counter: further accounts opened, accounts closed, profiles changed, two parties made one."""

import numpy as np

from include.sandbox.bank.calendar import DAY, MINUTE
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.population import SECOND_PRODUCT_SHARES
from include.sandbox.bank.spec import CLEARED, PRIMARY_PRODUCTS
from include.sandbox.bank.world import World

# Nobody becomes inactive for lack of an account on the day they came: closings leave newcomers alone.
SETTLING_IN = 7 * DAY

# Dirt, as shares.
SHARE_OF_DAYS_WITH_MERGE = 0.5
SHARE_REPOINTED = 0.5  # merges after which the survivor's id is written on the accounts, too


def live(world: World, today: Today) -> None:
    rng = today.rng("servicing")
    _open(world, today, rng)
    _close(world, today, rng)
    _change_profiles(world, today, rng)
    if rng.random() < SHARE_OF_DAYS_WITH_MERGE:
        _merge(world, today, rng)


def _open(world: World, today: Today, rng: np.random.Generator) -> None:
    is_open = world.account["closed_at"] == 0
    settled = world.party["created_at"] < today.day.start
    holders = np.unique(world.account["party"][is_open & settled[world.account["party"]]])
    owner = some(rng, holders, today.level("applications", 4, 1))
    moment = today.day.scatter(rng, len(owner), 0.35, 0.85)
    world.account.append(
        len(owner),
        party=owner,
        product=rng.choice(5, len(owner), p=SECOND_PRODUCT_SHARES),
        opened_at=moment,
        updated_at=moment,
        born=today.number,
        touched=today.number,
    )
    world.customer_act.append(len(owner), party=owner, at=moment, known=today.number)


def _close(world: World, today: Today, rng: np.random.Generator) -> None:
    """Close a few accounts; for most of their holders it is the only primary product they have."""
    account = world.account
    can_close = (
        (account["closed_at"] == 0)
        & (account["decision"] == CLEARED)
        & (account["opened_at"] < today.day.start - SETTLING_IN)
    )
    primary = (account["closed_at"] == 0) & (account["product"] < PRIMARY_PRODUCTS)
    root = world.party["root"][account["party"]]
    is_only_primary = primary & (np.bincount(root[primary], minlength=len(world.party))[root] == 1)
    leaving = some(rng, np.flatnonzero(can_close & is_only_primary), today.level("leaving", 3, 1))
    tidying = some(rng, np.flatnonzero(can_close & ~is_only_primary), today.level("tidying", 1, 1))
    closed = np.concatenate([leaving, tidying])
    moment = today.day.scatter(rng, len(closed), 0.35, 0.9)
    account["closed_at"][closed] = account["updated_at"][closed] = moment
    account["touched"][closed] = today.number
    world.customer_act.append(len(closed), party=account["party"][closed], at=moment, known=today.number)


def _change_profiles(world: World, today: Today, rng: np.random.Generator) -> None:
    party = world.party
    settled = np.flatnonzero(party["born"] < today.number)
    moved = some(rng, settled, today.level("profiles", 8, 3))
    party["contact_version"][moved] += 1
    married = moved[: len(moved) // 6]
    party["name_version"][married] += 1
    party["updated_at"][moved] = today.day.scatter(rng, len(moved), 0.3, 0.95)
    party["touched"][moved] = today.number


def _merge(world: World, today: Today, rng: np.random.Generator) -> None:
    """Somebody notices that two parties are one person: the later one is retired into the earlier.

    Now and then the survivor of an earlier merge is retired in turn, which makes a chain.
    """
    party = world.party
    survivors = np.flatnonzero(party["root"] == np.arange(len(party)))
    known = survivors[party["created_at"][survivors] < today.day.start - 2 * DAY]
    person = party["person"][known]
    of_one_person = known[np.bincount(person, minlength=world.people)[person] > 1]
    if len(of_one_person) == 0:
        return
    chosen = party["person"][rng.choice(of_one_person)]
    retired, survivor = _pair(rng, of_one_person[party["person"][of_one_person] == chosen])
    moment = int(today.day.scatter(rng, 1, 0.6, 0.9)[0])
    repointed = bool(rng.random() < SHARE_REPOINTED)
    world.merge.append(
        1, retired=retired, survivor=survivor, merged_at=moment, repointed=repointed, born=today.number
    )
    party["root"][party["root"] == retired] = survivor
    party["updated_at"][retired] = moment + MINUTE
    party["touched"][retired] = today.number
    if repointed:
        moved = np.flatnonzero(world.account["party"] == retired)
        world.account["party"][moved] = survivor
        world.account["updated_at"][moved] = moment
        world.account["touched"][moved] = today.number


def _pair(rng: np.random.Generator, parties: Array) -> tuple[int, int]:
    first, second = sorted(rng.choice(parties, 2, replace=False).tolist())
    # With three on file the eldest may go first, so that the survivor is retired later: a chain.
    return (first, second) if len(parties) > 2 else (second, first)
