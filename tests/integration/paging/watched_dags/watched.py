"""The DAGs that the watchdog watches, without their work: ids, partitions and nothing else."""

from __future__ import annotations

import pendulum
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronPartitionTimetable

from include.contracts import TIMEZONE, load_sources
from include.paging import schedule

for dag_id in (*(source.dag_id for source in load_sources().values()), "medallion"):
    with DAG(
        dag_id,
        schedule=CronPartitionTimetable(
            schedule.CRON, timezone=TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"
        ),
        start_date=pendulum.datetime(2022, 1, 1),
        catchup=False,
    ) as dag:
        EmptyOperator(task_id="work")
    globals()[dag_id] = dag
