"""People whom branches sent on to the digital bank: a daily file with a line per referral."""

import csv
import io

import numpy as np

from include.sandbox.bank.announced import first_day
from include.sandbox.bank.calendar import TORONTO, BusinessDay, local_texts
from include.sandbox.bank.chance import Today, fraction, mixed, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import PRODUCTS
from include.sandbox.bank.world import World

SOURCE = "drop_branch_referrals"
COLUMNS = (
    "referral_id",
    "branch",
    "advisor",
    "referred_at",
    "customer_name",
    "phone",
    "email",
    "product",
    "expected_deposit",
    "status",
    "note",
)
TRANSIT = "branch_transit"
STATES = ("new", "contacted", "won", "lost")
NEW, CONTACTED, WON = 0, 1, 2

# Dirt, as shares.
SHARE_LATE = 0.05  # written down yesterday, in today's file
SHARE_REPEATED = 0.04  # of the last week's referrals, in today's file too, exactly as before
SHARE_CORRECTED = 0.15  # days on which an earlier file is sent again, a phone number corrected
SHARE_OF_LEADS = 0.6  # people whom only marketing knows; the others are customers
CORRECTED_WITHIN_DAYS = 5
FOLLOWED_UP_DAYS = 7

BRANCHES = ("Yonge & Bloor", "Montréal — Place-d'Armes", "Halifax", 'Banff "Main"', "Trois-Rivières")
TRANSITS = ("00102", "10001", "00253", "00459", "10631")
ADVISORS = ("Hélène Côté", "Sam O'Neill", "Priya Sharma", "Jürgen Weiß")
NOTES = (
    "",
    "",
    "Prefers French",
    "Saves for a house; wants 4,5 %",
    "Asked twice:\r\nfees? rates?",
    "Card declined — see manager",
    'Said "call me in May"',
    "€ account too",
    "old system: \x00end",
)


def live(world: World, today: Today) -> None:
    rng = today.rng("referrals")
    _follow_up(world, today, rng)
    _correct(world, today, rng)
    leads = world.contact["person"][world.contact["party"] < 0]
    count = today.level("referrals", 8, 3)
    of_leads = some(rng, leads, round(SHARE_OF_LEADS * count))
    person = np.concatenate([of_leads, some(rng, world.party["person"], count - len(of_leads))])
    moment = today.day.scatter(rng, len(person), 0.38, 0.7)
    file = today.number + (rng.random(len(person)) < SHARE_LATE)
    first = int(world.referral["number"].max()) + 1 if len(world.referral) else 0
    world.referral.append(
        len(person),
        number=np.arange(first, first + len(person)),
        person=person,
        product=rng.choice(len(PRODUCTS), len(person)),
        state=NEW,
        referred_at=moment,
        file=file,
    )


def _follow_up(world: World, today: Today, rng: np.random.Generator) -> None:
    """A referral stands in a later file again: with its new state alone changed, or just repeated."""
    line = world.referral
    recent = np.flatnonzero((line["file"] < today.number) & (line["file"] >= today.number - FOLLOWED_UP_DAYS))
    _, last = np.unique(line["number"][recent][::-1], return_index=True)
    latest = recent[::-1][last]
    draw = rng.random(len(latest))
    moved = latest[(draw < 0.12) & (line["state"][latest] <= CONTACTED)]
    repeated = latest[draw > 1 - SHARE_REPEATED]
    kept = ("number", "person", "product", "referred_at", "corrected_on")
    for rows, state in (
        (moved, line["state"][moved] + 1 + (rng.random(len(moved)) < 0.3)),
        (repeated, line["state"][repeated]),
    ):
        values = {name: line[name][rows] for name in kept}
        world.referral.append(len(rows), **values, state=state, file=today.number)


def _correct(world: World, today: Today, rng: np.random.Generator) -> None:
    if rng.random() >= SHARE_CORRECTED:
        return
    line = world.referral
    file = today.number - int(rng.integers(1, CORRECTED_WITHIN_DAYS + 1))
    lines = np.flatnonzero((line["file"] == file) & (line["corrected_on"] == 0))
    wrong = line["number"][lines[: 1 + len(lines) // 4]]
    line["corrected_on"][np.isin(line["number"], wrong)] = today.number


def sent_again(world: World, day: BusinessDay) -> list[BusinessDay]:
    """The days whose files are sent once more on `day`."""
    line = world.referral
    files = line["file"][(line["corrected_on"] == day.number) & (line["file"] < day.number)]
    return [BusinessDay.numbered(number) for number in np.unique(files).tolist()]


def file_name(day: BusinessDay) -> str:
    return f"branch_referrals_{day.date.isoformat()}.csv"


def content(world: World, day: BusinessDay, known_on: int) -> bytes:
    """The day's file as it is sent on day number `known_on`: Windows-1252, semicolons, CRLF.

    A letter that Windows-1252 lacks was lost in the branch's own system: it is a question mark.
    """
    rows = np.flatnonzero(world.referral["file"] == day.number)
    with_transit = known_on >= first_day(world.spec, SOURCE, "referral", TRANSIT)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow((*COLUMNS, TRANSIT) if with_transit else COLUMNS)
    for key, values in zip(
        world.referral["number"][rows].tolist(), _lines(world, rows, known_on), strict=True
    ):
        writer.writerow((*values, TRANSITS[key % len(BRANCHES)]) if with_transit else values)
    return text.getvalue().encode("cp1252", errors="replace")


def referral_ids(numbers: Array) -> list[str]:
    return [f"R{number + 1:07d}" for number in numbers.tolist()]


def _persons(world: World, rows: Array) -> Persons:
    line = world.referral
    return Persons(world.spec, "referral", line["person"][rows], line["number"][rows])


def reached(world: World, rows: Array, known_on: int) -> Reached:
    """As told on day number `known_on`. The telephone first written down was somebody else's."""
    is_wrong = world.referral["corrected_on"][rows] > known_on
    persons = _persons(world, rows)
    phones = persons.phones(np.where(is_wrong, 9, 0), 0.1, "{0}-555-{1}")
    return Reached(persons.emails(0, missing=0.3), phones)


def _lines(world: World, rows: Array, known_on: int) -> list[tuple[str, ...]]:
    line, seed = world.referral, world.spec.seed
    number = line["number"][rows]
    persons, told_of = _persons(world, rows), reached(world, rows, known_on)
    # A file is written anew from the branch's system: also a file sent again says how things stand now.
    told = np.flatnonzero(line["file"] <= known_on)
    state = np.zeros(int(line["number"].max(initial=0)) + 1, np.int8)
    state[line["number"][told]] = line["state"][told]
    dollars = (mixed(seed, "expected deposit", number) % np.uint64(90_000)).tolist()
    return [
        (
            referral_id,
            BRANCHES[key % len(BRANCHES)],
            ADVISORS[key % len(ADVISORS)],
            moment[:16],
            f"{family}, {given}",
            phone or "",
            mail or "",
            PRODUCTS[product],
            f"{deposit:,}".replace(",", " ") + ",00" if tells else "",
            STATES[stands],
            NOTES[key % len(NOTES)],
        )
        for referral_id, key, moment, family, given, phone, mail, product, deposit, tells, stands in zip(
            referral_ids(number),
            number.tolist(),
            local_texts(line["referred_at"][rows], TORONTO),
            persons.family_names(),
            persons.given_names(),
            told_of.phones,
            told_of.emails,
            line["product"][rows].tolist(),
            dollars,
            (fraction(seed, "tells deposit", number) < 0.7).tolist(),
            state[number].tolist(),
            strict=True,
        )
    ]
