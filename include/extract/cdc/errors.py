"""What can go wrong with a source that is read as changes, in words that end with the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_manager
import psycopg

from include.contracts import SourceContract
from include.extract.errors import SourceError, SourceRefusedError, SourceUnavailableError, owner

# Classes of SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_GONE = ("08", "53", "57")  # connection, resources, shut down or ended by an administrator
_REFUSED = ("28", "3D", "42")  # who we are, which database, what we may do


class SnapshotNeededError(SourceError):
    """Changes are missing between what was loaded and what the source still holds: read its tables anew."""

    permanent = True


class MalformedStreamError(SourceError):
    """Bytes of the change stream are not what the pgoutput protocol says. Nothing of them was used."""

    permanent = True


@contextmanager
def named(contract: SourceContract, doing: str) -> Iterator[None]:
    """Turns an error without a source into one that names it and what was being done with it."""
    try:
        yield
    except MalformedStreamError as error:
        raise MalformedStreamError(
            f"{contract.name}: {doing} failed: {error}; nothing of it was loaded and the slot keeps it: "
            "find out what changed at the source (a new version of PostgreSQL?) before anything is confirmed"
        ) from error
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).strip()
        raise _from_driver(contract, doing, said, error.sqlstate) from error
    except adbc_driver_manager.Error as error:
        raise _from_driver(contract, doing, str(error).strip(), error.sqlstate) from error


def _from_driver(contract: SourceContract, doing: str, said: str, sqlstate: str | None) -> SourceError:
    kind, then = SourceError, "see the database's log, then clear the task: it is safe to run again"
    # Without a state the server was not reached, or did not let us in.
    if sqlstate is None or sqlstate.startswith(_GONE):
        kind = SourceUnavailableError
        then = f"check that the database runs and that connection {contract.connection_id} is right"
    elif sqlstate.startswith(_REFUSED):
        kind = SourceRefusedError
        then = f"ask {owner(contract)} to put it right for the role of connection {contract.connection_id}"
    return kind(f"{contract.name}: {doing} failed: {said}; {then}")
