"""One DAG per source contract: a business day of a source into bronze."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, Param, task
from airflow.sdk.exceptions import AirflowFailException

from include.contracts import TIMEZONE, SourceContract, load_sources
from include.paging import schedule
from include.paging.deadlines import bronze_deadline
from include.paging.links import further_reading
from include.tags import Tag

if TYPE_CHECKING:
    from include.extract.batch import Window

DOC = """
{purpose}

**Owner** {owner}, {channel} · **due** {due:%H:%M} America/Toronto, the day after the partition ·
**{criticality}** · contract `{file}` {version} · {links}

One run loads one business day (Toronto) of {tables} into `{schema}`, append-only and as the source sent it.
`extract` reads the day and puts files on the stage of `{schema}`; `admit` holds them against the contract
and the days before; `load` copies them and writes the load ledger in one transaction; `audit` compares bronze
with ledger, files, contract and source; `confirm` tells the source.

### When it fails
Every task can be cleared at any time: nothing is lost and nothing is loaded twice.
- **prepare**: the warehouse or the source lacks an object or a right; the message names it.
- **extract**: {extract_fails} It tries again by itself for some two hours. Red before that, the source broke
  its contract: the message says what, and whom to ask.
- **admit**: the source broke its contract. Nothing of the day is in bronze, and {channel} has been told.
  Clear `extract` once it is put right (`docs/runbooks/the-source-broke-its-contract.md`).
- **load**: the warehouse did not take the files. Clear it.
- **audit**: bronze is not what the contract says. The message names table and expectation and links the
  report. Ask the owner; downstream waits.
- **confirm**: bronze has the day, the source does not know yet. Clear it.

### By hand
Trigger with a partition key such as `2026-11-18`. A day that is loaded already is read again: what is known
is recognised, what differs is appended. More in `docs/rerun-and-backfill.md`.
"""
EXTRACT_FAILS = {
    "cdc": "the database does not answer, or no longer holds every change since the last load. A snapshot "
    "goes on with the table it was reading.",
    "rest": "the API does not answer, answers with errors, or turns the secret down.",
    "drop": "the file or its checksum is not there yet, or the file is damaged and now in `quarantine/`.",
}
DUE_BY = Param(
    default=None,
    type=["null", "string"],
    format="date-time",
    title="Due by",
    description="Page on-call if this run is not done by then. Scheduled runs have the contract's deadline.",
)
SINCE = Param(
    default=None,
    type=["null", "string"],
    format="date",
    title="Since",
    description="First business day to read together with the partition, for a first load with history.",
)
RESNAPSHOT = Param(
    default=False,
    type="boolean",
    title="Read whole tables again",
    description="Only where the source no longer holds every change since the last load. Appends all rows.",
)


@contextmanager
def stop_where_retrying_cannot_help() -> Iterator[None]:
    """Fail the task for good on errors that no retry can change."""
    from include.extract.errors import SourceError
    from include.quality.checkpoints import CheckpointFailed

    try:
        yield
    except CheckpointFailed as error:
        raise AirflowFailException(str(error)) from error
    except SourceError as error:
        if error.permanent:
            raise AirflowFailException(str(error)) from error
        raise


def window_of(partition_key: str | None, since: str | None) -> Window:
    """The business day a run was triggered for."""
    from include.extract.batch import Window

    if not partition_key:
        raise AirflowFailException(
            "this run has no partition key, so it does not say which day to load; trigger the DAG again with "
            "one, such as 2026-11-18"
        )
    try:
        return Window.of(partition_key, since=date.fromisoformat(since) if since else None)
    except ValueError as error:
        raise AirflowFailException(f"{error} (key and since are days, such as 2026-11-18)") from error


def doc(contract: SourceContract) -> str:
    """What an operator reads on the DAG's page."""
    return DOC.format(
        purpose=contract.purpose,
        owner=contract.owner,
        channel=contract.channel,
        due=contract.due,
        criticality=contract.criticality,
        file=contract.path.name,
        version=contract.version,
        tables=", ".join(table.name for table in contract.tables),
        schema=contract.schema,
        extract_fails=EXTRACT_FAILS[contract.kind],
        links=further_reading("a-source-is-late"),
    )


