"""What changed between two versions of a source contract, and what that means to whoever reads the source.

- *breaking*: the source promises less than before, so somebody's query may fail or count differently.
- *additive*: it promises more; nobody has to do anything.
- *editorial*: words, people, and how it is read. The rows are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from include.contracts import Column, SourceContract, Table

Weight = Literal["breaking", "additive", "editorial"]
WEIGHTS: tuple[Weight, ...] = ("breaking", "additive", "editorial")


@dataclass(frozen=True)
class Change:
    """One difference. `table` and `column` are empty where it concerns the whole source or table."""

    weight: Weight
    what: str
    table: str = ""
    column: str = ""

    @property
    def where(self) -> str:
        return ".".join(part for part in (self.table, self.column) if part) or "source"


def changes(old: SourceContract, new: SourceContract) -> list[Change]:
    """Every difference that the project reads from a contract, breaking ones first."""
    found = [*_of_source(old, new), *_of_tables(old, new)]
    return sorted(found, key=lambda change: (WEIGHTS.index(change.weight), change.where))


def version_too_low(old: SourceContract, new: SourceContract, found: list[Change]) -> bool:
    """Whether a breaking change came without raising the first number of the version."""
    breaking = any(change.weight == "breaking" for change in found)
    return breaking and old.version.split(".")[0] == new.version.split(".")[0]


def _of_source(old: SourceContract, new: SourceContract) -> Iterator[Change]:
    if old.kind != new.kind:
        yield Change("breaking", f"is read as {new.kind}, was {old.kind}: positions and operations differ")
    elif old.read != new.read:
        yield Change("editorial", "is read another way")
    if old.criticality != new.criticality:
        loosened = new.criticality == "degradable"
        yield Change(
            "breaking" if loosened else "additive",
            f"criticality {new.criticality}, was {old.criticality}: silver and gold "
            f"{'no longer wait' if loosened else 'wait'} for it",
        )
    if old.due != new.due:
        yield Change(
            "breaking" if new.due > old.due else "additive", f"due at {new.due:%H:%M}, was {old.due:%H:%M}"
        )
    for name in ("title", "owner", "channel", "purpose", "usage", "limitations"):
        if getattr(old, name) != getattr(new, name):
            yield Change("editorial", f"{name} reads otherwise")


def _of_tables(old: SourceContract, new: SourceContract) -> Iterator[Change]:
    before, after = ({table.name: table for table in contract.tables} for contract in (old, new))
    for name in before.keys() - after.keys():
        yield Change("breaking", "is no longer promised", name)
    for name in after.keys() - before.keys():
        yield Change("additive", "is new", name)
    for name in before.keys() & after.keys():
        yield from _of_table(before[name], after[name])


def _of_table(old: Table, new: Table) -> Iterator[Change]:
    if old.key != new.key:
        yield Change("breaking", f"key is {', '.join(new.key)}, was {', '.join(old.key)}", new.name)
    if old.promises.one_row_per_key != new.promises.one_row_per_key:
        kept = new.promises.one_row_per_key
        yield Change(
            "additive" if kept else "breaking",
            f"{'now promises' if kept else 'no longer promises'} one row per key in a file",
            new.name,
        )
    if old.promises.unusual_volume != new.promises.unusual_volume:
        yield Change(
            "editorial", f"a day of unusual volume leads to: {new.promises.unusual_volume}", new.name
        )
    if old.soft_delete != new.soft_delete:
        yield Change("breaking", f"{_when_gone(new)}, was: {_when_gone(old)}", new.name)
    if old.read != new.read:
        yield Change("editorial", "is read another way", new.name)
    if (old.description, old.grain) != (new.description, new.grain):
        yield Change("editorial", "is described otherwise", new.name)
    before, after = ({column.name: column for column in table.columns} for table in (old, new))
    for name in before.keys() - after.keys():
        yield Change("breaking", "is no longer promised", new.name, name)
    for name in after.keys() - before.keys():
        column = after[name]
        when = f", announced for {column.announced_for}" if column.announced_for else ""
        yield Change("additive", f"is new ({column.logical_type}{when})", new.name, name)
    for name in before.keys() & after.keys():
        for weight, what in _of_column(before[name], after[name]):
            yield Change(weight, what, new.name, name)


def _of_column(old: Column, new: Column) -> Iterator[tuple[Weight, str]]:
    if old.logical_type != new.logical_type:
        yield "breaking", f"is {new.logical_type}, was {old.logical_type}"
    elif old.physical_type != new.physical_type:
        yield "editorial", f"is {new.physical_type} at the source, was {old.physical_type}"
    if (was := _written(old)) != (now := _written(new)):
        yield "breaking", f"is written {now}, was {was}: bronze of both is read the new way"
    if old.required != new.required:
        yield (
            "additive" if new.required else "breaking",
            "is always filled" if new.required else "may be empty",
        )
    if old.classification != new.classification:
        yield "breaking", f"is {new.classification}, was {old.classification}: who may read it changes"
    yield from _of_values(old, new)
    if old.misfits != new.misfits:
        yield (
            "additive" if new.misfits < old.misfits else "breaking",
            f"{new.misfits:.0%} of its values may not fit its type, was {old.misfits:.0%}",
        )
    if old.announced_for != new.announced_for:
        yield (
            "additive" if old.announced_for and new.due_on(old.announced_for) else "breaking",
            f"{_when_due(new)}, was {_when_due(old)}",
        )
    if old.description != new.description:
        yield "editorial", "is described otherwise"


def _written(column: Column) -> str:
    if column.logical_type in ("integer", "number"):
        return f"as {column.number_format}"
    if column.logical_type == "timestamp" and not column.zoned:
        return f"in {column.default_timezone}" if column.default_timezone else "without a zone"
    return "the usual way"


def _when_gone(table: Table) -> str:
    gone = table.soft_delete
    return f"a row is gone when {gone.column} is {gone.value}" if gone else "no row that is sent is gone"


def _when_due(column: Column) -> str:
    return f"announced for {column.announced_for}" if column.announced_for else "there from the start"


def _of_values(old: Column, new: Column) -> Iterator[tuple[Weight, str]]:
    if old.enum and not new.enum:
        yield "breaking", "may hold any value"
    elif new.enum and not old.enum:
        yield "additive", f"holds one of {', '.join(new.enum)}"
    else:
        # A consumer that lists the values has no branch for one it never heard of.
        if came := [value for value in new.enum if value not in old.enum]:
            yield "breaking", f"may also hold {', '.join(came)}"
        if went := [value for value in old.enum if value not in new.enum]:
            yield "additive", f"no longer holds {', '.join(went)}"
