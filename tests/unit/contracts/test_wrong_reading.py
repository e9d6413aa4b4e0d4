"""A contract that says wrongly how its source is read is refused with file, line and what to correct."""

import pytest

from include.contracts import load_source
from include.contracts.odcs import SOURCES
from tests.unit.contracts.mistakes import Mistake, assert_refused

MISTAKES = {
    "no way to read the source": Mistake(
        "kyc", "- property: read\n    description: HTTP", "- property: raed\n    description: HTTP",
        "customProperties:",
        "custom property 'read' is missing", "add `- property: read` with its value",
    ),
    "an unknown kind of reading": Mistake(
        "kyc", "kind: rest", "kind: rset", "kind: rset",
        "unknown kind of reading 'rset'", "did you mean 'rest'?",
    ),
    "a missing reading fact": Mistake(
        "core_banking", "      slot: governed_analytics\n", "", "    value:\n      kind: cdc",
        "'slot' is missing", "add `slot: ...`",
    ),
    "a misspelt reading fact": Mistake(
        "core_banking", "publication: ", "publicaton: ", "publicaton",
        "unknown key 'publicaton'", "did you mean 'publication'?",
    ),
    "a table that does not say how it is read": Mistake(
        "core_banking",
        "    customProperties:\n      - property: read\n        value: {table: public.party_merge}\n", "",
        "- name: party_merge",
        "says nothing about how the table is read", "add a custom property `read` with table",
    ),
    "a cursor column the table does not have": Mistake(
        "marketing_automation", "cursor: recorded_at", "cursor: recorded", "cursor: recorded",
        "cursor column 'recorded' is not a column of the table", "did you mean 'recorded_at'?",
    ),
    "a page size that is no number": Mistake(
        "marketing_automation", "page_size: 1000", "page_size: many", "page_size: many",
        "page_size is 'many'", "give a whole number",
    ),
    "a page size of nothing": Mistake(
        "marketing_automation", "page_size: 1000", "page_size: 0", "page_size: 0",
        "page_size is 0", "ask for at least one record",
    ),
    "a path that would run into the host's name": Mistake(
        "kyc", "path: /v3/checks", "path: v3/checks", "path: v3/checks",
        "path 'v3/checks' does not start with /", "write it as below the base URL",
    ),
    "an unknown paginator": Mistake(
        "kyc", "type: link", "type: lnk", "paginator: {type: lnk",
        "unknown paginator 'lnk'", "did you mean 'link'?",
    ),
    "an unknown way to show who asks": Mistake(
        "aml", "type: hmac", "type: hmca", "auth: {type: hmca",
        "unknown auth 'hmca'", "did you mean 'hmac'?",
    ),
    "a way to show who asks that is not named": Mistake(
        "aml", "type: hmac, ", "", "auth: {token",
        "'type' is missing", "add `type: ...`",
    ),
    "a signature without its header": Mistake(
        "aml", ", signature: X-App-Access-Sig", "", "auth: {type: hmac",
        "'signature' is missing", "add `signature: ...`",
    ),
    "a fact of another way to show who asks": Mistake(
        "nps", "user: secret", "user: secret, header: Authorization", "auth: {type: basic",
        "unknown key 'header'", "use one of user",
    ),
    "a user that is neither login nor secret": Mistake(
        "nps", "user: secret", "user: secrte", "auth: {type: basic",
        "unknown user 'secrte'", "did you mean 'secret'?",
    ),
    "an export that does not say how its end is known": Mistake(
        "support", "parameter: start_time, end: end_of_stream", "parameter: start_time",
        "paginator: {type: export, page_size: per_page, next: end_time",
        "'end' is missing", "add `end: ...`",
    ),
    "moments in a form nobody writes": Mistake(
        "nps", "moments: unix", "moments: epoch", "moments: epoch",
        "unknown moments 'epoch'", "use one of date, rfc3339, unix",
    ),
    "a series column the table does not have": Mistake(
        "rates_engine", "series: series", "series: sereis", "series: sereis",
        "series column 'sereis' is not a column of the table", "did you mean 'series'?",
    ),
    "a page size where one answer holds all": Mistake(
        "rates_engine", "lookback_days: 7", "page_size: 10", "page_size: 10",
        "page_size is given where one answer holds all", "remove it, or name another paginator",
    ),
    "a look back into the future": Mistake(
        "rates_engine", "lookback_days: 7", "lookback_days: -7", "lookback_days: -7",
        "lookback_days is -7", "give 0 or more days",
    ),
    "no page size": Mistake(
        "nps", "          page_size: 100\n", "", "        value:\n          path",
        "'page_size' is missing", "add `page_size: ...`",
    ),
    "a header that would not carry the secret": Mistake(
        "kyc", "Token token={secret}", "Token token={token}", "Token token={token}",
        "does not hold {secret} and nothing else in braces", "write {secret} where the secret goes",
    ),
    "a file name without the partition": Mistake(
        "drop_account_reviews", "account_reviews_{partition}.csv", "account_reviews.csv",
        "file: account_reviews.csv",
        "does not hold {partition}", "write {partition} where the partition goes",
    ),
    "an unknown encoding": Mistake(
        "drop_account_reviews", "encoding: utf-8-sig", "encoding: utf-9", "encoding: utf-9",
        "unknown encoding 'utf-9'", "use the name of a Python codec",
    ),
    "a delimiter of two characters": Mistake(
        "drop_account_reviews", 'delimiter: ","', 'delimiter: ", "', "delimiter",
        "delimiter ', ' is not one character", "give one character",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_is_refused_with_file_line_reason_and_next_step(mistake, tmp_path):
    assert_refused(mistake, SOURCES, tmp_path, load_source)
