"""Where in the source's history a row stands: `<LSN of its commit>/<number in its transaction>`.

Positions sort as text. An LSN (log sequence number) is a byte offset in PostgreSQL's write-ahead log. Having
loaded up to a position with LSN `L` means having loaded all transactions that committed at or before `L`: no
transaction is split between loads.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

LAST_NUMBER = 10**10 - 1
_POSITION = re.compile(r"([0-9A-F]{16})/\d{10}")
_WIDTH = 16 + 1 + 10
_BYTES = np.array([list(f"{byte:02X}".encode()) for byte in range(256)], np.uint8)
_FOURS = np.array([list(f"{number:04d}".encode()) for number in range(10_000)], np.uint8)


def position(lsn: int, number: int = LAST_NUMBER) -> str:
    """The position of a row of the transaction that committed at `lsn`; by default behind all its rows."""
    return f"{lsn:016X}/{number:010d}"


def lsn_of(position: str) -> int:
    """The LSN up to which everything is included, given a position.

    Raises:
        ValueError: the text is not a position.
    """
    match = _POSITION.fullmatch(position)
    if match is None:
        raise ValueError(f"{position!r} is not a position; one looks like 00000000016B3748/0000000002")
    return int(match[1], 16)


def positions(lsns: NDArray[np.int64], numbers: NDArray[np.int64]) -> pa.StringArray:
    """`position` of many rows at once."""
    text = np.empty((len(lsns), _WIDTH), np.uint8)
    text[:, :16] = _BYTES[lsns.astype(">i8").view(np.uint8).reshape(-1, 8)].reshape(-1, 16)
    text[:, 16] = ord("/")
    high, low = np.divmod(numbers, 10**8)
    text[:, 17:19] = _FOURS[high, 2:]
    text[:, 19:23] = _FOURS[low // 10_000]
    text[:, 23:] = _FOURS[low % 10_000]
    offsets = np.arange(len(lsns) + 1, dtype=np.int32) * np.int32(_WIDTH)
    return pa.StringArray.from_buffers(len(lsns), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def from_pg(lsn: str) -> int:
    """An LSN as PostgreSQL writes it (`0/16B3748`) as a number."""
    high, low = lsn.split("/")
    return int(high, 16) << 32 | int(low, 16)


def to_pg(lsn: int) -> str:
    """An LSN as PostgreSQL reads it."""
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"
