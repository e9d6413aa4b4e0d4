"""What statements say about a transaction, with the text that real statements are full of."""

import numpy as np

from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.columns import Array

PURCHASES = (
    "TIM HORTONS #4471",
    "LOBLAWS 1029 TORONTO ON",
    "Café Névé — Montréal",
    'BOOKSHOP "THE OWL"',
    "O'BRIEN'S PUB",
    "🍕 Pizza Nova",
    "Sushi 寿司 Kyo",
    "CDN TIRE 00123",
    "\tPRESTO FARE/4H7ZQ",
    "Marché Jean-Talon, étal 42",
    "AMZN Mktp CA*2X4 ;ref=0",
    "C:\\PARKING\\LOT\\9",
    "👩‍👩‍👧 Daycare",
    "null",
    "PETRO-CANADA 50% OFF",
)
OTHERS = {
    1: ("Hydro One", "Rogers, compte n° 12", "Enbridge Gas", "City of Toronto — taxes", 'Visa "Infinite"'),
    2: ("INTERAC e-Transfer to Sam 🎉", "Virement à Élodie", "Rent; thanks!", "e-Transfer"),
    3: ("ATM 0042 YONGE/BLOOR", "GAB Ste-Catherine"),
    4: ("Mobile deposit", "INTERAC e-Transfer from D'Arcy", "Dépôt au comptoir"),
    5: ("PAYROLL ACME CORP", "Paie — Société Générale d'Énergie"),
    6: ("Interest",),
    7: ("Monthly fee", "NSF fee", "Wire fee"),
}
LONG_SHARE = 0.004
LONG_WORDS = 640


def merchants_of(seed: int, purchases: Array) -> Array:
    """For transactions that are purchases: the place in `PURCHASES` of what their remark names."""
    return np.asarray((mixed(seed, "remark", purchases) % np.uint64(len(PURCHASES))).astype(np.int64))


def remarks(seed: int, kinds: Array, rows: Array) -> list[str | None]:
    """One remark a row, about one in twenty empty.

    A few carry a remittance advice of some ten kilobytes of hex. PostgreSQL stores such a value out of line,
    and an update that does not touch it reports it as unchanged instead of sending it.
    """
    choice = mixed(seed, "remark", rows).tolist()
    empty = (fraction(seed, "no remark", rows) < 0.05).tolist()
    long = (fraction(seed, "long remark", rows) < LONG_SHARE).tolist()
    texts: list[str | None] = []
    for kind, pick, is_empty, is_long in zip(kinds.tolist(), choice, empty, long, strict=True):
        known = OTHERS.get(kind, PURCHASES)
        if is_empty:
            texts.append(None)
        elif is_long:
            texts.append(f"{known[pick % len(known)]} remittance advice {_hex(pick)}")
        else:
            texts.append(known[pick % len(known)])
    return texts


def _hex(start: int) -> str:
    """Text that does not compress: hashes of the numbers from `start` on, in hex."""
    numbers = np.arange(LONG_WORDS, dtype=np.uint64) + np.uint64(start)
    return mixed(0, "remittance", numbers).tobytes().hex()
