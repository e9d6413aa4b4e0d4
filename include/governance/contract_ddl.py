"""The tables of the metric contract in schema ``governance``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from include.governance import record


@dataclass(frozen=True)
class Table:
    """Columns by name: how each is read out of JSON, and what it says."""

    name: str
    comment: str
    columns: Mapping[str, tuple[str, str]]

    @property
    def ddl(self) -> str:
        lines = [
            f"    {name} {cast.removeprefix('::') or 'variant'} not null comment '{text}'"
            for name, (cast, text) in self.columns.items()
        ]
        inside = ",\n".join(lines)
        return f"create table if not exists governance.{self.name} (\n{inside}\n)\ncomment = '{self.comment}'"


TEXT, MOMENT = "::varchar", "::timestamp_ntz(6)"
_CONTRACT = {
    "contract_id": (TEXT, "The metric contract"),
    "contract_version": (TEXT, "Its version"),
    "contract_sha256": (TEXT, "SHA-256 of its canonical text: what the officers signed"),
}
_RECORDED = {
    "recorded_at": (MOMENT, "When it was first written, UTC"),
    "run_id": (TEXT, "The Airflow run that wrote it"),
}
_DEFINITIONS = {
    "definitions": (TEXT, "Hash over the models, all they are made of, and the contract"),
    **_CONTRACT,
    "gold_table": (TEXT, "Table of gold"),
    "gold_column": (TEXT, "Column of it"),
}

_TABLES = (
    Table(
        "metric_contract",
        "One row per text of the metric contract that gold was built under",
        {
            **_CONTRACT,
            "title": (TEXT, "What it is called"),
            "effective": ("::date", "The day from which it holds"),
            "timezone": (TEXT, "Zone of its business days"),
            **_RECORDED,
        },
    ),
    Table(
        "clause",
        "One row per text of the metric contract and clause",
        {
            **_CONTRACT,
            "clause": (TEXT, "Its number; never changes its meaning"),
            "clause_version": ("::number", "Its own version"),
            "clause_sha256": (TEXT, "SHA-256 of the whole clause: differs where one character does"),
            "title": (TEXT, "What it defines"),
            "effective": ("::date", "The day from which this version holds"),
            "owner": (TEXT, "Team that answers for it"),
            "sentence": (TEXT, "What people sign, in plain words"),
            "predicate": (TEXT, "The same said precisely"),
            "parameters": ("", "Numbers and lists that the models read"),
            **_RECORDED,
        },
    ),
    Table(
        "signature",
        "One row per signature under a text of the metric contract",
        {
            **_CONTRACT,
            "signatory": (TEXT, "Who signed"),
            "title": (TEXT, "The office"),
            "signature": (TEXT, "Ed25519 over contract_sha256, in base64"),
            "public_key": (TEXT, "The key it is verified with, 32 bytes in base64"),
            "key_purpose": (TEXT, "bank, or sandbox: a throw-away key"),
            **_RECORDED,
        },
    ),
    Table(
        "column_binding",
        "One row per definitions of gold, column and clause that the column names",
        {
            **_DEFINITIONS,
            "clause": (TEXT, "The clause it implements, or technical"),
            "data_type": (TEXT, "As the model promises it"),
            "description": (TEXT, "What it means, as its readers are told"),
            **_RECORDED,
        },
    ),
    Table(
        "column_lineage",
        "One row per definitions of gold, gold column and bronze column that it comes from",
        {
            **_DEFINITIONS,
            "bronze_schema": (TEXT, "Schema of the source"),
            "bronze_table": (TEXT, "Table of the source"),
            "bronze_column": (TEXT, "Column of it; * for its rows, whatever stands in them"),
            "way": (TEXT, "values: its values go in; rows: it decides which rows are counted or chosen"),
            "path": ("", "Every column on the shortest way, from gold to bronze"),
            **_RECORDED,
        },
    ),
)
TABLES = {table.name: table for table in _TABLES}

VIEWS = tuple(
    f"""
create view if not exists governance.published_{name}
    comment = 'governance.{name} of the set that gold holds now'
as
select {name}.*
from governance.{name}
where {name}.definitions = (
    select publication.versions:definitions::varchar
    from {record.TABLE} as publication
    qualify row_number() over (order by publication.entry desc) = 1
)
"""  # noqa: S608
    for name in ("column_binding", "column_lineage")
)
