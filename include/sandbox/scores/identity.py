"""Links of records to parties, scored against who the records really speak of."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.truth.identity import AMBIGUOUS, LINKED, Resolved, who_is_who
from include.sandbox.bank.world import World
from include.sandbox.scores.score import NOBODY, PRECISION, RECALL, Ask, Score, party_rows

LINKS = "select source_system, record_type, record_id, party_id from silver.int_identity__link"
EXAMPLES = 3


@dataclass
class Figures:
    """Counts over all records that the bank wrote.

    `links` were made, `right` of them to the person whom the record speaks of. `findable` are the records of
    customers that carry a key which some party has; of these `found` are linked right and `ambiguous` rightly
    not at all. `keyless` records of customers carry no such key: nobody could link them. `unexplained` names
    records that clause 1.2 decides and the warehouse decided otherwise, `absent` those it does not have,
    `strange` counts those that the bank did not write.
    """

    links: int = 0
    right: int = 0
    findable: int = 0
    found: int = 0
    ambiguous: int = 0
    keyless: int = 0
    strange: int = 0
    unexplained: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / self.links if self.links else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.findable if self.findable else 0.0


def score(world: World, ask: Ask) -> Score:
    figures = compared(world, ask)
    text = (
        f"precision {figures.precision:.4f} of {figures.links:,} links, recall {figures.recall:.4f} of"
        f" {figures.findable:,} records with a key that a party has (misses: {figures.ambiguous:,} ambiguous,"
        f" {figures.findable - figures.found - figures.ambiguous:,} others);"
        f" {figures.keyless:,} more of customers have no such key"
    )
    faults = []
    if figures.precision < PRECISION:
        faults.append(f"precision {figures.precision:.6f} is below {PRECISION}")
    if figures.recall < RECALL:
        faults.append(f"recall {figures.recall:.6f} is below {RECALL}")
    for what, named in (
        ("not linked as clause 1.2 has it", figures.unexplained),
        ("missing in silver", figures.absent),
    ):
        if named:
            faults.append(f"{len(named)} records {what}: {', '.join(named[:EXAMPLES])}")
    if figures.strange:
        faults.append(f"{figures.strange} records are not the bank's")
    return Score("identity", text, f"identity: {'; '.join(faults)}" if faults else "")


def compared(world: World, ask: Ask) -> Figures:
    links: dict[tuple[str, str], dict[str, str | None]] = defaultdict(dict)
    for source_system, record_type, record_id, party_id in ask(LINKS):
        links[source_system, record_type][record_id] = party_id
    figures = Figures()
    for truth in who_is_who(world):
        kind = truth.records.source_system, truth.records.record_type
        _add(figures, world, truth, links.pop(kind, {}))
    figures.strange += sum(len(unknown) for unknown in links.values())
    return figures


def _add(figures: Figures, world: World, truth: Resolved, links: dict[str, str | None]) -> None:
    """The figures of one kind of record."""
    records = truth.records
    is_there = np.array([record in links for record in records.ids], bool)
    party = party_rows((links.get(record) for record in records.ids), len(world.party))
    made = party != NOBODY
    right = (party >= 0) & (world.party["person"][party] == records.person)
    asked_for = is_there | ~records.gone
    findable = asked_for & truth.is_customer & np.isin(truth.end, (LINKED, AMBIGUOUS))
    by_the_clause = np.where(truth.end == AMBIGUOUS, ~made, (truth.end != LINKED) | (party == truth.party))

    figures.links += int(made.sum())
    figures.right += int(right.sum())
    figures.findable += int(findable.sum())
    figures.found += int((findable & right).sum())
    figures.ambiguous += int((findable & (truth.end == AMBIGUOUS) & ~made).sum())
    figures.keyless += int((asked_for & truth.is_customer & ~findable).sum())
    figures.strange += len(links) - int(is_there.sum())
    figures.absent += _names(truth, asked_for & ~is_there)
    figures.unexplained += [
        f"{name} is {_party(found)}, should be {_party(expected)}"
        for name, found, expected in zip(
            _names(truth, is_there & ~by_the_clause),
            party[is_there & ~by_the_clause].tolist(),
            truth.party[is_there & ~by_the_clause].tolist(),
            strict=True,
        )
    ]


def _names(truth: Resolved, which: Array) -> list[str]:
    records = truth.records
    return [
        f"{records.source_system} {records.record_type} {records.ids[row]}"
        for row in np.flatnonzero(which).tolist()
    ]


def _party(row: int) -> str:
    return party_ids(np.array([row]))[0] if row >= 0 else "nobody"
