"""Bronze to published gold for one business day."""

from __future__ import annotations

import functools
import logging
import operator
from datetime import date, timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, Asset, Param, PartitionedAssetTimetable, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from include.contracts import load_metric_contract, load_sources
from include.governance.plan import Stage
from include.paging.deadlines import medallion_deadline
from include.paging.links import further_reading
from include.tags import Tag
from include.warehouse import dbt_tasks

log = logging.getLogger(__name__)

CONTRACT = load_metric_contract()
SOURCES = load_sources()
BRONZE = [
    Asset(name=source.asset_name, uri=source.asset_uri)
    for source in SOURCES.values()
    if source.criticality == "blocking"
]
GOLD = Asset(name="gold", uri="x-gold://published")

DOC = f"""
Turns one business day of bronze into published gold, and judges its metrics.

- **Owner** {CONTRACT.owner}, {CONTRACT.channel}
- **Read** {further_reading("gold-is-late")}
- **Due** {CONTRACT.gold_due:%H:%M} America/Toronto, the day after the partition
- **Starts** when every blocking source has loaded the partition

`plan` picks the day; `silver` and `gold` build the models, gold as a candidate beside what readers see; the
checks are dbt's tests and reconciliations made outside dbt; `publish` swaps the checked candidate into `gold`
in one statement; then the metrics of the published set are judged.

### When it fails
- **plan**: bronze lacks the day of a blocking source. The message names the DAG to run first. A degradable
  source that lacks it holds nothing up: the build uses what it sent before and says so in
  `governance.built_without`.
- **a model**: its group's `dbt_producer_watcher` has the whole dbt log. Clear the failed tasks when the cause
  is gone. Readers still see the last published set.
- **check_contract**: a line for each model or column that does not hold to the metric contract says what to
  do. Nothing is published until it is done: correct the model and deploy, or the deployment before.
- **test_silver, test_gold**: the end of the log lists the failed tests and their SQL.
- **check_silver, check_gold**: the message names table, expectation, expected and observed, and links the
  report.
- **publish**: clear it. It finds out how far it came and goes on from there.
- **keep_artifacts**: gold is published; catalogues read the artefacts of the run before. Clear it.
- **what was published is wrong**: `python -m include.governance.publication undo` puts the previous set back.

### Running a part of it
Trigger with a partition key and the stages to run; the others are skipped. A day earlier than the published
one is built for the published day: gold never goes back in time.
"""

PARTITION = "{{ ti.xcom_pull(task_ids='plan') }}"

RECORD = ["include.governance.evidence.record_dbt_task", "include.governance.artifacts.keep_results_task"]
DESCRIBE = "include.governance.artifacts.keep_description_task"


def skip_unless(stage: Stage, params: dict[str, Any]) -> None:
    """Leave the task out of a run that did not select its stage."""
    if stage not in params["stages"]:
        raise AirflowSkipException(f"stage {stage} was not selected")


def only_in(stage: Stage) -> dict[str, Any]:
    """Arguments of an operator that is left out of runs without ``stage``."""
    return {
        "pre_execute": lambda context: skip_unless(stage, context["params"]),
        "trigger_rule": TriggerRule.NONE_FAILED,
    }


# A stage that is left out must not stop the next one; one that failed must.
unless_failed = functools.partial(task, trigger_rule=TriggerRule.NONE_FAILED)
gate = functools.partial(
    task.short_circuit, trigger_rule=TriggerRule.NONE_FAILED, ignore_downstream_trigger_rules=False
)

