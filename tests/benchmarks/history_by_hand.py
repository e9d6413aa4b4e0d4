"""The floor of dim_customer: its intervals by one statement of DuckDB, for the benchmark's bronze alone.

`python -m tests.benchmarks.history_by_hand BRONZE RESULT DAY`: reads the warehouse's file, leaves a table.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

import duckdb

from include.contracts import load_metric_contract
from tests.benchmarks.contender import MEMORY, Stopwatch

HISTORY = """
create table history as
with account as (
    select arg_max(party_id, _position) as party_id,
        arg_max(opened_at, _position)::timestamptz as opened_at,
        arg_max(closed_at, _position)::timestamptz as closed_at,
        account_id
    from bronze.raw_core_banking.account group by account_id
), opt_out as (
    select external_id as party_id, max(updated_at)::timestamptz as changed_at
    from bronze.raw_marketing_automation.subscription where operational_opt_in = 'false' group by external_id
), posted as (
    select arg_max(account_id, _position) as account_id, arg_max(posted_at, _position)::timestamptz as moment
    from bronze.raw_core_banking.posted_transaction group by txn_id
), event as (
    select distinct party_id, moment from posted join account using (account_id)
    union select party_id, opened_at from account
    union select party_id, closed_at from account where closed_at is not null
), marked as (
    select party_id, moment, moment + $window as until,
        coalesce(moment > lag(moment) over (partition by party_id order by moment) + $window, true) as starts
    from event
), numbered as (
    select *, sum(starts::int) over (partition by party_id order by moment) as number from marked
), active as (
    select party_id, min(moment) as since, max(until) as until from numbered group by party_id, number
), instant as (
    select party_id, opened_at as moment from account
    union select party_id, closed_at from account where closed_at is not null
    union select party_id, changed_at from opt_out
    union select party_id, since from active
    union select party_id, until from active where until < $as_of
), state as (
    select instant.party_id, moment,
        (closed_at is null or moment < closed_at) as has_product,
        (changed_at is null or moment < changed_at) as opted_in,
        moment < active.until as is_recent
    from instant
    join account on account.party_id = instant.party_id and moment >= opened_at
    left join opt_out on opt_out.party_id = instant.party_id
    asof left join active on active.party_id = instant.party_id and active.since <= moment
), judged as (
    select *, has_product and opted_in and coalesce(is_recent, false) as is_active from state
), changed as (
    select * from judged
    qualify (has_product, opted_in, is_active) is distinct from
        lag((has_product, opted_in, is_active)) over (partition by party_id order by moment)
)
select party_id, is_active,
    moment as valid_from, lead(moment) over (partition by party_id order by moment) as valid_to
from changed
"""


def main(bronze: str, result: str, day: str) -> None:
    """Make the table `history`, as it is known at the end of `day`, in the file `result`."""
    contract = load_metric_contract()
    window = f"(interval {contract.clauses['3.1'].parameters['window_hours']} hour + interval 1 microsecond)"
    as_of = f"'{date.fromisoformat(day) + timedelta(days=1)} 00:00:00 {contract.timezone}'::timestamptz"
    stopwatch = Stopwatch()
    with duckdb.connect(result, config={"memory_limit": MEMORY}) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{bronze}' as bronze (read_only)")
        with stopwatch.part("history"):
            connection.execute(HISTORY.replace("$window", window).replace("$as_of", as_of))
        (rows,) = connection.execute("select count(*) from history").fetchall()[0]
    stopwatch.report(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
