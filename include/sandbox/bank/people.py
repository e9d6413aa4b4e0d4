"""What people are called and how they are reached: text made from a person's number, never stored."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import WorldSpec

GIVEN = (  # noqa: SIM905 -- reads as a list of names, a hundred quoted lines would not
    "Olivia Liam Emma Noah Charlotte William Zoë Léa Félix Émile Chloé Jack Amelia Lucas Sophie Mia Nathan "
    "Benjamin Florence Thomas Aarav Priya Wei Mei Hiroshi Yuki Fatima Omar Layla Yusuf Anya Dmitri Ingrid "
    "Søren Siobhán Niamh Kwame Ama Thandiwe José Lucía Mateo Inés João Beatriz Nguyệt Linh Arjun Simran Hyun "
    "Ji-woo Marie-Ève Jean-François Aiyana Nanook Taqtu Isla Owen Grace Ethan"
).split()
FAMILY = (  # noqa: SIM905
    "Smith Brown Tremblay Gagnon Roy Côté Bouchard Gauthier Morin Lavoie Martin Wilson MacDonald Campbell "
    "O'Brien O'Neill McIntyre Singh Kaur Patel Sharma Khan Ahmed Nguyen Trần Lê Li Wang Zhang Chen Chan Wong "
    "Kim Park Tanaka Sato García Rodríguez Fernández Silva Santos Müller Schäfer Kowalski Nowak Ivanov Rossi "
    "D'Angelo Petrov Bianchi Haddad Mansour Okafor Mensah Achebe Jean-Baptiste Saint-Pierre Two-Rivers Kalluk"
).split()
MAIL_DOMAINS = ("example.com", "example.org", "example.net")  # RFC 2606: nobody receives what is sent there
AREA_CODES = (  # noqa: SIM905
    "204 226 236 249 250 289 306 343 403 416 418 431 437 438 450 506 514 519 579 581 587 604 613 639 647 "
    "705 709 778 780 807 819 825 867 873 902 905"
).split()

# Dirt, as shares of a source's records.
SHARE_IN_CAPITALS = 0.06  # names
SHARE_OF_CAPITAL_EMAILS = 0.04
SHARE_IN_FAMILIES = 0.04  # of the bank's first people: two at home with one e-mail address and one telephone


def shares_address(spec: WorldSpec, people: Array) -> Array:
    """By person number, whether they share e-mail address and telephone with somebody at home.

    Only first people do. These are all customers, so that address and number together point at two of them,
    and clause 1.2 links nobody. A lead who shared both with one customer would be that customer.
    """
    return np.asarray(
        (people < spec.first_people)
        & (fraction(spec.seed, "shared address", people // 2) < SHARE_IN_FAMILIES)
    )


def reached_through(spec: WorldSpec, people: Array) -> Array:
    """By person number, whose e-mail address and telephone they give: their own, or those of their family."""
    return np.asarray(np.where(shares_address(spec, people), 2 * (people // 2), people))


@dataclass(frozen=True)
class Reached:
    """How records say that their people are reached: an e-mail address and a telephone, or None."""

    emails: list[str | None]
    phones: list[str | None]


@dataclass(frozen=True)
class Persons:
    """Records of people in one source.

    `people` are the persons' numbers, the same in every source; `rows` are the source's own row numbers,
    which with `source` decide what a record lacks or has typed differently.
    """

    spec: WorldSpec
    source: str
    people: Array
    rows: Array

    @property
    def seed(self) -> int:
        return self.spec.seed

    def given_names(self) -> list[str]:
        return _given_names(self.seed, self.people)

    def family_names(self, versions: Array | int = 0) -> list[str]:
        """A name changes with its version, as by marriage."""
        return _family_names(self.seed, self.people, versions)

    def legal_names(self, versions: Array) -> list[str]:
        """'Given Family'; a share was typed in capitals."""
        loud = self._share("capitals", SHARE_IN_CAPITALS)
        return [
            f"{given} {family}".upper() if is_loud else f"{given} {family}"
            for given, family, is_loud in zip(
                self.given_names(), self.family_names(versions), loud, strict=True
            )
        ]

    def birth_dates(self) -> list[str]:
        days = (mixed(self.seed, "birth", self.people) % np.uint64(60 * 365)).astype(np.int64)
        return [str(date) for date in (np.datetime64("1946-01-01") + days)]

    def insurance_numbers(self, missing: float, dashed: float = 0.0) -> list[str | None]:
        """Numbers that look right, check digit included, and are nobody's: no SIN begins with 8.

        One person has one number; a share of `missing` records do not hold it, a share of `dashed` write it
        as 812-345-678.
        """
        # A permutation of seven digits: no two people of ten million share one.
        middle = (self.people.astype(np.int64) * 7_654_321 + self.seed * 1_000_003) % 10_000_000
        digits = [_with_check_digit(f"8{body:07d}") for body in middle.tolist()]
        return [
            None if gone else f"{number[:3]}-{number[3:6]}-{number[6:]}" if with_dashes else number
            for number, gone, with_dashes in zip(
                digits, self._share("no sin", missing), self._share("dashed sin", dashed), strict=True
            )
        ]

    def emails(self, versions: Array | int, missing: Array | float) -> list[str | None]:
        """One address per person, or family, and version; a share of records has it with capitals."""
        people = reached_through(self.spec, self.people)
        domains = mixed(self.seed, "domain", people) % np.uint64(len(MAIL_DOMAINS))
        texts: list[str | None] = []
        for given, family, person, version, domain, gone, loud in zip(
            _given_names(self.seed, people),
            _family_names(self.seed, people),
            people.tolist(),
            np.broadcast_to(versions, len(self.people)).tolist(),
            domains.tolist(),
            self._share("no email", missing),
            self._share("capital email", SHARE_OF_CAPITAL_EMAILS),
            strict=True,
        ):
            tag = f"+{version}" if version else ""
            address = f"{_plain(given)}.{_plain(family)}{person}{tag}@{MAIL_DOMAINS[domain]}"
            texts.append(None if gone else address.title() if loud else address)
        return texts

    def phones(self, versions: Array | int, missing: Array | float, pattern: str) -> list[str | None]:
        """Lines 0100 to 0199 of 555, set aside for fiction; `pattern` takes the area code and the line."""
        people = reached_through(self.spec, self.people)
        chosen = mixed(self.seed, "phone", people * 16 + np.asarray(versions) % 16)
        areas = (chosen % np.uint64(len(AREA_CODES))).tolist()
        lines = (chosen >> np.uint64(20)) % np.uint64(100) + np.uint64(100)
        return [
            None if gone else pattern.format(AREA_CODES[area], f"{line:04d}")
            for area, line, gone in zip(areas, lines.tolist(), self._share("no phone", missing), strict=True)
        ]

    def _share(self, oddity: str, share: Array | float) -> list[bool]:
        return list((fraction(self.seed, f"{self.source} {oddity}", self.rows) < share).tolist())


def _given_names(seed: int, people: Array) -> list[str]:
    return [GIVEN[name] for name in (mixed(seed, "given", people) % np.uint64(len(GIVEN))).tolist()]


def _family_names(seed: int, people: Array, versions: Array | int = 0) -> list[str]:
    steps = np.broadcast_to(versions, len(people)).astype(np.uint64)
    return [
        FAMILY[name] for name in ((mixed(seed, "family", people) + steps) % np.uint64(len(FAMILY))).tolist()
    ]


def _with_check_digit(body: str) -> str:
    total = sum(
        sum(divmod(2 * int(digit), 10)) if place % 2 else int(digit) for place, digit in enumerate(body)
    )
    return f"{body}{-total % 10}"


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("ø", "o"))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())
