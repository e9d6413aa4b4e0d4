"""The hash of rows, whatever file they are in."""

import hashlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


class ContentHash:
    """SHA-256 over rows: per column which values are null, how long each is, and their bytes.

    A file's own hash will not do to recognise rows that were landed before, because the file also names the
    run that staged it. Rows must come in the same portions to give the same hash.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    def update(self, rows: pa.Table) -> None:
        for column in rows.columns:
            values = column.cast(pa.large_string())
            self._add(pc.is_valid(values).to_numpy().astype(np.uint8))
            present = pc.fill_null(values, "")
            self._add(pc.binary_length(present).to_numpy())
            for chunk in present.chunks:
                _, offsets, data = chunk.buffers()
                ends = np.frombuffer(offsets, np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
                if data is not None:
                    self._add(np.frombuffer(data, np.uint8)[ends[0] : ends[-1]])

    def hexdigest(self) -> str:
        return self._hash.hexdigest()

    def _add(self, values: NDArray[Any]) -> None:
        portion = np.ascontiguousarray(values)
        self._hash.update(portion.data)
        self.size += portion.nbytes
