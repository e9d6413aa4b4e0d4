"""A DAG with one task and a deadline at 04:00 Toronto on the day after its partition."""

from __future__ import annotations

from datetime import time, timedelta

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronPartitionTimetable
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert

from include.paging.missed import page_missed_deadline
from include.paging.reference import PartitionDue

with DAG(
    "due_at_four",
    schedule=CronPartitionTimetable(
        "0 3 * * *", timezone="America/Toronto", run_offset=-1, key_format="%Y-%m-%d"
    ),
    deadline=DeadlineAlert(
        reference=PartitionDue(due=time(4), timezone="America/Toronto"),
        interval=timedelta(0),
        callback=AsyncCallback(page_missed_deadline),
    ),
):
    EmptyOperator(task_id="load", retries=0)
