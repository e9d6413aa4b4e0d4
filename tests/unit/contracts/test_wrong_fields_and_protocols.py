"""A source contract that is wrong about the source's own names, its clocks or its protocol is refused."""

import pytest

from include.contracts import load_source
from include.contracts.odcs import SOURCES
from tests.unit.contracts.mistakes import Mistake, assert_refused

MISTAKES = {
    "a field of the source taken twice": Mistake(
        "kyc", "      - name: last_name\n", "      - name: last_name\n        physicalName: first_name\n",
        "physicalName: first_name", "last_name and first_name take the same field of the source",
        "give each a `physicalName` of its own",
    ),
    "a field of the source and a part of it": Mistake(
        "kyc", "      - name: last_name\n",
        "      - name: last_name\n        physicalName: first_name.last\n",
        "physicalName: first_name.last", "last_name and first_name take the same field of the source",
        "give each a `physicalName` of its own",
    ),
    "a way through the source's fields that is broken": Mistake(
        "kyc", "      - name: last_name\n", "      - name: last_name\n        physicalName: name..last\n",
        "physicalName: name..last", "physicalName 'name..last' has an empty part",
        "write it as `outer.inner`",
    ),
    "another name for a database's column": Mistake(
        "core_banking", "      - name: legal_name\n",
        "      - name: legal_name\n        physicalName: LegalName\n", "physicalName: LegalName",
        "a database's column keeps its name in bronze", "remove this `physicalName`",
    ),
    "an unknown time zone": Mistake(
        "kyc", "      - name: created_at\n",
        "      - name: created_at\n        logicalTypeOptions: {defaultTimezone: EST5EDT6}\n",
        "logicalTypeOptions: {defaultTimezone: EST5EDT6}", "unknown time zone 'EST5EDT6'", "write it as UTC",
    ),
    "a time zone of something else than a moment": Mistake(
        "kyc", "      - name: last_name\n",
        "      - name: last_name\n        logicalTypeOptions: {defaultTimezone: UTC}\n",
        "logicalTypeOptions: {defaultTimezone: UTC}", "last_name is no timestamp",
        "remove these `logicalTypeOptions`",
    ),
    "an option of a type that nothing here uses": Mistake(
        "kyc", "      - name: last_name\n",
        "      - name: last_name\n        logicalTypeOptions: {maxLength: 80}\n",
        "logicalTypeOptions: {maxLength: 80}", "unknown option 'maxLength'", "use one of defaultTimezone",
    ),
    "an unknown protocol": Mistake(
        "crm_a", "protocol: {type: soql}", "protocol: {type: sql}", "protocol: {type: sql}",
        "unknown protocol 'sql'", "did you mean 'soql'?",
    ),
    "a table of a protocol that does not say what it is read by": Mistake(
        "crm_a", "          object: Opportunity\n", "",
        "value:\n          path: /services/data/v62.0/queryAll\n          cursor",
        "'object' is missing", "add `object: ...`",
    ),
    "a page that goes beyond what a search shows": Mistake(
        "crm_b", "page_size: 100", "page_size: 150", "page_size: 150",
        "page_size 150 does not divide the 10000 results of a search",
        "give a divisor of 10000, such as 100",
    ),
    "a cursor of a protocol that is no column": Mistake(
        "mobile_app", "cursor: server_upload_time", "cursor: server_upload", "cursor: server_upload",
        "cursor column 'server_upload' is not a column of the table", "did you mean 'server_upload_time'?",
    ),
    "an announcement of no day": Mistake(
        "nps", 'value: "2027-01-18"', "value: next year", "value: next year",
        "announcedFor 'next year' is not a day", 'write it as "2027-01-11"',
    ),
    "an announcement without quotes": Mistake(
        "nps", 'value: "2027-01-18"', "value: 2027-01-18", "value: 2027-01-18",
        "announcedFor datetime.date(2027, 1, 18) is not a day", "in quotes",
    ),
    "a key that is announced": Mistake(
        "nps", "        primaryKeyPosition: 1\n",
        "        primaryKeyPosition: 1\n"
        "        customProperties: [{property: announcedFor, value: '2027-01-18'}]\n",
        "- name: id", "id is announced, and no row can be read without it",
        "remove `announcedFor` from key and cursor",
    ),
    "a cursor that is announced": Mistake(
        "kyc", "cut by it.\n",
        "cut by it.\n        customProperties: [{property: announcedFor, value: '2027-01-18'}]\n",
        "- name: updated_at", "updated_at is announced, and no row can be read without it",
        "remove `announcedFor` from key and cursor",
    ),
    "an announced field that a query would have to name": Mistake(
        "crm_a", "      - name: email\n",
        "      - name: email\n        customProperties: [{property: announcedFor, value: '2027-01-18'}]\n",
        "- name: email", "email is announced, and a query that names it is refused until it is there",
        "name the column on the day it is there",
    ),
    "a number format that nobody writes": Mistake(
        "drop_ad_spend", "value: english", "value: englisch", "value: englisch",
        "numberFormat 'englisch' is none of plain, english, french", "did you mean 'english'?",
    ),
    "a text that is written as a number": Mistake(
        "drop_ad_spend", "      - name: note\n",
        "      - name: note\n        customProperties: [{property: numberFormat, value: french}]\n",
        "property: numberFormat, value: french", "a string is not written as a number",
        "remove `numberFormat`",
    ),
    "a deleted row told by no column": Mistake(
        "support", "{column: status, equals: \"deleted\"}", "{column: state, equals: \"deleted\"}",
        "{column: state", "softDelete names no column: 'state'", "did you mean 'status'?",
    ),
    "a deleted row told by a value that the column never has": Mistake(
        "support", "equals: \"deleted\"", "equals: \"delete\"", "{column: status, equals: \"delete\"}",
        "status is never 'delete'", "did you mean 'deleted'?",
    ),
    "a deleted row told by a value that is no text": Mistake(
        "crm_a", "{column: is_deleted, equals: \"true\"}", "{column: is_deleted, equals: true}",
        "{column: is_deleted, equals: true}", "True is no text, and bronze holds text", 'write "true"',
    ),
    "a deleted row told by half": Mistake(
        "support", "{column: status, equals: \"deleted\"}", "{column: status}", "{column: status}",
        "does not say which column has which value", "write it as {column: is_deleted",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_the_line_the_reason_and_the_next_step(mistake, tmp_path):
    assert_refused(mistake, SOURCES, tmp_path, load_source)
