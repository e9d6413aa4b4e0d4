"""The world as it stood when it was last written down, so that a day need not live all before it again.

It saves time and is no evidence: the ledger says what was lived. Whatever here does not fit it is passed
over, and the world is lived again.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.spec import WorldSpec
from include.sandbox.bank.world import World

FILE = "world.npz"
_DIGEST = "digest"


@dataclass(frozen=True)
class Memory:
    """A folder for one world's state; None: nothing is remembered."""

    folder: Path | None

    def remember(self, world: World, digest: str) -> None:
        """Keep the world, under its digest, in place of what was kept before."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / f"{FILE}.part"
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_DIGEST: np.array(digest)}, **_arrays(world))
        unfinished.replace(self.folder / FILE)

    def recall(self, spec: WorldSpec) -> tuple[World, str] | None:
        """The world that was kept, and its digest; None where there is none that this code can read."""
        if self.folder is None or not (self.folder / FILE).exists():
            return None
        world = World(spec)
        try:
            with np.load(self.folder / FILE, allow_pickle=False) as kept:
                if set(kept.files) != {_DIGEST, *_arrays(world)}:
                    return None
                for name, table in _tables(world).items():
                    table.restore({column: kept[f"{name}.{column}"] for column in table.names})
                for name in _numbers(world):
                    setattr(world, name, int(kept[name]))
                return world, str(kept[_DIGEST])
        except (OSError, ValueError, zipfile.BadZipFile):
            return None


def _arrays(world: World) -> dict[str, Array]:
    columns = {
        f"{name}.{column}": table[column] for name, table in _tables(world).items() for column in table.names
    }
    return columns | {name: np.array(value) for name, value in _numbers(world).items()}


def _tables(world: World) -> dict[str, Columns]:
    return {name: value for name, value in vars(world).items() if isinstance(value, Columns)}


def _numbers(world: World) -> dict[str, int]:
    return {name: value for name, value in vars(world).items() if isinstance(value, int)}
