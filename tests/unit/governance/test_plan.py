"""Which day a run of medallion builds for, and which requests it refuses."""

from __future__ import annotations

from datetime import date

import pytest

from include.governance.plan import (
    PlanError,
    Stage,
    partition_to_build,
    requested_partition,
    require_tested,
)

TUESDAY, WEDNESDAY = date(2026, 11, 17), date(2026, 11, 18)


def test_the_first_run_builds_the_day_it_was_asked_for() -> None:
    assert partition_to_build(TUESDAY, published=None) == TUESDAY


def test_a_day_after_the_published_one_is_built_as_asked() -> None:
    assert partition_to_build(WEDNESDAY, published=TUESDAY) == WEDNESDAY


def test_a_late_rerun_of_an_old_day_builds_for_the_published_day() -> None:
    assert partition_to_build(TUESDAY, published=WEDNESDAY) == WEDNESDAY


@pytest.mark.parametrize("key", [None, ""])
def test_a_run_without_partition_key_is_told_to_bring_one(key: str | None) -> None:
    with pytest.raises(PlanError, match="trigger it with a partition key, such as 2026-11-18"):
        requested_partition(key)


def test_a_partition_key_that_is_no_day_is_quoted() -> None:
    with pytest.raises(PlanError, match="'18 November' is not a day"):
        requested_partition("18 November")


def test_publishing_a_rebuilt_gold_unchecked_is_refused() -> None:
    with pytest.raises(PlanError, match="select the stage checks too"):
        require_tested([Stage.GOLD, Stage.PUBLISH])


@pytest.mark.parametrize(
    "stages", [["gold"], ["publish"], ["gold", "checks", "publish"], ["silver", "publish"]]
)
def test_every_stage_may_run_alone_and_publish_with_checks(stages: list[str]) -> None:
    require_tested(stages)
