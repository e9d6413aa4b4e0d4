"""Sessions of the app: which events are together, whose, when, and whether they saw the main page."""

from collections import Counter

from include.sandbox.bank.truth.sessions import Sessions, sessions
from include.sandbox.bank.world import World
from include.sandbox.scores.score import Ask, Score, microseconds, party_rows

# Identifiers of events are random: the least, the greatest and their number tell two sets apart.
EVENTS_TOGETHER = """
select count(*) as events, min(event_id) as least_id, max(event_id) as greatest_id
from silver.int_session__event
group by session_id
"""
PUBLISHED = "select party_id, started_at, ended_at, event_count, saw_main_page from gold.fct_session"
HEXADECIMAL = 16

Key = tuple[int, ...]


def score(world: World, ask: Ask) -> Score:
    truth = sessions(world)
    faults = [
        f"{name}: {missing:,} missing, {surplus:,} that are none"
        for name, (missing, surplus) in (
            ("events together", _differing(_sets_of_events(truth), _sets_found(ask))),
            ("published", _differing(_facts(truth), _facts_found(world, ask))),
        )
        if missing or surplus
    ]
    of_people = int((truth.party >= 0).sum())
    text = (
        f"{len(truth.party):,} of {int(truth.events.sum()):,} events, {of_people:,} of known customers:"
        f" {'; '.join(faults) or 'exact'}"
    )
    return Score("sessions", text, f"sessions: {'; '.join(faults)}" if faults else "")


def _differing(truth: Counter[Key], found: Counter[Key]) -> tuple[int, int]:
    return (truth - found).total(), (found - truth).total()


def _sets_of_events(truth: Sessions) -> Counter[Key]:
    return Counter(
        zip(truth.events.tolist(), truth.least_id.tolist(), truth.greatest_id.tolist(), strict=True)
    )


def _sets_found(ask: Ask) -> Counter[Key]:
    return Counter(
        (int(events), int(least, HEXADECIMAL), int(greatest, HEXADECIMAL))
        for events, least, greatest in ask(EVENTS_TOGETHER)
    )


def _facts(truth: Sessions) -> Counter[Key]:
    return Counter(
        zip(
            truth.party.tolist(),
            truth.started_at.tolist(),
            truth.ended_at.tolist(),
            truth.events.tolist(),
            truth.saw_main_page.tolist(),
            strict=True,
        )
    )


def _facts_found(world: World, ask: Ask) -> Counter[Key]:
    rows = ask(PUBLISHED)
    return Counter(
        zip(
            party_rows((row[0] for row in rows), len(world.party)).tolist(),
            microseconds(row[1] for row in rows).tolist(),
            microseconds(row[2] for row in rows).tolist(),
            (int(row[3]) for row in rows),
            (bool(row[4]) for row in rows),
            strict=True,
        )
    )
