"""Who speaks of a partition that is not in bronze: its run's deadline, or the watchdog; never both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest

from include.contracts import load_metric_contract, load_sources
from include.paging import overlooked, schedule
from include.paging.dag_states import Obstacle, Run
from include.paging.incidents import Subject
from include.paging.progress import MEDALLION

KYC = load_sources()["kyc"]
REVIEWS = load_sources()["drop_account_reviews"]
METRICS = load_metric_contract()
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (16, 17, 18, 19))
DUE = schedule.due(KYC, WEDNESDAY)
STARTED = schedule.starts(WEDNESDAY) + overlooked.HANDOVER
MINUTE = timedelta(minutes=1)


@dataclass
class Told:
    """Airflow as a test tells it: what keeps DAGs from running, and runs by DAG and partition."""

    obstacles: dict[str, Obstacle] = field(default_factory=dict)
    by_key: dict[tuple[str, str], list[Run]] = field(default_factory=dict)

    def obstacle(self, dag_id: str) -> Obstacle | None:
        return self.obstacles.get(dag_id)

    def runs(self, dag_id: str, partition: str) -> list[Run]:
        return self.by_key.get((dag_id, partition), [])

    def is_busy(self, dag_id: str) -> bool:
        return any(
            run.state in ("queued", "running")
            for (dag, _), runs in self.by_key.items()
            for run in runs
            if dag == dag_id
        )

    def has(self, dag_id: str, partition: date, kind: str, state: str, **more: object) -> Told:
        run = Run(dag_id, f"{kind}__1", kind, state, has_due_by=False, ended=None)
        self.by_key.setdefault((dag_id, partition.isoformat()), []).append(replace(run, **more))  # type: ignore[arg-type]
        return self


def found(
    airflow: Told, now: datetime, *have: date, still_open: tuple[Subject, ...] = ()
) -> list[tuple[date, str]]:
    """What the watchdog would tell of kyc: partition and reason."""
    loaded = {"kyc": frozenset(have)}
    return [
        (one.partition, one.reason) for one in overlooked.sources([KYC], loaded, airflow, now, still_open)
    ]


def test_a_partition_without_a_run_is_told_when_it_is_due_and_not_before() -> None:
    assert found(Told(), DUE - MINUTE, TUESDAY) == []
    assert found(Told(), DUE, TUESDAY) == [(WEDNESDAY, "never_started")]


def test_a_partition_in_bronze_is_not_told() -> None:
    assert found(Told(), DUE, TUESDAY, WEDNESDAY) == []


@pytest.mark.parametrize("state", ["queued", "running", "failed", "success"])
def test_a_scheduled_run_has_its_own_deadline_whatever_becomes_of_it(state: str) -> None:
    airflow = Told().has(KYC.dag_id, WEDNESDAY, "scheduled", state)
    assert found(airflow, DUE + 60 * MINUTE, TUESDAY) == []


@pytest.mark.parametrize("kind", ["manual", "backfill"])
def test_a_run_without_a_deadline_is_waited_for_and_told_when_it_has_failed(kind: str) -> None:
    assert found(Told().has(KYC.dag_id, WEDNESDAY, kind, "running"), DUE, TUESDAY) == []
    assert found(Told().has(KYC.dag_id, WEDNESDAY, kind, "failed"), DUE, TUESDAY) == [(WEDNESDAY, "failed")]


def test_a_run_by_hand_that_was_given_a_deadline_speaks_for_itself() -> None:
    airflow = Told().has(KYC.dag_id, WEDNESDAY, "manual", "failed", has_due_by=True)
    assert found(airflow, DUE, TUESDAY) == []


def test_a_degradable_source_keeps_nobody_awake() -> None:
    crm = replace(KYC, criticality="degradable")
    loaded = {"kyc": frozenset({MONDAY})}
    assert list(overlooked.sources([crm], loaded, Told(), DUE + 600 * MINUTE)) == []


@pytest.mark.parametrize("obstacle", ["paused", "broken", "missing"])
def test_a_dag_that_cannot_run_is_told_as_soon_as_its_run_should_be_there(obstacle: Obstacle) -> None:
    airflow = Told({KYC.dag_id: obstacle})
    assert found(airflow, STARTED, TUESDAY) == [(WEDNESDAY, obstacle)]


@pytest.mark.parametrize("obstacle", ["paused", "missing"])
def test_before_the_night_a_dag_may_be_paused_or_not_parsed_yet(obstacle: Obstacle) -> None:
    assert found(Told({KYC.dag_id: obstacle}), STARTED - MINUTE, TUESDAY) == []


def test_a_file_that_does_not_import_is_told_by_day() -> None:
    noon = schedule.ends(WEDNESDAY) - timedelta(hours=12)
    assert found(Told({KYC.dag_id: "broken"}), noon, TUESDAY) == [(WEDNESDAY, "broken")]


def test_what_was_told_stays_told_until_bronze_has_it_or_a_run_speaks() -> None:
    told = (Subject(KYC.dag_id, WEDNESDAY),)
    assert found(Told(), STARTED, TUESDAY, still_open=told) == [(WEDNESDAY, "never_started")]
    running = Told().has(KYC.dag_id, WEDNESDAY, "scheduled", "running")
    assert found(running, STARTED, TUESDAY, still_open=told) == []
    assert found(Told(), STARTED, TUESDAY, WEDNESDAY, still_open=told) == []


def test_a_hole_between_loaded_days_is_told_and_days_before_the_first_load_are_not() -> None:
    assert found(Told(), DUE, MONDAY, WEDNESDAY) == [(TUESDAY, "never_started")]


def test_only_the_newest_night_of_a_source_that_was_never_loaded_is_owed() -> None:
    assert found(Told(), DUE) == [(WEDNESDAY, "never_started")]


def test_nobody_is_told_of_days_before_the_schedule_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(schedule.FROM, "2100-01-01")
    for obstacle in ("paused", "broken", "missing"):
        airflow = Told({KYC.dag_id: obstacle, MEDALLION: obstacle})  # type: ignore[dict-item]
        assert found(airflow, DUE + 600 * MINUTE) == []
        assert found(airflow, DUE + 600 * MINUTE, MONDAY) == []
        assert gold_found(airflow, DUE, {KYC.name: {WEDNESDAY}, REVIEWS.name: {WEDNESDAY}}) is None


def gold_found(
    airflow: Told, now: datetime, loaded: dict[str, set[date]], published: date | None = TUESDAY
) -> tuple[date, str] | None:
    have = {name: frozenset(days) for name, days in loaded.items()}
    one = overlooked.gold([KYC, REVIEWS], METRICS, have, published, dags=airflow, now=now)
    return (one.partition, one.reason) if one else None


BOTH = {KYC.name: {TUESDAY, WEDNESDAY}, REVIEWS.name: {TUESDAY, WEDNESDAY}}
DONE = schedule.starts(WEDNESDAY) + 20 * MINUTE


def delivered() -> Told:
    """Both sources have announced Wednesday."""
    airflow = Told()
    for source in (KYC, REVIEWS):
        airflow.has(source.dag_id, WEDNESDAY, "scheduled", "success", ended=DONE)
    return airflow


def test_gold_that_nobody_builds_is_told_once_airflow_had_time_to_start() -> None:
    assert gold_found(delivered(), DONE + overlooked.HANDOVER - MINUTE, BOTH) is None
    assert gold_found(delivered(), DONE + overlooked.HANDOVER, BOTH) == (WEDNESDAY, "never_started")


def test_gold_whose_dag_is_paused_is_told_with_the_reason() -> None:
    airflow = delivered()
    airflow.obstacles[MEDALLION] = "paused"
    assert gold_found(airflow, DONE + overlooked.HANDOVER, BOTH) == (WEDNESDAY, "paused")


def test_gold_that_waits_for_a_source_is_not_told() -> None:
    assert gold_found(delivered(), DUE, {**BOTH, KYC.name: {TUESDAY}}) is None


def test_gold_whose_source_is_in_bronze_but_failed_its_audit_is_left_to_the_sources_deadline() -> None:
    airflow = Told().has(KYC.dag_id, WEDNESDAY, "scheduled", "failed")
    airflow.has(REVIEWS.dag_id, WEDNESDAY, "scheduled", "success", ended=DONE)
    assert gold_found(airflow, DUE, BOTH) is None


@pytest.mark.parametrize("state", ["queued", "running", "failed"])
def test_gold_whose_run_started_has_its_own_deadline(state: str) -> None:
    airflow = delivered().has(MEDALLION, WEDNESDAY, "asset_triggered", state)
    assert gold_found(airflow, DUE, BOTH) is None


def test_gold_that_is_published_already_is_not_told() -> None:
    assert gold_found(delivered(), DUE, BOTH, published=WEDNESDAY) is None
    assert gold_found(delivered(), DUE, BOTH, published=THURSDAY) is None
