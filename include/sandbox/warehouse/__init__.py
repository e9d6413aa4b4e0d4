"""The sandbox warehouse: a Snowflake-protocol server over DuckDB.

`python -m include.sandbox.warehouse --port P --state DIR` serves snowflake-connector-python, dbt-snowflake
and snowflake-sqlalchemy from one process on 127.0.0.1, and keeps everything below DIR. The translation from
Snowflake's SQL is snowduck's; this package adds what snowduck 0.3.0 lacks for the bank's pipeline: sessions
and transactions of their own, stages and COPY INTO, roles, grants, tags and policies, atomic replacement and
Snowflake's own errors.

It is a stand-in. What it cannot do it refuses with Snowflake's error; these differences remain without one:

- A runtime error inside an explicit transaction aborts the whole transaction (DuckDB has no statement
  rollback): every later statement fails until ROLLBACK, and COMMIT fails.
- TIMESTAMP_TZ keeps the instant and shows it in UTC; the offset it was written with is lost.
- HASH() values are stable but are not Snowflake's.
- An unquoted name also finds a column that was created with a quoted lower-case name.
- Division keeps six more decimals than the numerator; Snowflake stops at twelve.
- ALTER SCHEMA ... SWAP and CLONE copy rows where Snowflake only swaps names.
- There is no authentication. A user made with CREATE USER takes the roles it was granted; any other user may
  take every role there is, and has SYSADMIN where it asks for none. There are no secondary roles.
- Privileges and masking policies are enforced (guard.py, shield.py). Row access policies are recorded only;
  metadata (SHOW, INFORMATION_SCHEMA, ACCOUNT_USAGE) lists names of objects a role may not use; PUBLIC owns
  nothing and USAGE of warehouses is not asked for; functions and sequences are checked where they are made.
- What cannot be judged is refused: a masking policy with several arguments, a function that reads a table, an
  UPDATE, DELETE or MERGE that looks at a column its role sees masked.
"""