with DAG(
    "medallion",
    description="Bronze to published gold for one business day",
    schedule=PartitionedAssetTimetable(assets=functools.reduce(operator.and_, BRONZE)),
    start_date=pendulum.datetime(2022, 1, 1, tz=CONTRACT.timezone),
    catchup=False,
    max_active_runs=1,  # there is one candidate
    dagrun_timeout=timedelta(hours=8),
    deadline=medallion_deadline(CONTRACT),
    tags=[Tag.SILVER, Tag.GOLD],
    doc_md=DOC,
    default_args={
        "owner": CONTRACT.owner,
        "retries": 2,
        "retry_delay": timedelta(seconds=30),
        "execution_timeout": timedelta(hours=2),
    },
    params={
        "stages": Param(
            default=[stage.value for stage in Stage],
            type="array",
            items={"type": "string", "enum": [stage.value for stage in Stage]},
            minItems=1,
            maxItems=len(Stage),
            uniqueItems=True,
            examples=[stage.value for stage in Stage],
            title="Stages",
            description="What to run, always in the order of a whole run; the rest is skipped. A rebuilt "
            "gold is published only with its checks.",
        ),
        "due_by": Param(
            default=None,
            type=["null", "string"],
            format="date-time",
            title="Due by",
            description="Page on-call if this run is not done by then. Scheduled runs have their deadline "
            "from the metric contract.",
        ),
    },
) as dag:

    @task
    def plan(dag_run: Any = None, params: Any = None, ti: Any = None) -> str:
        """Pick the business day to build for, see that bronze has it, and note which sources lack it."""
        from include.governance import evidence, steps

        day = steps.partition_to_build(dag_run.partition_key, params["stages"])
        log.info("building for %s; asked for %s", day, dag_run.partition_key)
        stage = evidence.Stage(ti.task_id, day, ti.dag_id, ti.run_id, ti.try_number)
        for source, latest in steps.go_on_without(stage).items():
            log.warning("building without %s of %s; its latest day in bronze is %s", source, day, latest)
        return day.isoformat()

    @unless_failed
    def check_contract(params: Any = None, ti: Any = None) -> None:
        """Hold the models against the signed contract; once for each deployment, the result is on record."""
        skip_unless(Stage.CHECKS, params)
        from include.governance import evidence, steps

        with evidence.recording(evidence.stage_of(ti)) as outcome:
            outcome.detail = steps.check_contract(ti.run_id)

    @gate
    def begin_silver(params: Any = None) -> bool:
        """Go on to silver if it is selected."""
        return Stage.SILVER in params["stages"]

    @unless_failed
    def check_silver(day: str, params: Any = None, ti: Any = None) -> str:
        """Check keys and row counts of silver; gives the report's address."""
        skip_unless(Stage.CHECKS, params)
        from include.governance import evidence
        from include.quality import silver

        with evidence.recording(evidence.stage_of(ti)) as outcome:
            summary = silver.check(date.fromisoformat(day), run_name=f"{day}_{ti.run_id}")
            outcome.detail = summary.as_detail()
        return summary.docs

    @gate
    def begin_gold(day: str, params: Any = None, ti: Any = None) -> bool:
        """Open the candidate for a build if gold is selected."""
        if Stage.GOLD not in params["stages"]:
            return False
        from include.governance import steps

        steps.begin_candidate(date.fromisoformat(day), ti.run_id)
        return True

    @unless_failed
    def check_gold(day: str, params: Any = None, ti: Any = None) -> str:
        """Reconcile the candidate and release it for publication; gives the report's address."""
        skip_unless(Stage.CHECKS, params)
        from include.governance import evidence, steps
        from include.quality import gold

        partition = date.fromisoformat(day)
        with evidence.recording(evidence.stage_of(ti)) as outcome:
            steps.see_candidate(partition)
            summary = gold.check(partition, run_name=f"{day}_{ti.run_id}")
            outcome.detail = summary.as_detail()
            steps.release_candidate(partition, ti.run_id)
        return summary.docs

    @unless_failed(outlets=[GOLD])
    def publish(day: str, params: Any = None, ti: Any = None) -> str:
        """Make the released candidate gold, all tables at one moment."""
        skip_unless(Stage.PUBLISH, params)
        from include.governance import evidence, steps

        with evidence.recording(evidence.stage_of(ti)) as outcome:
            done = steps.publish(date.fromisoformat(day), ti.run_id)
            outcome.detail = done.as_detail()
        return done.action

    @task
    def report_anomalies(day: str, dag_run: Any = None) -> int:
        """Tell the metrics' owners in Slack; gives the number of anomalies."""
        from include.paging.anomalies import report_anomalies
        from include.paging.links import run_url

        return report_anomalies(day, run_url(dag_run.dag_id, dag_run.run_id))

    test_silver, test_gold = (
        dbt_tasks.tests(stage, PARTITION, task_id=f"test_{stage}", callback=RECORD, **only_in(Stage.CHECKS))
        for stage in (Stage.SILVER, Stage.GOLD)
    )
    detect_anomalies = dbt_tasks.build(
        "monitoring", PARTITION, task_id="detect_anomalies", callback=RECORD, **only_in(Stage.ANOMALIES)
    )

    keep_artifacts = dbt_tasks.docs(
        PARTITION, task_id="keep_artifacts", callback=DESCRIBE, **only_in(Stage.PUBLISH)
    )

    planned, candidate_checked, published = plan(), check_gold(PARTITION), publish(PARTITION)
    # Beside the build: it compiles the models after a deployment, and looks one row up otherwise.
    planned >> check_contract() >> candidate_checked
    (
        planned
        >> begin_silver()
        >> dbt_tasks.models(Stage.SILVER, PARTITION, callback=RECORD)
        >> [test_silver, check_silver(PARTITION)]
        >> begin_gold(PARTITION)
        >> dbt_tasks.models(Stage.GOLD, PARTITION, callback=RECORD)
        >> test_gold
        >> candidate_checked
        >> published
        >> detect_anomalies
        >> report_anomalies(PARTITION)
    )
    published >> keep_artifacts
