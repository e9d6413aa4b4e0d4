"""Run expectations against the warehouse, keep the report, and stop the run when one does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

# Counts only: neither a report nor a log may quote values, which can be a customer's.
ERROR = "an error: "
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}


@dataclass(frozen=True)
class Validation:
    """What must hold of one table or view: its schema and name in the warehouse, and the expectations."""

    schema: str
    table: str
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Failure:
    """One expectation that did not hold."""

    table: str
    expectation: str
    expected: str
    observed: str

    def __str__(self) -> str:
        return f"{self.table}: {self.expectation}: expected {self.expected}, observed {self.observed}"


@dataclass(frozen=True)
class CheckpointSummary:
    """The outcome of one checkpoint run. ``docs`` is the address of its Data Docs."""

    name: str
    run_name: str
    tables: int
    expectations: int
    failures: tuple[Failure, ...]
    docs: str

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.failures

    def as_detail(self) -> dict[str, Any]:
        """For the run's evidence: counts, the report's address, and what failed."""
        return {
            "tables": self.tables,
            "expectations": self.expectations,
            "failed": [str(failure) for failure in self.failures],
            "report": self.docs,
        }


class CheckpointError(Exception):
    """The checkpoint could not be judged: a table is missing, the warehouse did not answer. Worth a retry."""


class CheckpointFailed(AirflowFailException):
    """At least one expectation did not hold; ``summary`` says which. A task that raises it is not retried."""

    def __init__(self, summary: CheckpointSummary) -> None:
        self.summary = summary
        listed = "\n".join(f"  - {failure}" for failure in summary.failures)
        super().__init__(
            f"checkpoint {summary.name}: {len(summary.failures)} of {summary.expectations} "
            f"expectations failed\n"
            f"{listed}\nreport: {summary.docs}"
        )


def run_checkpoint(name: str, validations: Sequence[Validation], run_name: str) -> CheckpointSummary:
    """Check ``validations`` and keep a Data Docs report of them.

    Args:
        name: the checkpoint's name, such as ``silver``; one folder of reports each.
        validations: what must hold, one entry per table.
        run_name: what sets this run's report apart, such as the Airflow run id.

    Raises:
        CheckpointFailed: an expectation did not hold.
        CheckpointError: an expectation could not be judged.
    """
    summary = _run(name, validations, run_name)
    if summary.passed:
        return summary
    failed = CheckpointFailed(summary)
    if any(failure.observed.startswith(ERROR) for failure in summary.failures):
        raise CheckpointError(str(failed))
    raise failed


def _run(name: str, validations: Sequence[Validation], run_name: str) -> CheckpointSummary:
    # Great Expectations takes seconds to import: only a running checkpoint pays for it.
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.datasource.fluent.interfaces import TestConnectionError

    from include.quality.data_docs import Report
    from include.quality.datasource import add_batch, new_context

    context = new_context()
    report = Report.of(name, run_name)
    report.attach(context)
    definitions = []
    for validation in validations:
        table = f"{validation.schema}.{validation.table}"
        suite = context.suites.add(
            gx.ExpectationSuite(name=table, expectations=list(validation.expectations))
        )
        try:
            batch = add_batch(context, validation.schema, validation.table)
        except TestConnectionError as error:
            reason = str(error).splitlines()[0]
            raise CheckpointError(f"checkpoint {name}: {table} cannot be read: {reason}") from error
        definitions.append(
            context.validation_definitions.add(gx.ValidationDefinition(name=table, data=batch, suite=suite))
        )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=name, validation_definitions=definitions, actions=[], result_format=RESULT_FORMAT)
    )
    outcome = checkpoint.run(run_id=RunIdentifier(run_name=report.run_name))
    results = [
        (str(result.suite_name), one) for result in outcome.run_results.values() for one in result.results
    ]
    summary = CheckpointSummary(
        name=name,
        run_name=run_name,
        tables=len(validations),
        expectations=len(results),
        failures=tuple(_failures(results)),
        docs=report.address,
    )
    report.write(context, summary)
    return summary


def _failures(results: Sequence[tuple[str, Any]]) -> Iterator[Failure]:
    for table, result in results:
        if not result.success:
            config = result.expectation_config
            yield Failure(
                table=table,
                expectation=config.type,
                expected=config.description or _arguments(config.kwargs),
                observed=_observed(result),
            )


def _arguments(kwargs: dict[str, Any]) -> str:
    told = {key: value for key, value in kwargs.items() if key != "batch_id"}
    return ", ".join(f"{key}={value}" for key, value in sorted(told.items()))


def _observed(result: Any) -> str:
    if reason := _exception(result.exception_info or {}):
        return f"{ERROR}{reason}"
    found = result.result or {}
    if "observed_value" in found:
        return str(found["observed_value"])
    if "unexpected_count" in found:
        return f"{found['unexpected_count']} of {found.get('element_count', '?')} rows otherwise"
    return "no result"


def _exception(info: dict[str, Any]) -> str | None:
    """The message of what stopped an expectation from being judged; Great Expectations nests it by metric."""
    entries = [info] if "exception_message" in info else list(info.values())
    messages = [entry["exception_message"] for entry in entries if entry.get("exception_message")]
    return str(messages[0]).splitlines()[0] if messages else None
