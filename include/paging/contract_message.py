"""The words of a broken contract, and of what is odd and breaks nothing. Names and counts, never values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.contracts import SourceContract
from include.paging import links
from include.paging.blocks import SECTION_LIMIT, Block, escape, header, plain, section, small_print
from include.paging.slack import Message

RUNBOOK = "the-source-broke-its-contract"
SHOWN = 10


@dataclass(frozen=True)
class Finding:
    """Something about a day of a source that is not as its contract, or its own past, has it.

    `subject` identifies what is told, within the source; `what` says it in one sentence without any value.
    """

    subject: str
    what: str
    breaking: bool


def breach_message(
    contract: SourceContract, partition: str, findings: Sequence[str], run_url: str
) -> Message:
    """What the owner is told when a day was turned away."""
    headline = f"{contract.title} broke its contract: {partition}"
    waits = (
        "Silver and gold wait for this source: readers keep the day before until it is mended."
        if contract.criticality == "blocking"
        else "Silver and gold go on without this source's day, and say so."
    )
    blocks = (
        header(f":no_entry: {headline}"),
        section("What is wrong", _listed(findings)),
        section("What it means", f"Nothing of this day is in bronze. {waits}"),
        section(
            "Do next",
            f"1. {escape(contract.owner)}: put it right at the source, and say in this thread when that "
            "is done.\n"
            f"2. Is the change meant? Then agree a new version of `{contract.path.name}`; "
            f"`make contract-diff SOURCE={contract.name}` shows who it reaches.\n"
            "3. Clear the failed task. It reads the day again, and nothing is loaded twice.",
        ),
        _facts(contract, partition, run_url),
    )
    return Message(text=f"{headline}. {plain(findings[0])[:300]} Owner: {contract.owner}.", blocks=blocks)


def mended_message(contract: SourceContract, partition: str, run_url: str) -> Message:
    """What the same message says once the run got through."""
    headline = f"{contract.title} keeps its contract again: {partition}"
    finding = "The day was read again and let in. Nothing to do."
    blocks = (
        header(f":white_check_mark: {headline}"),
        section("Mended", finding),
        _facts(contract, partition, run_url),
    )
    return Message(text=f"{headline}. {finding}", blocks=blocks)


def notice_message(contract: SourceContract, partition: str, finding: Finding, run_url: str) -> Message:
    """What the owner is told of something that is odd and holds nothing up."""
    headline = f"{contract.title}: something changed"
    blocks = (
        header(f":eyes: {headline}"),
        section("What was seen", escape(finding.what)),
        section("What it means", "The day was loaded. This is said once."),
        _facts(contract, partition, run_url),
    )
    return Message(text=f"{headline}. {plain(finding.what)} Owner: {contract.owner}.", blocks=blocks)


def _listed(findings: Sequence[str]) -> str:
    lines = [f"• {escape(finding)}" for finding in findings[:SHOWN]]
    if len(findings) > SHOWN:
        lines.append(f"• and {len(findings) - SHOWN} more, in the log of the failed task")
    return "\n".join(lines)[: SECTION_LIMIT - 100]


def _facts(contract: SourceContract, partition: str, run_url: str) -> Block:
    return small_print(
        f"Owner: {escape(contract.owner)}",
        f"Contract `{contract.path.name}` version {contract.version}",
        f"Data: partition {partition}",
        f"<{run_url}|Run>",
        links.runbook(RUNBOOK),
    )
