"""Who is who, and what clause 1.2 of the metric contract can make of what the records carry."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Reached
from include.sandbox.bank.truth.records import NOBODY, Records, records_of_others, records_of_the_bank
from include.sandbox.bank.world import World

SEVERAL = -2
LENGTH_OF_A_NUMBER = 10

# How a record ends by the clause.
LINKED, AMBIGUOUS, UNKNOWN, KEYLESS = 0, 1, 2, 3
ENDS = ("linked", "key of two people", "key nobody has", "no key")


@dataclass(frozen=True)
class Resolved:
    """Records with what the clause makes of them, one element each.

    `party` is the row of the surviving party that the clause links, -1 for nobody, and `end` says why (see
    ENDS). `is_customer`: the person whom the record speaks of has a party, known to the world if not to the
    clause. A record that speaks of nobody known, or of a lead, is of no customer.
    """

    records: Records
    party: Array
    end: Array
    is_customer: Array


class Registry:
    """The keys of the bank's parties, each with the surviving party that has it, or SEVERAL.

    `known` are the parties' own records, `root` the row of each one's survivor.
    """

    def __init__(self, known: Records, root: Array) -> None:
        self._root = np.asarray(root, np.int64)
        self._by_sin = _holders(_digits_only(known.sins), self._root)
        self._by_address = _holders(_addresses(known.reached), self._root)
        self._persons = np.unique(known.person)

    @classmethod
    def of(cls, world: World) -> "Registry":
        return cls(records_of_the_bank(world), world.party["root"])

    def resolve(self, records: Records) -> Resolved:
        """The first key that a record carries and some party has decides: party, number, address."""
        sins, addresses = _digits_only(records.sins), _addresses(records.reached)
        carries = (
            (records.names >= 0)
            | np.array([sin is not None for sin in sins], bool)
            | np.array([address is not None for address in addresses], bool)
        )
        found = np.where(records.names >= 0, self._root[records.names], NOBODY)
        for keys, holders in ((sins, self._by_sin), (addresses, self._by_address)):
            held_by = np.array(
                [NOBODY if key is None else holders.get(key, NOBODY) for key in keys], np.int64
            )
            found = np.where(found == NOBODY, held_by, found)
        end = np.select([found >= 0, found == SEVERAL, carries], [LINKED, AMBIGUOUS, UNKNOWN], KEYLESS)
        is_customer = np.isin(records.person, self._persons)
        return Resolved(records, np.maximum(found, NOBODY), end, is_customer)


def who_is_who(world: World) -> Iterator[Resolved]:
    """Every record of another source, kind by kind."""
    registry = Registry.of(world)
    for records in records_of_others(world):
        yield registry.resolve(records)


def _holders(keys: Iterable[str | None], roots: Array) -> dict[str, int]:
    holders: dict[str, int] = {}
    for key, root in zip(keys, roots.tolist(), strict=True):
        if key is not None:
            holders[key] = root if holders.get(key, root) == root else SEVERAL
    return holders


def _digits_only(texts: Iterable[str | None]) -> list[str | None]:
    return [text and "".join(filter(str.isdigit, text)) for text in texts]


def _addresses(reached: Reached) -> list[str | None]:
    """Ten digits and a lower-case e-mail address; None where the clause makes no key of the two."""
    return [
        _address(phone, email)
        for phone, email in zip(_digits_only(reached.phones), reached.emails, strict=True)
    ]


def _address(digits: str | None, email: str | None) -> str | None:
    if not digits or not email or not email.strip():
        return None
    number = digits[1:] if len(digits) == LENGTH_OF_A_NUMBER + 1 and digits[0] == "1" else digits
    return f"{number} {email.strip().lower()}" if len(number) == LENGTH_OF_A_NUMBER else None
