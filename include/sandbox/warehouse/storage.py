"""What the account keeps in DuckDB besides the users' tables: records, views and macros, as DDL."""

from __future__ import annotations

ACCOUNT = "_snowduck_account._information_schema"
HIDDEN_SCHEMA = "_information_schema"
MACROS = "_snowduck_account.main."

ACCOUNT_TABLES = f"""
create table if not exists {ACCOUNT}._roles (
    name varchar, comment varchar, created_on timestamptz default now());
create table if not exists {ACCOUNT}._account_grants (
    privilege varchar, granted_on varchar, name varchar, granted_to varchar, grantee varchar,
    grant_option boolean, granted_by varchar, created_on timestamptz default now());
create table if not exists {ACCOUNT}._users (
    name varchar, default_role varchar, created_on timestamptz default now());
insert into {ACCOUNT}._roles (name)
    select r from unnest(['ACCOUNTADMIN', 'SECURITYADMIN', 'USERADMIN', 'SYSADMIN', 'PUBLIC']) t(r)
    where r not in (select name from {ACCOUNT}._roles);
"""

DATABASE_TABLES = """
create table if not exists {hidden}._loads (
    schema_name varchar, object_name varchar, file varchar, md5 varchar, rows bigint,
    loaded_at timestamptz default now());
create table if not exists {hidden}._objects (
    kind varchar, schema_name varchar, object_name varchar, definition varchar, comment varchar,
    owner varchar, created_on timestamptz default now());
create table if not exists {hidden}._grants (
    privilege varchar, granted_on varchar, schema_name varchar, object_name varchar, granted_to varchar,
    grantee varchar, grant_option boolean, granted_by varchar, created_on timestamptz default now());
create table if not exists {hidden}._tag_references (
    tag varchar, value varchar, domain varchar,
    schema_name varchar, object_name varchar, column_name varchar);
create table if not exists {hidden}._policy_references (
    policy varchar, kind varchar, schema_name varchar, object_name varchar, column_name varchar);
create table if not exists {hidden}._tag_policies (tag varchar, policy varchar);
"""

# INFORMATION_SCHEMA.COLUMNS with the length of VARCHAR(n), which is kept as a CHECK (definitions.py).
COLUMNS_VIEW = """
create or replace view {hidden}._columns as
select c.* replace (
    case when c.data_type = 'TEXT' then coalesce(k.length, 16777216) end as character_maximum_length,
    case when c.data_type = 'TEXT' then coalesce(k.length * 4, 16777216) end as character_octet_length)
from {account}._columns c
left join (
    select database_name, schema_name, table_name, constraint_column_names[1] as column_name,
        regexp_extract(expression, '<= (\\d+)', 1)::bigint as length
    from duckdb_constraints() where constraint_type = 'CHECK'
) k on k.database_name = c.table_catalog and k.schema_name = c.table_schema and k.table_name = c.table_name
    and k.column_name = c.column_name
where c.table_catalog = '{database}';
"""

# Casts that Snowflake does otherwise than DuckDB. typeof() is known when a statement is bound, so only one
# branch is left. DuckDB puts a macro's argument in wherever the macro names it, so casts within casts would
# grow as powers; the function of a list of one value names it once.
# Sources, below https://docs.snowflake.com/en/sql-reference/:
# - to VARCHAR: parameters#timestamp-output-format, and a VARIANT that holds a text yields that text:
#   data-types-semistructured#casting-variant-values
# - to INT: halves are rounded away from zero: data-type-conversion
# - to TIMESTAMP_*: a blank may stand before the offset, which TIMESTAMP_NTZ ignores: date-time-input-output
_TEXT = """case typeof(v)
    when 'TIMESTAMP' then strftime(v::varchar::timestamp, '%Y-%m-%d %H:%M:%S.%g')
    when 'TIMESTAMP WITH TIME ZONE' then strftime(v::varchar::timestamptz, '%Y-%m-%d %H:%M:%S.%g +0000')
    when 'DOUBLE' then regexp_replace(v::varchar, '\\.0$', '')
    when 'JSON' then json_extract_string(v::varchar::json, '$')
    else v::varchar end"""
_STAMP = f"replace(replace({_TEXT}, ' +', '+'), ' -', '-')"
_CASTS = {
    "snowflake_text": _TEXT,
    "snowflake_int": "case typeof(v) when 'DOUBLE' then round(v::double)::bigint else v::bigint end",
    **{
        f"snowflake_{trying}{name}": f"""case when typeof(v) in ('VARCHAR', 'JSON')
            then {trying}cast({_STAMP} as {kind}) else v::{kind} end"""
        for name, kind in (("ntz", "timestamp"), ("tz", "timestamptz"))
        for trying in ("", "try_")
    },
}
MACROS_SQL = "".join(
    f"create or replace macro {MACROS}{name}(x) as list_transform([x], lambda v: {cast})[1];"
    for name, cast in _CASTS.items()
)
