"""VARIANT, OBJECT and ARRAY: paths, PARSE_JSON, TYPEOF and FLATTEN.

snowduck keeps all three as DuckDB JSON. A path such as `v:a.b` stands for its text, which casts and compares
as the VARIANT does; only where the client would see the VARIANT itself, in the statement's own select list,
it stays JSON.
"""

from __future__ import annotations

from collections.abc import Callable

from snowduck.dialect import DialectContext
from sqlglot import exp

from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.rewrites.tree import call, cast, macro, template, text_of


def before(node: exp.Expr, _: DialectContext) -> exp.Expr:
    rewrite = _REWRITES.get(type(node))
    return node if rewrite is None else rewrite(node)


def _path(node: exp.Expr, path: str) -> exp.Expr:
    subject = node.this
    name = "json_extract" if _is_shown(node) else "json_extract_string"
    return call(name, subject, exp.Literal.string(path))


def _is_shown(node: exp.Expr) -> bool:
    """Whether the value itself is a column of the statement's result."""
    holder = node.parent.parent if isinstance(node.parent, exp.Alias) else node.parent
    return isinstance(holder, exp.Select) and holder.parent is None


def _json_path(path: exp.Expr) -> str:
    if not isinstance(path, exp.JSONPath):
        raise unsupported(f"path {path.sql('snowflake')}")
    steps = []
    for step in path.expressions:
        if isinstance(step, exp.JSONPathKey):
            steps.append(f'."{step.this}"')
        elif isinstance(step, exp.JSONPathSubscript):
            steps.append(f"[{step.this}]")
        elif not isinstance(step, exp.JSONPathRoot):
            raise unsupported(f"path {path.sql('snowflake')}")
    return "$" + "".join(steps)


def _extract(node: exp.Expr) -> exp.Expr:
    return _path(node, _json_path(node.expression))


def _element(node: exp.Expr) -> exp.Expr:
    """`v['key']` and `v[0]`."""
    if len(node.expressions) != 1:
        return node
    key = node.expressions[0]
    if (name := text_of(key)) is not None:
        return _path(node, f'$."{name}"')
    if isinstance(key, exp.Literal):
        array = exp.Bracket(this=call("to_json", node.this), expressions=[key.copy()])
        return _path(array, f"$[{key.this}]")
    return node


def _parse_json(node: exp.Expr) -> exp.Expr:
    text = node.this if text_of(node.this) is not None else macro("snowflake_text", node.this)
    parsed = exp.TryCast if node.args.get("safe") else exp.Cast
    return parsed(this=text.copy(), to=exp.DataType.build("JSON"))


def _typeof(node: exp.Expr) -> exp.Expr:
    """https://docs.snowflake.com/en/sql-reference/functions/typeof"""
    return template(
        "CASE json_type(to_json(VALUE)) WHEN 'UBIGINT' THEN 'INTEGER' WHEN 'BIGINT' THEN 'INTEGER' "
        "WHEN 'DOUBLE' THEN 'DECIMAL' WHEN 'NULL' THEN 'NULL_VALUE' ELSE json_type(to_json(VALUE)) END",
        VALUE=_as_variant(node.this),
    )


def _as_variant(value: exp.Expr) -> exp.Expr:
    """A path that was rewritten to its text, as JSON again."""
    if isinstance(value, exp.Anonymous) and value.this == "json_extract_string":
        return call("json_extract", *value.expressions)
    return value


_FLATTEN_COLUMNS = ("SEQ", "KEY", "PATH", "INDEX", "VALUE", "THIS")
# Without names: a struct that has them would be taken for OBJECT_CONSTRUCT.
_ROW = "row(1, {key}, {path}, {index}, {value}, WHOLE)"
_OF_OBJECT = _ROW.format(
    key="k", path="k", index="CAST(NULL AS BIGINT)", value="json_extract(document, '$.\"' || k || '\"')"
)
_OF_ARRAY = _ROW.format(
    key="CAST(NULL AS VARCHAR)", path="'[' || (i - 1) || ']'", index="CAST(i - 1 AS BIGINT)", value="element"
)
_OF_NOTHING = _ROW.format(
    key="CAST(NULL AS VARCHAR)",
    path="CAST(NULL AS VARCHAR)",
    index="CAST(NULL AS BIGINT)",
    value="CAST(NULL AS JSON)",
)
# The document is named once, as the only element of a list: it may be a long literal, or an expression.
_FLATTEN = f"""SELECT UNNEST(list_transform([INPUT], document -> CASE
    WHEN json_type(document) = 'OBJECT' AND len(json_keys(document)) > 0
        THEN list_transform(json_keys(document), k -> {_OF_OBJECT})
    WHEN json_type(document) = 'ARRAY' AND json_array_length(document) > 0
        THEN list_transform(json_extract(document, '$[*]'), (element, i) -> {_OF_ARRAY})
    ELSE %s END)[1], recursive := TRUE)"""


def _flatten(explode: exp.Explode) -> exp.Subquery:
    """FLATTEN with all its columns: https://docs.snowflake.com/en/sql-reference/functions/flatten"""
    options = {option.this.name.upper(): option.expression for option in explode.find_all(exp.Kwarg)}
    source = options.get("INPUT") or explode.this
    for refused in ("MODE", "RECURSIVE"):
        value = options.get(refused)
        if value is not None and value.sql().upper() not in ("'BOTH'", "FALSE"):
            raise unsupported(f"FLATTEN with {refused}")
    source = cast(call("to_json", source) if isinstance(source, exp.Array) else _as_variant(source), "JSON")
    if "PATH" in options:
        source = call("json_extract", source, exp.Literal.string(f"$.{options['PATH'].name}"))
    outer = isinstance(options.get("OUTER"), exp.Boolean) and options["OUTER"].this
    # THIS is the document in every row; DuckDB copies it for each, so only those who ask for it get it.
    asked = any(
        isinstance(node, exp.Star) or node.name.upper() == "THIS"
        for node in explode.root().find_all(exp.Star, exp.Column)
    )
    whole = exp.column("document") if asked else cast(exp.null(), "JSON")
    rows = template(_FLATTEN % (f"[{_OF_NOTHING}]" if outer else "[]"), INPUT=source, WHOLE=whole)
    return exp.Subquery(this=rows)


def _flatten_alias(alias: exp.Expr | None) -> exp.TableAlias:
    name = alias.this if isinstance(alias, exp.TableAlias) and alias.this else exp.to_identifier("_FLATTENED")
    columns = [exp.to_identifier(column) for column in _FLATTEN_COLUMNS]
    if isinstance(alias, exp.TableAlias) and alias.columns:
        columns = [column.copy() for column in alias.columns]
    return exp.TableAlias(this=name.copy(), columns=columns)


def _lateral(node: exp.Expr) -> exp.Expr:
    if not isinstance(node.this, exp.Explode):
        return node
    return exp.Lateral(this=_flatten(node.this), alias=_flatten_alias(node.args.get("alias")))


def _table_function(node: exp.Expr) -> exp.Expr:
    if not isinstance(node.this, exp.Explode):
        return node
    rows = _flatten(node.this)
    rows.set("alias", _flatten_alias(node.args.get("alias")))
    return rows


_REWRITES: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.JSONExtract: _extract,
    exp.JSONExtractScalar: _extract,
    exp.Bracket: _element,
    exp.ParseJSON: _parse_json,
    exp.Typeof: _typeof,
    exp.Lateral: _lateral,
    exp.TableFromRows: _table_function,
}
