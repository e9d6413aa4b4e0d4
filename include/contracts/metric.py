"""The metric contract, as the rest of the code sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Clause:
    """One clause: what people sign, the same said precisely, and the gold columns that implement it."""

    id: str  # "3.1"; never changes its meaning
    title: str
    version: int
    effective: date
    owner: str  # team
    sentence: str  # plain language, one line
    predicate: str  # precise, several lines
    parameters: Mapping[str, Any]  # text, whole numbers, booleans, lists and mappings of them
    columns: tuple[str, ...]  # "dim_customer.is_active"; empty while nothing implements the clause


@dataclass(frozen=True)
class Metric:
    """One metric of mart_daily_metrics, and whom to tell when it looks wrong."""

    name: str
    clause: str
    description: str  # one line
    owner: str  # team
    channel: str  # Slack


@dataclass(frozen=True)
class Signatory:
    """An officer whose signature the contract needs."""

    id: str  # names the public key, signatories/<id>.pem
    title: str


@dataclass(frozen=True)
class MetricContract:
    """What the bank's figures mean, and by when they are published."""

    id: str
    title: str
    version: str
    effective: date
    timezone: str
    signatories: tuple[Signatory, ...]
    clauses: Mapping[str, Clause]  # by id, in the order of the file
    metrics: tuple[Metric, ...]
    owner: str  # team that runs the figures
    channel: str  # on-call, Slack
    gold_due: time  # in timezone, on the day after the partition
    path: Path
