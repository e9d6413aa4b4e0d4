"""First moments of customers' stages."""

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.truth.stages import NOT_REACHED, stages
from include.sandbox.bank.world import World
from include.sandbox.scores.score import Ask, Score, microseconds, moment, party_rows

REACHED = "select party_id, stage, reached_at from gold.fct_customer_stage"


def score(world: World, ask: Ask) -> Score:
    truth = {name: np.asarray(column) for name, column in vars(stages(world)).items()}
    found, strange = _found(ask, len(world.party), list(truth))
    differs = np.zeros(len(world.party), bool)
    example = ""
    for name, expected in truth.items():
        differing = np.flatnonzero(found[name] != expected)
        differs[differing] = True
        if len(differing) and not example:
            row = differing[0]
            example = (
                f"{party_ids(differing[:1])[0]} {name} {_moment(int(found[name][row]))},"
                f" should be {_moment(int(expected[row]))}"
            )
    faults = []
    if differs.any():
        faults.append(f"{int(differs.sum()):,} customers differ, such as {example}")
    if strange:
        faults.append(f"{strange:,} rows of no stage or customer of the bank")
    counts = ", ".join(f"{name} {int((at != NOT_REACHED).sum()):,}" for name, at in truth.items())
    return Score("stages", f"{counts}: {'; '.join(faults) or 'exact'}", _fault(faults))


def _found(ask: Ask, parties: int, names: list[str]) -> tuple[dict[str, Array], int]:
    """By stage and party row the moment that the warehouse has, and how many rows fit nowhere."""
    rows = ask(REACHED)
    party, at = party_rows((row[0] for row in rows), parties), microseconds(row[2] for row in rows)
    stage = np.array([row[1] for row in rows], str)
    found = {}
    for name in names:
        own = (stage == name) & (party >= 0)
        found[name] = np.full(parties, NOT_REACHED)
        found[name][party[own]] = at[own]
    return found, int(((party < 0) | ~np.isin(stage, names)).sum())


def _moment(at: int) -> str:
    return "never" if at == NOT_REACHED else moment(at)


def _fault(faults: list[str]) -> str:
    return f"stages: {'; '.join(faults)}" if faults else ""
