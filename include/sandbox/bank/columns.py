"""One table of the world, held as NumPy columns that grow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Columns:
    """Equally long, named columns. A row's number never changes; nothing is ever removed.

    Growth doubles the space, so appending a day costs the day and not the history before it.
    """

    def __init__(self, **dtypes: str) -> None:
        self._length = 0
        self._stored: dict[str, Array] = {name: np.zeros(16, dtype) for name, dtype in dtypes.items()}

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Array:
        """The column as a writable view. An append may move the column: ask again after one."""
        return self._stored[name][: self._length]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._stored)

    def restore(self, columns: Mapping[str, Array]) -> None:
        """Hold these rows instead. Raises ValueError where they are not this table's columns."""
        lengths = {len(column) for column in columns.values()}
        if columns.keys() != self._stored.keys() or len(lengths) != 1:
            raise ValueError(f"not the columns {', '.join(self.names)} in one length")
        if any(columns[name].dtype != column.dtype for name, column in self._stored.items()):
            raise ValueError(f"not of the types of {', '.join(self.names)}")
        self._stored = dict(columns)
        (self._length,) = lengths

    def append(self, count: int, **values: Any) -> Array:
        """Add `count` rows and return their numbers. A scalar fills its column; a column left out is zero."""
        unknown = values.keys() - self._stored.keys()
        if unknown:
            raise KeyError(f"no such columns: {', '.join(sorted(unknown))}")
        start, end = self._length, self._length + count
        for name, column in self._stored.items():
            if end > len(column):
                grown = np.zeros(max(end, 2 * len(column)), column.dtype)
                grown[:start] = column[:start]
                self._stored[name] = grown
            if name in values:
                self._stored[name][start:end] = values[name]
        self._length = end
        return np.arange(start, end)
