"""The warehouse's answers beside the truth: who is who, who is active, how far they came, what a session was.

for score in scores(world, ask):
    print(score.title, score.text, score.fault)
"""

from collections.abc import Iterator

from include.sandbox.bank.world import World
from include.sandbox.scores import activity, identity, sessions, stages
from include.sandbox.scores.score import Ask, Score

__all__ = ["Ask", "Score", "scores"]


def scores(world: World, ask: Ask) -> Iterator[Score]:
    """Every score, of what is published and of the silver behind it.

    Args:
        world: the bank at the end of the last published day.
        ask: runs a query in the warehouse, `%(name)s` standing for its keyword arguments; returns the rows.
    """
    for subject in (identity, activity, stages, sessions):
        yield subject.score(world, ask)
