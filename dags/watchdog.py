"""What nothing else would notice: sources that age, runs that never start, slots that fill a disk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import DAG, CronTriggerTimetable, task

from include.contracts import TIMEZONE, load_metric_contract, load_sources
from include.paging.links import further_reading
from include.paging.schedule import CHECK_EVERY
from include.tags import Tag

CONTRACT = load_metric_contract()
MINUTES = CHECK_EVERY // timedelta(minutes=1)

DOC = f"""
Looks every {MINUTES} minutes at what no run and no deadline would tell, and tells on-call, each thing once.

- **Owner** {CONTRACT.owner}, {CONTRACT.channel}
- **Read** {further_reading("a-run-never-started")}
- **Promise** a check every {MINUTES} minutes, day and night; monitoring reads the gauge
  `watchdog.open_incidents` as its sign of life

`watch_partitions` keeps each source's age against its contract in `monitoring.source_freshness` (the newest
check: `monitoring.source_freshness_now`), sends it to monitoring, and pages when a blocking source's
partition has no run to speak for it when it is due, or gold none when every blocking source has arrived.
`watch_slots` asks the databases that are read as changes what their replication slots hold back, and pages
before the budget is reached, or when a slot is lost.

A run that did start has a deadline, and pages by itself: the watchdog keeps still about it. What it told is
in `monitoring.watchdog_page`; when it is over, the message in Slack says so.

### When it fails
What these checks would tell, nothing else does: mend it first. Then clear the failed task, or wait for the
next run.
- **watch_partitions**: the warehouse, Airflow's API (connection `airflow_api`) or Slack did not answer. The
  message says which, and what to do.
- **watch_slots**: a source's database did not answer, or one of the above. The other databases were asked.
"""

with DAG(
    "watchdog",
    description="Late sources, runs that never started, replication slots",
    schedule=CronTriggerTimetable(f"*/{MINUTES} * * * *", timezone=TIMEZONE),
    start_date=pendulum.datetime(2022, 1, 1, tz=TIMEZONE),
    catchup=False,  # only the present can be looked at
    max_active_runs=1,
    dagrun_timeout=CHECK_EVERY,  # a check that hangs makes room for the next
    tags=[Tag.WATCH],
    doc_md=DOC,
    default_args={
        "owner": CONTRACT.owner,
        "retries": 1,  # the next check is the better retry
        "retry_delay": CHECK_EVERY / 10,
        "execution_timeout": CHECK_EVERY * 0.4,  # so that both tries end before the run does
    },
) as dag:

    @task
    def watch_partitions(dag_run: Any = None) -> int:
        """Keep every source's age, and page for what has no run; gives the number of incidents."""
        from include.paging import watchdog

        return watchdog.watch_partitions(list(load_sources().values()), as_of=dag_run.run_after)

    @task
    def watch_slots() -> int:
        """Ask what the replication slots hold back, and page before it is too much; gives the number."""
        from include.paging import watchdog

        return watchdog.watch_slots(list(load_sources().values()))

    watch_partitions()
    watch_slots()
