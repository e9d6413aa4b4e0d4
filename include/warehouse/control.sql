-- What every load needs: the ledger, what was found at the door and told, and the tags that bronze columns carry.
create schema if not exists raw_control
    comment = 'How bronze came to be: what was loaded, from where, under which contract and code.';

create table if not exists raw_control.load_ledger (
    load_id varchar not null comment 'Source, table, partition and the beginning of the content hash.',
    source varchar not null comment 'Name of the source contract.',
    table_name varchar not null comment 'Table of the contract.',
    partition date not null comment 'The business day in Toronto that was loaded.',
    file varchar comment 'Path on the stage of the source; empty where the day had no rows.',
    sha256 varchar not null comment 'Of the rows as extracted, whatever run staged them.',
    file_sha256 varchar comment 'Of the file as it was staged; empty where the day had no rows.',
    row_count number not null comment 'Rows this load added to bronze.',
    file_row_count number not null comment 'Rows in the file; more than were added where some were known already.',
    file_byte_count number not null comment 'Size of the staged file.',
    first_position varchar comment 'Lowest position added.',
    last_position varchar comment 'Highest position added.',
    contract_version varchar not null comment 'Version of the source contract.',
    code_version varchar not null comment 'Version of the deployed code.',
    run_id varchar not null comment 'The Airflow run.',
    extracted_at timestamp_ntz(6) not null comment 'When reading the source began, UTC.',
    staged_at timestamp_ntz(6) not null comment 'When the last file of the run was on the stage, UTC.',
    loaded_at timestamp_ntz(6) not null comment 'Moment of the load, UTC.'
)
    comment = 'One row per file and load, written in the transaction that loaded it.';

create table if not exists raw_control.reconciliation (
    source varchar not null comment 'Name of the source contract.',
    table_name varchar not null comment 'Table of the contract.',
    partition date not null comment 'The business day in Toronto that was checked.',
    run_id varchar not null comment 'The Airflow run whose audit checked it.',
    extracted_rows number not null comment 'Rows the run read from the source.',
    staged_rows number not null comment 'Rows the run put on the stage.',
    ledger_rows number not null comment 'Rows the ledger says the partition holds.',
    bronze_rows number not null comment 'Rows the partition holds.',
    bronze_checksum number(38, 0) not null comment 'Over the content of those rows, in any order.',
    source_position varchar comment 'Sources of changes: how far the source had been read when it was counted.',
    source_rows number comment 'Rows the table had at that position, counted by the source.',
    source_checksum number(38, 0) comment 'Over those rows, computed by the source.',
    state_rows number comment 'Rows that bronze adds up to at that position.',
    state_checksum number(38, 0) comment 'Over those rows, computed by the warehouse.',
    difference varchar comment 'What does not agree, in words; empty where all does.',
    checked_at timestamp_ntz(6) not null comment 'Moment of the check, UTC.'
)
    comment = 'One row per table and audit: rows read, staged, on record and in bronze, and the source''s own figures.';

create table if not exists raw_control.staged_table (
    source varchar not null comment 'Name of the source contract.',
    table_name varchar not null comment 'Table of the contract.',
    partition date not null comment 'The business day in Toronto that is being loaded.',
    run_id varchar not null comment 'The Airflow run.',
    contract_version varchar not null comment 'Version of the source contract.',
    origin varchar not null comment 'Slot, server, contract and key that the rows depend on.',
    reach varchar not null comment 'Position that the rows carry.',
    staged varchar not null comment 'Files and profile of the table as JSON: counts, names and hashes.'
)
    comment = 'Tables of a snapshot that are whole on the stage, while the run that takes it is still reading.';

create table if not exists raw_control.contract_notice (
    source varchar not null comment 'Name of the source contract.',
    subject varchar not null comment 'With the source, what a message is about: it gets one.',
    channel_id varchar not null comment 'Slack''s id of the channel.',
    message_ts varchar not null comment 'Slack''s id of the message in it.',
    content varchar not null comment 'SHA-256 of what the message says.',
    told_at timestamp_ntz(6) not null comment 'When it was last written, UTC.'
)
    comment = 'What the owner of a source was told about it, so that it is said once.';

create tag if not exists raw_control.pii
    allowed_values 'public', 'internal', 'confidential', 'restricted'
    comment = 'Classification of a column in its source contract.';

create tag if not exists raw_control.contract
    comment = 'Name and version of the contract that names the column.';
