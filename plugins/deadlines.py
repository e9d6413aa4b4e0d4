"""Lets every Airflow component read the deadlines that our DAGs carry."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from include.paging.reference import PartitionDue


class Deadlines(AirflowPlugin):
    name = "deadlines"
    deadline_references = [PartitionDue]  # noqa: RUF012 - the base class declares it so
