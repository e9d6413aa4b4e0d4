"""How the DAG ``medallion`` hangs together."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import TriggerRule
from airflow.sdk.exceptions import AirflowSkipException, ParamValidationError

from include.contracts import load_metric_contract, load_sources
from tests.unit.dags.parsing import parsed

STAGES = ["silver", "gold", "checks", "publish", "anomalies"]


def test_it_says_what_it_is_for_whose_it_is_and_what_to_do(dag: Any) -> None:
    contract = load_metric_contract()
    assert contract.owner in dag.doc_md
    assert "When it fails" in dag.doc_md
    assert {task.owner for task in dag.tasks if "." not in task.task_id} == {contract.owner}
    assert set(dag.tags) == {"silver", "gold"}


def test_every_task_is_retried_and_cannot_hang(dag: Any) -> None:
    for task in dag.tasks:
        assert task.retries >= 1, task.task_id
        assert task.execution_timeout, task.task_id


def test_it_waits_for_every_blocking_source(dag: Any) -> None:
    waited_for = {asset.uri for asset in dag.timetable.asset_condition.objects}
    assert waited_for == {
        source.asset_uri for source in load_sources().values() if source.criticality == "blocking"
    }


def test_two_runs_never_share_the_candidate(dag: Any) -> None:
    assert dag.max_active_runs == 1


def test_the_stages_follow_each_other(dag: Any) -> None:
    order = [
        "plan",
        "begin_silver",
        "silver.dbt_producer_watcher",
        "test_silver",
        "begin_gold",
        "check_gold",
    ]
    along_checks = [
        "silver.dbt_producer_watcher",
        "check_silver",
        "begin_gold",
        "gold.dbt_producer_watcher",
        "test_gold",
        "check_gold",
        "publish",
        "detect_anomalies",
        "report_anomalies",
    ]
    for earlier, later in (*itertools.pairwise(order), *itertools.pairwise(along_checks)):
        assert earlier in dag.get_task(later).get_flat_relative_ids(upstream=True)


def test_nothing_is_released_before_the_models_were_held_against_the_contract(dag: Any) -> None:
    check = dag.get_task("check_contract")
    assert check.upstream_task_ids == {"plan"}
    assert "check_gold" in check.downstream_task_ids
    assert check.trigger_rule == TriggerRule.NONE_FAILED


def test_artefacts_are_kept_after_publication_and_nothing_waits_for_them(dag: Any) -> None:
    keep = dag.get_task("keep_artifacts")
    assert keep.upstream_task_ids == {"publish"}
    assert not keep.downstream_task_ids
    assert keep.trigger_rule == TriggerRule.NONE_FAILED
    with pytest.raises(AirflowSkipException):
        keep._pre_execute_hook({"params": {"stages": ["silver"]}})


def test_what_is_left_out_lets_the_next_stage_run_and_what_failed_does_not(dag: Any) -> None:
    for task_id in (
        *(f"{verb}_{stage}" for stage in ("silver", "gold") for verb in ("begin", "test", "check")),
        "publish",
        "detect_anomalies",
    ):
        assert dag.get_task(task_id).trigger_rule == TriggerRule.NONE_FAILED
    for task_id in ("begin_silver", "begin_gold"):
        assert dag.get_task(task_id).ignore_downstream_trigger_rules is False


def test_nothing_in_a_stage_starts_before_its_gate(dag: Any) -> None:
    for stage in ("silver", "gold"):
        for task in dag.tasks:
            if task.task_id.startswith(f"{stage}."):
                assert f"begin_{stage}" in task.get_flat_relative_ids(upstream=True), task.task_id


def test_publish_waits_for_every_model_and_test(dag: Any) -> None:
    before = dag.get_task("publish").get_flat_relative_ids(upstream=True)
    assert {task.task_id for task in dag.tasks if task.task_id.startswith(("silver.", "gold."))} <= before


def test_dbt_learns_the_day_from_its_environment_and_never_from_vars(dag: Any) -> None:
    with_dbt = [task for task in dag.tasks if hasattr(task, "project_dir")]
    assert with_dbt
    for task in with_dbt:
        assert "plan" in task.env["DBT_PARTITION"]
        assert not task.vars


def test_the_sql_is_not_unit_tested_against_the_days_data(dag: Any) -> None:
    assert dag.get_task("silver.dbt_producer_watcher").env["DBT_EXCLUDE_RESOURCE_TYPES"] == "unit_test"


def test_tests_and_anomalies_are_skipped_in_a_run_without_their_stage(dag: Any) -> None:
    for task_id, stage in (
        ("test_silver", "checks"),
        ("test_gold", "checks"),
        ("detect_anomalies", "anomalies"),
    ):
        before = dag.get_task(task_id)._pre_execute_hook
        before({"params": {"stages": [stage]}})
        with pytest.raises(AirflowSkipException):
            before({"params": {"stages": ["silver"]}})


def test_all_stages_run_unless_told_otherwise(dag: Any) -> None:
    assert dag.params["stages"] == STAGES


@pytest.mark.parametrize("stages", [["bogus"], [], "silver", ["silver", "silver"], None])
def test_a_wrong_choice_of_stages_is_refused(dag: Any, stages: Any) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param("stages").resolve(value=stages)


def test_a_deadline_that_is_no_moment_is_refused(dag: Any) -> None:
    with pytest.raises(ParamValidationError):
        dag.params.get_param("due_by").resolve(value=5)


def test_it_has_a_deadline(dag: Any) -> None:
    assert dag.deadline


def test_a_models_worker_finds_its_task_and_no_other_models_and_another_tasks_the_whole_dag(
    dag: Any, manifest_folder: Path
) -> None:
    in_no_group = {task_id for task_id in dag.task_ids if "." not in task_id}
    assert sum(task_id.endswith("_run") for task_id in dag.task_ids) > 50
    for whole in dag.tasks:
        seen = parsed(
            "medallion",
            {
                "DBT_TARGET_PATH": str(manifest_folder),
                "_AIRFLOW_PARSING_CONTEXT_DAG_ID": dag.dag_id,
                "_AIRFLOW_PARSING_CONTEXT_TASK_ID": whole.task_id,
            },
        ).dag
        task = seen.get_task(whole.task_id)
        assert type(task) is type(whole)
        for what in ("retries", "trigger_rule", "model_unique_id", "producer_task_id", "dbt_cmd_flags"):
            assert getattr(task, what, None) == getattr(whole, what, None), (whole.task_id, what)
        if whole.task_id.endswith("_run"):
            assert len(seen.tasks) <= len(in_no_group) + 3, whole.task_id
        else:  # a gate skips what it knows to come after it
            assert set(seen.task_ids) == set(dag.task_ids), whole.task_id
