"""A metric contract that is not well formed is refused with the file, the line and the way to correct it."""

import pytest

from include.contracts.document import Document
from include.contracts.metric_file import metric_contract
from include.contracts.signatures import METRIC_CONTRACT
from tests.unit.contracts.mistakes import Mistake, assert_refused

FILE = METRIC_CONTRACT.stem
MISTAKES = {
    "a parameter with more than one spelling": Mistake(
        FILE, "window_hours: 720", "window_hours: 720.0", "window_hours: 720.0",
        "parameter value 720.0 can be written in more than one way", "a whole number",
    ),
    "a parameter name that is no text": Mistake(
        FILE, "percent: {prospect: 10", "percent: {1: 10", "percent: {1",
        "parameter name 1 is not text", "put it in quotes",
    ),
    "a missing field of a clause": Mistake(
        FILE, "    effective: 2022-07-01\n    owner: data-governance", "    owner: data-governance",
        '- id: "1.1"',
        "'effective' is missing", "add `effective: ...`",
    ),
    "a misspelt field of a clause": Mistake(
        FILE, "predicate: |-\n      resolved", "predicat: |-\n      resolved", "predicat:",
        "unknown key 'predicat'", "did you mean 'predicate'?",
    ),
    "a misspelt field at the top": Mistake(
        FILE, "signatories:", "signatorys:", "signatorys:",
        "unknown key 'signatorys'", "did you mean 'signatories'?",
    ),
    "a clause given twice": Mistake(
        FILE, 'id: "3.2"', 'id: "3.1"  # again', '"3.1"  # again',
        "id '3.1' is given twice", "number or name it anew",
    ),
    "a clause number that YAML takes for a fraction": Mistake(
        FILE, 'id: "3.1"', "id: 3.1", "id: 3.1", "id is 3.1", "give text",
    ),
    "a version that YAML takes for a yes": Mistake(
        FILE, "version: 1\n", "version: yes\n", "version: yes", "version is True", "give a whole number",
    ),
    "a column without its table": Mistake(
        FILE, "dim_customer.is_active", "is_active", "- is_active",
        "'is_active' does not name a gold column", "write it as table.column",
    ),
    "a metric of no clause": Mistake(
        FILE, 'clause: "3.1"', 'clause: "8.1"', 'clause: "8.1"', "there is no clause '8.1'", "did you mean '",
    ),
    "a metric given twice": Mistake(
        FILE, "- name: email_clicks", "- name: kyc_verified  # again", "# again",
        "name 'kyc_verified' is given twice", "number or name it anew",
    ),
    "a channel that is none": Mistake(
        FILE, 'channel: "#kyc"', "channel: kyc", "channel: kyc",
        "channel 'kyc' is not a Slack channel", "start it with #",
    ),
    "a due time that is none": Mistake(
        FILE, 'gold_due: "06:30"', 'gold_due: "6.30"', "gold_due",
        "'6.30' is not a time of day", 'write it as "06:30"',
    ),
    "an unknown time zone": Mistake(
        FILE, "timezone: America/Toronto", "timezone: Toronto", "timezone:",
        "unknown time zone 'Toronto'", "use one such as America/Toronto",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_is_refused_with_file_line_reason_and_next_step(mistake, tmp_path):
    assert_refused(mistake, METRIC_CONTRACT.parent, tmp_path, lambda path: metric_contract(Document(path)))
