"""Why a source could not be read. A message names the source, the place in it, and what to do next.

`permanent` says whether trying again could help: a run stops at a permanent error, and retries after others.
"""

from typing import ClassVar

from include.contracts import SourceContract


class SourceError(Exception):
    """A source could not be read."""

    permanent: ClassVar[bool] = False


class SourceNotReadyError(SourceError):
    """What the window needs is not there yet."""


class SourceUnavailableError(SourceError):
    """The source does not answer, or answers with its own failure, for longer than we wait."""


class SourceRefusedError(SourceError):
    """The source turns the request down: our credentials or our configuration are wrong."""

    permanent = True


class ContractViolationError(SourceError):
    """What the source sent is not what its contract says."""

    permanent = True


class DamagedFileError(SourceError):
    """A dropped file is not the one its manifest describes."""

    permanent = True


def owner(contract: SourceContract) -> str:
    """Whom to ask about a source, and where."""
    return f"{contract.owner} in {contract.channel}"


def missing_columns(
    contract: SourceContract, table: str, columns: list[str], where: str
) -> ContractViolationError:
    """The violation of a contract whose table lost columns. `where` says what was read: a path, a file."""
    named = ", ".join(_named(contract, table, column) for column in columns)
    return ContractViolationError(
        f"{where} does not carry {named}, which {contract.path.name} version {contract.version} requires. "
        f"Nothing of this run was loaded. Ask {owner(contract)} to bring it back, "
        "or agree a new contract version with them, then clear this task."
    )


def _named(contract: SourceContract, table: str, column: str) -> str:
    """A column as its owner knows it."""
    at_source = contract.table(table).column(column).physical_name
    return f"{contract.name}.{table}.{column}" + (f" ({at_source} at the source)" if at_source else "")
