-- Who may do what. Roles are granted to people and services by the account's administrators.
create schema if not exists silver comment = 'Typed, de-duplicated and resolved; one row per business key.';
create schema if not exists gold comment = 'The published tables. Changed only by publication, all at once.';
create schema if not exists monitoring comment = 'Anomalies and freshness.';
create schema if not exists governance comment = 'Evidence: what each run read, built, tested and published.';

create stage if not exists governance.dbt_artifacts
    comment = 'Artefacts of dbt, per run and the latest: what the connectors of catalogues read.';

-- Whatever dbt puts there, and however often it replaces it: what silver holds of persons is masked.
alter schema silver set tag raw_control.pii = 'restricted';

create role if not exists loader comment = 'Writes bronze.';
create role if not exists transformer comment = 'Reads bronze, builds and publishes silver and gold.';
create role if not exists analyst comment = 'Reads what is published.';
create role if not exists auditor comment = 'Reads what is published, where it came from and how it was checked.';
create role if not exists pii_reader
    comment = 'Sees classified values where it may read at all. For services; a person gets it for a case.';
create role if not exists platform comment = 'The pipeline: loads, builds and publishes, and owns what it makes.';

-- Loading compares rows, and identities are resolved from clear e-mail addresses and phone numbers.
grant role pii_reader to role loader;
grant role pii_reader to role transformer;
grant role loader to role platform;
grant role transformer to role platform;
-- https://docs.snowflake.com/en/user-guide/security-access-control-considerations
grant role platform to role sysadmin;
grant apply on tag raw_control.pii to role platform;
grant apply on tag raw_control.contract to role platform;

grant usage on schema raw_control to role loader;
grant select, insert, update on all tables in schema raw_control to role loader;
grant select, insert, update on future tables in schema raw_control to role loader;
grant delete on table raw_control.staged_table to role loader;

grant usage on schema raw_control to role transformer;
grant select on all tables in schema raw_control to role transformer;
grant select on future tables in schema raw_control to role transformer;
grant usage, create table, create view on schema silver to role transformer;
grant usage, create table, create view on schema monitoring to role transformer;
grant usage, create table, create view on schema governance to role transformer;
grant usage, create table, create view on schema gold to role transformer;

grant read, write on stage governance.dbt_artifacts to role transformer;

grant usage on schema gold to role analyst;
grant select on all tables in schema gold to role analyst;
grant select on future tables in schema gold to role analyst;
grant usage on schema monitoring to role analyst;
grant select on all tables in schema monitoring to role analyst;
grant select on future tables in schema monitoring to role analyst;
grant select on future views in schema monitoring to role analyst;

grant role analyst to role auditor;
grant usage on schema raw_control to role auditor;
grant select on all tables in schema raw_control to role auditor;
grant select on future tables in schema raw_control to role auditor;
grant usage on schema governance to role auditor;
grant select on all tables in schema governance to role auditor;
grant select on future tables in schema governance to role auditor;
grant select on future views in schema governance to role auditor;
grant read on stage governance.dbt_artifacts to role auditor;
