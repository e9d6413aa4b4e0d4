"""Active customers, each one, at every day's end and at random instants."""

from collections.abc import Iterator

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.truth.instants import active_through, judged_instants, loaded_books
from include.sandbox.bank.world import World
from include.sandbox.scores.score import Ask, Score, microseconds, moment, party_rows

ACTIVE_STRETCHES = """
select party_id, valid_from, coalesce(valid_to, '9999-12-31'::timestamp_ntz) as valid_to
from gold.dim_customer
where is_active
"""


def score(world: World, ask: Ask) -> Score:
    rows = ask(ACTIVE_STRETCHES)
    party = party_rows((row[0] for row in rows), len(world.party))
    since, until = microseconds(row[1] for row in rows), microseconds(row[2] for row in rows)
    strangers = int((party < 0).sum())
    books = loaded_books(world)
    judged, faults = [], []
    for name, instants in zip(("day ends", "random instants"), judged_instants(world), strict=True):
        answers = active_in_stretches(party, since, until, instants, len(world.party))
        wrong, example = 0, ""
        for instant, truth, found in zip(
            instants.tolist(), active_through(books, instants), answers, strict=True
        ):
            differing = np.flatnonzero(truth != found)
            wrong += len(differing)
            if len(differing) and not example:
                example = f"{party_ids(differing[:1])[0]} at {moment(instant)}"
        judged.append(f"{len(instants):,} {name}")
        if wrong:
            faults.append(f"{wrong:,} customers differ at {name}, such as {example}")
    if strangers:
        faults.append(f"{strangers:,} rows of nobody the bank knows")
    customers = int((world.party["root"] == np.arange(len(world.party))).sum())
    text = f"of {customers:,} customers, at {' and '.join(judged)}: {'; '.join(faults) or 'exact'}"
    return Score("activity", text, f"activity: {'; '.join(faults)}" if faults else "")


def active_in_stretches(
    party: Array, since: Array, until: Array, instants: Array, parties: int
) -> Iterator[Array]:
    """By party row, for each of the ascending `instants`: it lies in one of the stretches [since, until)."""
    begins, ends = np.argsort(since, kind="stable"), np.argsort(until, kind="stable")
    begun, ended = 0, 0
    stretches = np.zeros(parties, np.int64)
    known = party >= 0
    for instant in instants.tolist():
        begun_now = int(np.searchsorted(since, instant, side="right", sorter=begins))
        ended_now = int(np.searchsorted(until, instant, side="right", sorter=ends))
        for rows, step in ((begins[begun:begun_now], 1), (ends[ended:ended_now], -1)):
            np.add.at(stretches, party[rows[known[rows]]], step)
        begun, ended = begun_now, ended_now
        yield stretches > 0
