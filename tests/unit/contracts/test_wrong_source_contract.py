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
    "a draft that nobody has reviewed": Mistake(
        "kyc", "status: active", "status: draft", "status: draft",
        "status is 'draft'", "confirm what is tagged 'unreviewed'",
    ),
    "a guess that nobody has confirmed": Mistake(
        "kyc", "- name: last_name", "- name: last_name\n        tags: [unreviewed]", "tags: [unreviewed]",
        "classification and description of applicant.last_name is a guess", "remove the tag 'unreviewed'",
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
    "a rule of a table that nothing checks": Mistake(
        "drop_account_reviews", "metric: duplicateValues", "metric: rowCount", "- metric: rowCount",
        "is a rule that nothing here checks", "state `metric: duplicateValues, mustBe: 0`",
    ),
    "a promise that changes cannot keep": Mistake(
        "core_banking", "    dataGranularityDescription: One row per party.\n",
        "    dataGranularityDescription: One row per party.\n"
        "    quality:\n      - metric: duplicateValues\n        mustBe: 0\n",
        "- metric: duplicateValues", "only a dropped file can promise one row per key", "remove the rule",
    ),
    "an unknown answer to unusual volume": Mistake(
        "drop_account_reviews", "    properties:\n",
        "    customProperties:\n      - property: unusualVolume\n        value: halt\n    properties:\n",
        "value: halt", "unknown unusualVolume 'halt'", "use one of stop, tell",
    ),
    "a share that is none": Mistake(
        "drop_account_reviews", "        examples: [unusual_activity]\n",
        "        examples: [unusual_activity]\n"
        "        customProperties:\n          - property: misfits\n            value: 5\n",
        "value: 5", "misfits 5 is not a share", "give a number from 0 to 1",
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
