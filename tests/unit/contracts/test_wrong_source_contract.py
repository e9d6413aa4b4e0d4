"""A wrong source contract is refused with the file, the line and the way to correct it."""

import shutil

import pytest

from include.contracts import ContractError, load_source, load_sources
from include.contracts.odcs import SOURCES
from tests.unit.contracts.mistakes import Mistake, assert_refused

MISTAKES = {
    "a misspelt type": Mistake(
        "kyc", "logicalType: timestamp", "logicalType: timestmap", "timestmap",
        "unknown logicalType 'timestmap'", "did you mean 'timestamp'?",
    ),
    "a type the standard has and bronze does not": Mistake(
        "kyc", "logicalType: timestamp", "logicalType: map", "logicalType: map",
        "unknown logicalType 'map'",
        "use one of array, boolean, date, integer, number, object, string, timestamp",
    ),
    "an unknown classification": Mistake(
        "kyc", "classification: confidential", "classification: confidental", "confidental",
        "unknown classification 'confidental'", "did you mean 'confidential'?",
    ),
    "a column without classification": Mistake(
        "kyc", "        classification: restricted\n", "", "- name: sin",
        "'classification' is missing", "add `classification: ...`",
    ),
    "a misspelt key of a column, which the models would ignore": Mistake(
        "kyc", "classification: restricted", "clasification: restricted", "clasification",
        "unknown key 'clasification'", "did you mean 'classification'?",
    ),
    "a misspelt key at the top": Mistake(
        "kyc", "slaProperties:", "slaPropertys:", "slaPropertys",
        "unknown key 'slaPropertys'", "did you mean 'slaProperties'?",
    ),
    "a key given twice": Mistake(
        "kyc", "domain: compliance", "domain: compliance\ndomain: risk", "domain: risk",
        "'domain' is given twice, first on line", "keep one of the two",
    ),
    "a column given twice": Mistake(
        "kyc", "- name: last_name", "- name: first_name  # again", "first_name  # again",
        "column first_name is given twice", "remove or rename one of them",
    ),
    "a table given twice": Mistake(
        "kyc", "- name: verification", "- name: applicant  # again", "applicant  # again",
        "table applicant is given twice", "remove or rename one of them",
    ),
    "a column that would clash with bronze's own": Mistake(
        "kyc", "- name: last_name", "- name: _partition", "- name: _partition",
        "'_partition' cannot name a column of bronze", "use lower-case letters",
    ),
    "a table without key": Mistake(
        "drop_account_reviews", "primaryKey: true", "primaryKey: false", "    properties:",
        "table review has no key", "mark its business key `primaryKey: true`",
    ),
    "key positions out of order": Mistake(
        "drop_account_reviews", "primaryKeyPosition: 2", "primaryKeyPosition: 3", "primaryKeyPosition: 3",
        "key column reviewed_at has position 3", "give it `primaryKeyPosition: 2`",
    ),
    "a key that may be empty": Mistake(
        "drop_account_reviews", "required: true\n        primaryKey: true\n        primaryKeyPosition: 2",
        "required: false\n        primaryKey: true\n        primaryKeyPosition: 2", "- name: reviewed_at",
        "key column reviewed_at may be empty", "add `required: true`",
    ),
    "a column that does not say whether it may be empty": Mistake(
        "drop_account_reviews", "        required: false\n", "", "- name: reason",
        "'required' is missing", "add `required: ...`",
    ),
    "a value of the wrong shape": Mistake(
        "kyc", "required: false", "required: perhaps", "required: perhaps",
        "required: Input should be a valid boolean", "write the value as the standard has it",
    ),
    "a rule nothing checks": Mistake(
        "kyc", "metric: invalidValues", "metric: invalidvalue", "metric: invalidvalue",
        "unknown metric 'invalidvalue'", "did you mean 'invalidValues'?",
    ),
    "valid values not given": Mistake(
        "kyc", "validValues: [pending", "valdValues: [pending", "- metric: invalidValues",
        "does not say which values are valid", "add `arguments: {validValues: [...]}`",
    ),
    "another version of the standard": Mistake(
        "kyc", "apiVersion: v3.1.0", "apiVersion: v3.2.0", "apiVersion",
        "unknown apiVersion 'v3.2.0'", "did you mean 'v3.1.0'?",
    ),
    "an id that is not the file's name": Mistake(
        "kyc", "id: kyc", "id: kyc2", "id: kyc2", "unknown id 'kyc2'", "did you mean 'kyc'?",
    ),
    "no version": Mistake(
        "kyc", "version: 1.0.0\n", "", "# Identity verification",
        "'version' is missing", "add `version: ...`",
    ),
    "no owner": Mistake(
        "kyc", "  name: kyc-operations\n", "", "team:", "no owner", "add `team:` with the `name:`",
    ),
    "no Slack channel": Mistake(
        "kyc", "tool: slack", "tool: email", "support:",
        "no Slack channel", "add a `support` entry with `tool: slack`",
    ),
    "a channel that is none": Mistake(
        "kyc", '"#kyc"', "kyc", "- channel: kyc", "channel 'kyc' is not a Slack channel", "start it with #",
    ),
    "no service level": Mistake(
        "kyc", "property: timeOfAvailability", "property: latency", "slaProperties:",
        "no service level: the source is never late", "property timeOfAvailability",
    ),
    "a service level that is no time": Mistake(
        "kyc", 'value: "04:30"', 'value: "half past four"', "half past four",
        "'half past four' is not a time of day", 'write it as "04:00"',
    ),
    "a service level in another zone": Mistake(
        "kyc", "unit: America/Toronto", "unit: UTC", "unit: UTC",
        "unknown unit 'UTC'", "use one of America/Toronto",
    ),
    "an unknown criticality": Mistake(
        "kyc", "value: blocking", "value: bloking", "bloking",
        "unknown criticality 'bloking'", "did you mean 'blocking'?",
    ),
    "no criticality": Mistake(
        "kyc", "property: criticality", "property: importance", "customProperties:",
        "custom property 'criticality' is missing", "add `- property: criticality` with its value",
    ),
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
    "a file that is not YAML": Mistake(
        "kyc", "team:\n", "team: [\n", "  description: Runs",
        "is not YAML", "correct the line named",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_is_refused_with_file_line_reason_and_next_step(mistake, tmp_path):
    assert_refused(mistake, SOURCES, tmp_path, load_source)


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "kyc.yaml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ContractError, match=r"kyc.yaml:1: cannot be read .*; restore the file as UTF-8 text"):
        load_source(path)


def test_an_empty_file_is_named(tmp_path):
    path = tmp_path / "kyc.yaml"
    path.touch()

    with pytest.raises(ContractError, match=r"kyc.yaml:1: is not a mapping of keys to values"):
        load_source(path)


def test_one_wrong_contract_stops_them_all_rather_than_vanish(tmp_path):
    for path in SOURCES.glob("*.yaml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "kyc.yaml").write_text("id: kyc\n", encoding="utf-8")

    with pytest.raises(ContractError, match=r"kyc\.yaml:1: "):
        load_sources(tmp_path)


def test_a_contract_of_this_repository_is_named_relative_to_it():
    error = ContractError(SOURCES / "kyc.yaml", 7, "reason", "next step")

    assert str(error) == "include/contracts/sources/kyc.yaml:7: reason; next step"
