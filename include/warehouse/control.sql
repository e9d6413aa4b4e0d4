-- What every load needs: the ledger, and the tags that bronze columns carry.
create schema if not exists raw_control
    comment = 'How bronze came to be: what was loaded, from where, under which contract and code.';

create table if not exists raw_control.load_ledger (
    load_id varchar not null comment 'Source, table, partition and the beginning of the content hash.',
    source varchar not null comment 'Name of the source contract.',
    table_name varchar not null comment 'Table of the contract.',
    partition date not null comment 'The business day in Toronto that was loaded.',
    file varchar comment 'Path on the stage of the source; empty where the day had no rows.',
    sha256 varchar not null comment 'Of the rows as extracted, whatever run staged them.',
    row_count number not null comment 'Rows this load added to bronze.',
    file_row_count number not null comment 'Rows in the file; more than were added where some were known already.',
    file_byte_count number not null comment 'Size of the staged file.',
    first_position varchar comment 'Lowest position added.',
    last_position varchar comment 'Highest position added.',
    contract_version varchar not null comment 'Version of the source contract.',
    code_version varchar not null comment 'Version of the deployed code.',
    run_id varchar not null comment 'The Airflow run.',
    loaded_at timestamp_ntz(6) not null comment 'Moment of the load, UTC.'
)
    comment = 'One row per file and load, written in the transaction that loaded it.';

create tag if not exists raw_control.pii
    allowed_values 'public', 'internal', 'confidential', 'restricted'
    comment = 'Classification of a column in its source contract.';

create tag if not exists raw_control.contract
    comment = 'Name and version of the contract that names the column.';
