"""What changed between two versions of a contract, and who is told that it concerns them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from include.contracts import SourceContract, load_source, load_sources
from include.governance.contract_changes import Change, changes
from include.governance.contract_consumers import Manifest
from include.governance.contract_diff import NoSuchVersionError, contract_at, main

KYC = load_sources()["kyc"].path.read_text(encoding="utf-8")
AD_SPEND = load_sources()["drop_ad_spend"].path.read_text(encoding="utf-8")
REVIEWS = load_sources()["drop_account_reviews"].path.read_text(encoding="utf-8")
PHONE = """      - name: phone
        description: Phone number as typed in the application. Formats vary.
        logicalType: string
        physicalType: string
        required: false
        classification: confidential
      - name: sin
        description: >-
          Social"""


def model(name: str, code: str, *parents: str, kind: str = "model") -> dict[str, object]:
    return {"name": name, "resource_type": kind, "raw_code": code, "depends_on": {"nodes": list(parents)}}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Two staging models, one of which something is built on, in the shape of dbt's manifest."""
    applicant, check = "source.dbt.raw_kyc.applicant", "source.dbt.raw_kyc.verification"
    stg, other = "model.dbt.stg_kyc__applicant", "model.dbt.stg_kyc__verification"
    nodes = {
        stg: model("stg_kyc__applicant", "select id, state as applicant_state, email from source", applicant),
        other: model("stg_kyc__verification", "select check_id, result from source", check),
        "model.dbt.dim_customer": model(
            "dim_customer", "select c.applicant_state from {{ ref('stg_kyc__applicant') }} as c", stg
        ),
        "model.dbt.mart_mail": model("mart_mail", "select email from x", stg),
        "test.dbt.unique": model("unique", "", stg, kind="test"),
    }
    funnel = model("weekly_funnel", "", "model.dbt.dim_customer", kind="exposure")
    sources = {
        applicant: {"source_name": "raw_kyc", "name": "applicant"},
        check: {"source_name": "raw_kyc", "name": "verification"},
    }
    child_map: dict[str, list[str]] = {}
    for node_id, node in {**nodes, "exposure.dbt.funnel": funnel}.items():
        for parent in node["depends_on"]["nodes"]:  # type: ignore[index]
            child_map.setdefault(parent, []).append(node_id)
    path = tmp_path / "manifest.json"
    told = {"sources": sources, "nodes": nodes, "exposures": {"exposure.dbt.funnel": funnel}}
    path.write_text(json.dumps({**told, "child_map": child_map}))
    return path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with the shipped contract of kyc in its last commit."""
    root = tmp_path / "repository"
    file = root / "include/contracts/sources/kyc.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(KYC, encoding="utf-8")
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=root, check=True)  # noqa: S607
    return root


def contract(folder: Path, text: str, *edits: tuple[str, str], source: str = "kyc") -> SourceContract:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    folder.mkdir(exist_ok=True)
    path = folder / f"{source}.yaml"
    path.write_text(text, encoding="utf-8")
    return load_source(path)


STATES = "validValues: [pending, verified, rejected]"
INTERNAL = "        required: {}\n        classification: internal\n      - name: first_name"
CONFIDENTIAL = "required: {}\n        classification: confidential"
NICKNAME = """      - name: nickname
        description: As told.
        logicalType: string
        physicalType: string
        required: false
        classification: confidential
      - name: first_name"""
KEY_TYPE = "physicalType: {}\n        required: true\n        primaryKey"
ANNOUNCED = NICKNAME.replace(
    "classification: confidential\n",
    "classification: confidential\n"
    "        customProperties: [{property: announcedFor, value: '2027-01-11'}]\n",
)
RULE_BEGINS = "    quality:\n      - metric: duplicateValues"
CHANGES = {
    "a column that goes": ((PHONE, PHONE[PHONE.index("      - name: sin") :]), "breaking", "applicant.phone"),
    "a column that comes": (
        ("      - name: first_name", NICKNAME), "additive", "applicant.nickname",
    ),
    "a column of another type": (
        ("logicalType: timestamp", "logicalType: date"), "breaking", "applicant.created_at",
    ),
    "a column that may be empty now": (
        (CONFIDENTIAL.format("true"), CONFIDENTIAL.format("false")),
        "breaking", "applicant.first_name",
    ),
    "a column that is always filled now": (
        (INTERNAL.format("false"), INTERNAL.format("true")), "additive", "applicant.party_id",
    ),
    "another classification": (
        ("classification: confidential", "classification: internal"), "breaking", "applicant.first_name",
    ),
    "a value more": ((STATES, STATES.replace("]", ", expired]")), "breaking", "applicant.state"),
    "a value less": ((STATES, "validValues: [pending, verified]"), "additive", "applicant.state"),
    "a later hour": (('value: "04:30"', 'value: "06:30"'), "breaking", "source"),
    "an earlier hour": (('value: "04:30"', 'value: "03:30"'), "additive", "source"),
    "nobody waits any more": (("value: blocking", "value: degradable"), "breaking", "source"),
    "another owner": (("name: kyc-operations", "name: onboarding"), "editorial", "source"),
    "other words": (("First name as typed", "Given name as typed"), "editorial", "applicant.first_name"),
    "another page size": (("page_size: 200", "page_size: 100"), "editorial", "applicant"),
    "moments without a zone": (
        ("logicalType: timestamp", "logicalTypeOptions: {timezone: false}\n        logicalType: timestamp"),
        "breaking", "applicant.created_at",
    ),
    "a row that says it is gone": (
        ("    customProperties:\n      - property: read\n        value:\n          path: /v3/applicants",
         "    customProperties:\n      - property: softDelete\n"
         "        value: {column: state, equals: rejected}\n"
         "      - property: read\n        value:\n          path: /v3/applicants"),
        "breaking", "applicant",
    ),
    "the source calls the type otherwise": (
        (KEY_TYPE.format("string"), KEY_TYPE.format("uuid")),
        "editorial", "applicant.applicant_id",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_weighed_by_what_readers_may_rely_on(tmp_path: Path, name: str) -> None:
    edit, weight, where = CHANGES[name]
    old = contract(tmp_path / "old", KYC)
    (found,) = changes(old, contract(tmp_path / "new", KYC, edit))
    assert (found.weight, found.where) == (weight, where)


def test_a_promise_that_is_withdrawn_breaks_the_contract(tmp_path: Path) -> None:
    rule = REVIEWS[REVIEWS.index(RULE_BEGINS) : REVIEWS.index("    properties:")]
    source = "drop_account_reviews"
    with_it = contract(tmp_path / "with", REVIEWS, source=source)
    without = contract(tmp_path / "without", REVIEWS, (rule, ""), source=source)
    ((gone,), (came,)) = changes(with_it, without), changes(without, with_it)
    assert (gone.weight, came.weight) == ("breaking", "additive")


def test_numbers_written_another_way_break_the_contract(tmp_path: Path) -> None:
    edit, source = ("value: english", "value: french"), "drop_ad_spend"
    old = contract(tmp_path / "old", AD_SPEND, source=source)
    (found,) = changes(old, contract(tmp_path / "new", AD_SPEND, edit, source=source))
    assert (found.weight, found.where) == ("breaking", "ad_spend.impressions")
    assert found.what == "is written as french, was as english: bronze of both is read the new way"


def test_an_announced_column_is_additive_and_told_with_its_day(tmp_path: Path) -> None:
    (came,) = changes(
        contract(tmp_path / "old", KYC),
        contract(tmp_path / "new", KYC, ("      - name: first_name", ANNOUNCED)),
    )
    assert (came.weight, came.what) == ("additive", "is new (string, announced for 2027-01-11)")


def test_a_later_day_breaks_what_was_announced_and_an_earlier_one_adds_to_it(tmp_path: Path) -> None:
    days = ("2027-01-11", "2027-01-12", "")
    first, later, there = (
        contract(
            tmp_path / f"v{number}",
            KYC,
            (
                "      - name: first_name",
                ANNOUNCED.replace("2027-01-11", day) if day else NICKNAME,
            ),
        )
        for number, day in enumerate(days)
    )
    weights = {
        (old.path.parent.name, new.path.parent.name): found.weight
        for old, new in ((first, later), (later, first), (first, there), (there, first))
        for found in changes(old, new)
    }
    assert weights == {
        ("v0", "v1"): "breaking",
        ("v1", "v0"): "additive",
        ("v0", "v2"): "additive",
        ("v2", "v0"): "breaking",
    }


def test_nothing_changed_is_no_difference(tmp_path: Path) -> None:
    assert changes(contract(tmp_path / "old", KYC), contract(tmp_path / "new", KYC)) == []


def test_breaking_changes_come_first(tmp_path: Path) -> None:
    edits = [CHANGES[name][0] for name in ("other words", "a value less", "a later hour")]
    found = changes(contract(tmp_path / "old", KYC), contract(tmp_path / "new", KYC, *edits))
    assert [change.weight for change in found] == ["breaking", "additive", "editorial"]
    assert all(isinstance(change, Change) for change in found)


def test_consumers_of_a_table_are_all_that_is_built_on_it(manifest: Path, tmp_path: Path) -> None:
    kyc = contract(tmp_path / "new", KYC)
    assert str(Manifest(manifest).of_table(kyc, "applicant")) == (
        "stg_kyc__applicant, dim_customer, mart_mail; exposures weekly_funnel"
    )
    assert str(Manifest(manifest).of_table(kyc, "pending_handoff")) == "nobody"


def test_a_column_is_followed_under_the_names_it_is_given(manifest: Path, tmp_path: Path) -> None:
    read = Manifest(manifest)
    kyc = contract(tmp_path / "new", KYC)
    assert str(read.of_column(kyc, "applicant", "state")) == (
        "stg_kyc__applicant, dim_customer; exposures weekly_funnel"
    )
    assert str(read.of_column(kyc, "applicant", "email")) == "stg_kyc__applicant, mart_mail"
    assert str(read.of_column(kyc, "applicant", "phone")) == "nobody"


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(arguments)
    return code, capsys.readouterr().out


def test_the_report_says_what_changed_and_who_reads_it(
    manifest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(KYC, encoding="utf-8")
    new.write_text(KYC.replace(STATES, STATES.replace("]", ", expired]")), encoding="utf-8")
    files = ("kyc", "--from", str(old), "--to", str(new), "--manifest", str(manifest))
    code, said = told(capsys, *files)
    assert code == 0
    assert said.splitlines() == [
        "kyc: version 1.0.0 -> 1.0.0",
        "",
        "BREAKING",
        "  applicant.state: may also hold expired",
        "      read by stg_kyc__applicant, dim_customer; exposures weekly_funnel",
        "",
        "1 breaking, 0 additive, 0 editorial",
        "A breaking change raises the first number of the version: 1.0.0 -> 1.0.0 does not.",
    ]
    assert told(capsys, *files, "--fail-on", "breaking")[0] == 1
    same = ("kyc", "--from", str(old), "--to", str(old), "--manifest", str(manifest), "--fail-on", "breaking")
    assert told(capsys, *same) == (0, "kyc: version 1.0.0 -> 1.0.0\n\nno difference\n")


def test_without_a_manifest_the_changes_are_still_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(KYC, encoding="utf-8")
    new.write_text(KYC.replace(STATES, "validValues: [pending, verified]"), encoding="utf-8")
    nowhere = str(tmp_path / "nowhere.json")
    code, said = told(
        capsys, "kyc", "--from", str(old), "--to", str(new), "--manifest", nowhere, "--fail-on", "breaking"
    )
    assert code == 0
    assert "applicant.state: no longer holds rejected" in said
    assert "nowhere.json is missing; run `dbt parse`" in said


def test_a_version_is_a_git_revision_or_the_file_as_it_is(repository: Path) -> None:
    file = repository / "include/contracts/sources/kyc.yaml"
    file.write_text(KYC.replace("version: 1.0.0", "version: 1.1.0", 1), encoding="utf-8")
    assert contract_at("kyc", "HEAD", repository).version == "1.0.0"
    assert contract_at("kyc", "", repository).version == "1.1.0"


@pytest.mark.parametrize(("source", "version"), [("kyc", "no-such-branch"), ("kcy", "HEAD"), ("kcy", "")])
def test_a_version_that_is_not_there_is_named(repository: Path, source: str, version: str) -> None:
    with pytest.raises(NoSuchVersionError, match=version or source):
        contract_at(source, version, repository)


def test_a_command_for_no_source_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_source"]) == 2
    assert "no_such_source.yaml" in capsys.readouterr().err
