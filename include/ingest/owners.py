"""What owners of sources hear of their days: broken contracts before the run stops, oddities after a look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from include.contracts import SourceContract
from include.extract.errors import ContractViolationError, DamagedFileError, owner
from include.paging.contract_message import Finding
from include.warehouse.session import Warehouse


class ContractBrokenError(ContractViolationError):
    """A staged day is not what its contract says. Nothing of it is in bronze."""

    def __init__(self, contract: SourceContract, partition: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(finding.what for finding in findings)
        listed = "\n".join(f"  - {what}" for what in self.findings)
        super().__init__(
            f"{contract.name} {partition} broke {contract.path.name} version "
            f"{contract.version}:\n{listed}\nNothing of this day is in bronze. Ask {owner(contract)} to "
            "put it right, or agree a new contract version with them, then clear `extract`."
        )


@contextmanager
def owner_told(contract: SourceContract, partition: str, run_id: str) -> Iterator[None]:
    """Where the source breaks its contract in the block, its owner reads so in Slack; then the error goes on.

    Raises SlackError, with the breach in its words, when the owner could not be told: the task is then tried
    again, finds the same, and tells it.
    """
    try:
        yield
    except (ContractViolationError, DamagedFileError) as breach:
        # Airflow's Slack provider takes a second to import, and on most days there is nothing to tell.
        from include.paging.contract_notices import Run, tell_breach
        from include.paging.slack import SlackError

        findings = breach.findings if isinstance(breach, ContractBrokenError) else (str(breach),)
        try:
            with Warehouse().cursor() as cursor:
                tell_breach(cursor, Run(contract, partition, run_id), findings)
        except SlackError as refusal:
            raise SlackError(f"{breach}\nAnd {owner(contract)} could not be told: {refusal}") from breach
        raise


def tell(contract: SourceContract, partition: str, run_id: str, findings: Sequence[Finding]) -> None:
    """Each oddity once, ever."""
    if not findings:
        return
    from include.paging.contract_notices import Run, tell_oddities

    with Warehouse().cursor() as cursor:
        tell_oddities(cursor, Run(contract, partition, run_id), findings)


def tell_mended(contract: SourceContract, partition: str, run_id: str) -> None:
    """The message about a broken contract of this run, if there was one, says that it is over."""
    with Warehouse().cursor() as cursor:
        cursor.execute(
            "select 1 from raw_control.contract_notice where source = %s and subject = %s",
            (contract.name, f"run/{run_id}"),
        )
        if not cursor.fetchall():
            return
        from include.paging.contract_notices import Run
        from include.paging.contract_notices import tell_mended as amend

        amend(cursor, Run(contract, partition, run_id))
