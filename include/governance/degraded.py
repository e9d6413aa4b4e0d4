"""Builds that went on without a source: which, and how old what they used of it was.

A blocking source holds the build back (`plan.require_loaded`). A degradable one is used as it is; the
evidence of the run says so, and `governance.built_without` tells reports what to flag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from include.contracts import SourceContract
from include.governance import evidence
from include.governance.gold_sets import Cursor
from include.governance.versions import GoldModels
from include.warehouse.session import Warehouse

VIEW = "governance.built_without"

DDL = f"""
create view if not exists {VIEW} (
    partition_key comment 'The last business day the run read',
    run_id comment 'The Airflow run',
    recorded_at comment 'When the run chose what to build, UTC',
    source comment 'A degradable source that bronze lacked the day of',
    latest_partition comment 'The last day of it that bronze had; empty when it had none'
)
    comment = 'Sources that a run built without, one row per run, try and source'
as
select
    run_evidence.partition_key,
    run_evidence.run_id,
    run_evidence.recorded_at,
    missing.value:source::varchar as source,
    missing.value:latest::date as latest_partition
from {evidence.TABLE} as run_evidence, lateral flatten(input => run_evidence.detail:built_without) as missing
where run_evidence.stage = 'plan'
"""  # noqa: S608


def record_sources(stage: evidence.Stage, sources: Iterable[SourceContract]) -> dict[str, date | None]:
    """Leave in the run's evidence what bronze holds for it; gives the sources it goes on without."""
    known = list(sources)
    with Warehouse().cursor() as cursor:
        latest = latest_loads(cursor, stage.partition)
    without = built_without(stage.partition, known, latest)
    evidence.record(
        stage,
        passed=True,
        detail={
            "sources": {source.name: _text(latest.get(source.name)) for source in known},
            "built_without": [{"source": name, "latest": _text(day)} for name, day in without.items()],
        },
        models=GoldModels.deployed(),
    )
    with Warehouse().cursor() as cursor:
        cursor.execute(DDL)
    return without


def latest_loads(cursor: Cursor, up_to: date) -> dict[str, date]:
    """Source -> its latest partition in bronze, of those up to a day. What has none is not there."""
    cursor.execute(
        "select source, max(partition) from raw_control.load_ledger "
        "where partition <= %s::date group by source",
        (up_to.isoformat(),),
    )
    return {str(source): latest for source, latest in cursor.fetchall()}


def built_without(
    partition: date, sources: Iterable[SourceContract], latest: Mapping[str, date]
) -> dict[str, date | None]:
    """Degradable sources that lack the day -> their latest partition before it, None where there is none."""
    return {
        source.name: latest.get(source.name)
        for source in sources
        if source.criticality == "degradable" and latest.get(source.name) != partition
    }


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
