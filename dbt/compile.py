"""``dbt compile`` without a warehouse: ``python dbt/compile.py --fresh compile --project-dir dbt``.

dbt asks the warehouse which relations exist before it compiles, for models that are written otherwise when
they are there already. Here the first argument answers: ``--fresh``, nothing exists; ``--built``, every model
does.
"""

import sys

from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation
from dbt.cli.main import cli

STATES = ("--fresh", "--built")


def _know_nothing(*_: object, **__: object) -> None:
    """Stands in for asking the warehouse what there is."""


def _is_built(self: BaseAdapter, database: str, schema: str, identifier: str) -> BaseRelation:
    """Stands in for looking a relation up: it is there, as a table."""
    return self.Relation.create(
        database=database,
        schema=schema,
        identifier=identifier,
        type=self.Relation.Table,
        quote_policy=self.config.quoting,
    )


if __name__ == "__main__":
    state = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if state not in STATES:
        sys.exit(f"say first which relations exist: {' or '.join(STATES)}")
    BaseAdapter.set_relations_cache = _know_nothing  # type: ignore[method-assign]
    BaseAdapter.get_relation = _know_nothing if state == "--fresh" else _is_built  # type: ignore[method-assign]
    cli()