def bronze(contract: SourceContract) -> DAG:
    """The DAG of one source."""
    with DAG(
        contract.dag_id,
        description=f"{contract.title}: a business day into {contract.schema}",
        schedule=CronPartitionTimetable(
            schedule.CRON, timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"
        ),
        start_date=schedule.scheduled_from(),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=8),
        deadline=bronze_deadline(contract),
        tags=[Tag.BRONZE, Tag(contract.kind), Tag(contract.criticality)],
        doc_md=doc(contract),
        params={
            "due_by": DUE_BY,
            **({"resnapshot": RESNAPSHOT} if contract.kind == "cdc" else {"since": SINCE}),
        },
        default_args={
            "owner": contract.owner,
            "retries": 3,
            "retry_delay": timedelta(seconds=20),
            "retry_exponential_backoff": 1.5,
            "max_retry_delay": timedelta(minutes=2),
            "execution_timeout": timedelta(hours=1),
        },
    ) as dag:

        @task
        def prepare(dag_run: Any = None, params: Any = None) -> None:
            """Make sure that bronze can take the source's rows and that the source can be read."""
            window = window_of(dag_run.partition_key, params.get("since"))
            from include.ingest import steps
            from include.ingest.owners import owner_told

            with stop_where_retrying_cannot_help(), owner_told(contract, window.key, dag_run.run_id):
                steps.prepare(contract, window, resnapshot=params.get("resnapshot", False))

        # max_active_runs does not count a backfill's runs; no source should be read twice at a time.
        @task(retries=60, execution_timeout=timedelta(hours=3), max_active_tis_per_dag=1)
        def extract(dag_run: Any = None, params: Any = None) -> dict[str, Any]:
            """Read the day from the source and put it on the stage; gives the list of files."""
            from include.ingest import steps
            from include.ingest.owners import owner_told

            window = window_of(dag_run.partition_key, params.get("since"))
            with stop_where_retrying_cannot_help(), owner_told(contract, window.key, dag_run.run_id):
                manifest = steps.extract(
                    contract, window, dag_run.run_id, resnapshot=params.get("resnapshot", False)
                )
            return manifest.to_json()

        @task
        def admit(staged: dict[str, Any], dag_run: Any = None, params: Any = None) -> None:
            """Hold the staged day against its contract and the days before; its owner hears what is wrong."""
            from include.ingest import steps
            from include.ingest.owners import owner_told
            from include.landing.manifest import Manifest

            window = window_of(dag_run.partition_key, params.get("since"))
            with stop_where_retrying_cannot_help(), owner_told(contract, window.key, dag_run.run_id):
                steps.admit(
                    contract, window, Manifest.from_json(staged), resnapshot=params.get("resnapshot", False)
                )

        @task(execution_timeout=timedelta(hours=3), max_active_tis_per_dag=1)
        def load(staged: dict[str, Any]) -> dict[str, int]:
            """Copy the staged files into bronze with the ledger, all or nothing; gives the rows added."""
            from include.ingest import steps
            from include.landing.manifest import Manifest

            return steps.load(contract, Manifest.from_json(staged))

        @task
        def audit(staged: dict[str, Any], dag_run: Any = None) -> dict[str, Any]:
            """Compare bronze with ledger, staged files and contract; gives counts and the report."""
            from include.ingest import steps
            from include.landing.manifest import Manifest

            with stop_where_retrying_cannot_help():
                return asdict(steps.audit(contract, Manifest.from_json(staged), dag_run.run_id))

        @task(outlets=[Asset(name=contract.asset_name, uri=contract.asset_uri)])
        def confirm(staged: dict[str, Any]) -> None:
            """Tell the source that bronze has the day, and clear the stage."""
            from include.ingest import steps
            from include.landing.manifest import Manifest

            with stop_where_retrying_cannot_help():
                steps.confirm(contract, Manifest.from_json(staged))

        staged = extract()
        prepare() >> staged
        admit(staged) >> load(staged) >> audit(staged) >> confirm(staged)
    return dag


for source in load_sources().values():
    globals()[source.dag_id] = bronze(source)
