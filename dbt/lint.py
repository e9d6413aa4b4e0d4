"""sqlfluff with its dbt templater, without a warehouse: ``python dbt/lint.py lint dbt/models dbt/tests``.

When it starts, the templater fills dbt's cache of existing relations, and signs in to the warehouse for that.
Rendering a model needs no such cache: linting, which should work on a train, goes without. An incremental
model asks whether its table is there, and is linted as if it were not.
"""

from dbt.adapters.base.impl import BaseAdapter
from sqlfluff.cli.commands import cli


def _leave_empty(*_: object, **__: object) -> None:
    """Stands in for filling the cache, and for a look at what is there: nothing."""


BaseAdapter.set_relations_cache = _leave_empty  # type: ignore[method-assign]
BaseAdapter.get_relation = _leave_empty  # type: ignore[method-assign]

if __name__ == "__main__":
    cli()
