"""Numpy's view of many binary messages at once: where each lies, and numbers and texts read out of them.

Nothing here loops over rows. A "place" is an index into the bytes; every function takes an array of places.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from include.extract.cdc.errors import MalformedStreamError

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

_BIG_ENDIAN = {2: ">u2", 4: ">u4", 8: ">i8"}


@dataclass(frozen=True)
class Frames:
    """Messages back to back in `data`: message i is `data[starts[i]:ends[i]]`."""

    data: Bytes
    starts: Places
    ends: Places

    @classmethod
    def of(cls, messages: pa.BinaryArray) -> Frames:
        """The messages of an Arrow column, without copying them. None may be null or empty."""
        _, offsets, data = messages.buffers()
        count = len(messages)
        edges = np.frombuffer(offsets, np.int32, count + 1, messages.offset * 4).astype(np.int64)
        return cls(np.frombuffer(data or b"", np.uint8), edges[:-1], edges[1:])

    def __len__(self) -> int:
        return len(self.starts)

    def message(self, index: int) -> bytes:
        """One message, for the rare ones that are not read in columns."""
        return self.data[self.starts[index] : self.ends[index]].tobytes()


def integers(data: Bytes, at: Places, width: int) -> NDArray[np.int64]:
    """The big-endian numbers of `width` bytes (2, 4 or 8) at these places.

    Raises:
        IndexError: a number would lie beyond the bytes.
    """
    # A number begins at every byte: a view that moves on by one byte takes all of them, and copies none.
    everywhere = np.ndarray(max(0, len(data) - width + 1), _BIG_ENDIAN[width], data.data, strides=(1,))
    return everywhere[at].astype(np.int64)


def texts(data: Bytes, at: Places, lengths: NDArray[np.int64], present: Mask) -> pa.StringArray:
    """The UTF-8 texts of these lengths at these places; null where not present.

    The places rise, and no text reaches into the next: Arrow then sees all the bytes as one column, in which
    texts and what lies between them take turns, and picks every other one.
    """
    count = len(at)
    edges = np.zeros(2 * count + 1, np.int32)
    edges[:-1:2] = np.where(present, at, 0)
    edges[1::2] = np.where(present, at + lengths, 0)
    np.maximum.accumulate(edges, out=edges)  # a text that is not there is empty, where the last one ended
    turns = pa.StringArray.from_buffers(2 * count, pa.py_buffer(edges), pa.py_buffer(data))
    found = turns.take(pa.array(np.arange(0, 2 * count, 2)))
    if present.all():
        return found
    _, offsets, values = found.buffers()
    valid = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.StringArray.from_buffers(count, offsets, values, valid, int(count - present.sum()))


class Tuples:
    """Many rows of one relation, read a column at a time. `at` ends behind what has been read so far.

    A row is its number of columns (2 bytes), then per column a kind and, for a value, its length (4 bytes)
    and text.
    """

    def __init__(self, data: Bytes, at: Places, width: int) -> None:
        if (integers(data, at, 2) != width).any():
            raise MalformedStreamError(f"a row has not the {width} columns its relation was described with")
        self.data = data
        self.at = at + 2

    def next_column(self) -> Cells:
        """The next column of every row."""
        kinds = self.data[self.at]
        present = kinds == Cells.TEXT
        lengths = integers(self.data, np.minimum(self.at + 1, len(self.data) - 4), 4)
        cells = Cells(self.data, kinds, self.at + 5, np.where(present, lengths, 0))
        self.at = np.where(present, self.at + 5 + lengths, self.at + 1)
        if (self.at > len(self.data)).any():
            raise MalformedStreamError("a value is longer than its message")
        return cells

    def skip(self, columns: int) -> Places:
        """Read past so many columns; the places behind them."""
        for _ in range(columns):
            self.next_column()
        return self.at


@dataclass(frozen=True)
class Cells:
    """One column of many rows: of which kind each value is, and where its text lies."""

    data: Bytes
    kinds: NDArray[np.uint8]
    starts: Places
    lengths: NDArray[np.int64]

    NULL, TEXT, UNCHANGED = ord("n"), ord("t"), ord("u")

    @property
    def unchanged(self) -> Mask:
        """Where the value was too large to be sent again with an update that did not touch it."""
        mask: Mask = self.kinds == self.UNCHANGED
        return mask

    def texts(self) -> pa.StringArray:
        """The values; null where there is none or none was sent."""
        return texts(self.data, self.starts, self.lengths, self.kinds == self.TEXT)

    def filled(self, rows: NDArray[np.intp], before: Cells) -> Cells:
        """These cells, with unchanged ones among `rows` taken from the former cells of those rows."""
        fill = self.unchanged[rows] & (before.kinds == self.TEXT)
        if not fill.any():
            return self
        kinds, starts, lengths = self.kinds.copy(), self.starts.copy(), self.lengths.copy()
        into = rows[fill]
        kinds[into], starts[into], lengths[into] = self.TEXT, before.starts[fill], before.lengths[fill]
        return Cells(self.data, kinds, starts, lengths)
