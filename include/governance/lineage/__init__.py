"""Where each column of silver, gold and monitoring comes from, read from the SQL that dbt compiles.

`compiled` compiles the project without a warehouse, `query` follows the columns of one query, `graph` puts
the models together down to bronze.
"""

from include.governance.lineage.compiled import CompiledProject, CompileError, Model, compile_project
from include.governance.lineage.graph import Lineage, LineageError
from include.governance.lineage.query import EVERY, Derived, Query, Ref

__all__ = [
    "EVERY",
    "CompileError",
    "CompiledProject",
    "Derived",
    "Lineage",
    "LineageError",
    "Model",
    "Query",
    "Ref",
    "compile_project",
]
