"""The metric contract counts only as its signatories signed it."""

import re

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from include.contracts import ContractError, load_metric_contract
from include.contracts.canonical import part_digests
from include.contracts.sign import sign
from include.contracts.signatures import METRIC_CONTRACT, read_signed, signatures_path
from tests.unit.contracts.signing import SIGNATORIES, edit, public_key_of, public_pem, unverified

CFO = "Chief Financial Officer"
CCO = "Chief Compliance Officer"


def refusal(path, target="sandbox"):
    with pytest.raises(ContractError) as refused:
        read_signed(path, target)
    return str(refused.value)


def test_the_shipped_contract_is_signed():
    assert load_metric_contract().id == "METRIC-CONTRACT-2022-Q3"


def test_one_changed_character_names_the_clause_who_must_sign_and_how(contract):
    edit(contract, "window_hours: 720", "window_hours: 721")

    message = refusal(contract)

    line = contract.read_text().split('id: "3.1"')[0].count("\n") + 1
    assert message.startswith(f"{contract}:{line}: clause 3.1 of METRIC-CONTRACT-2022-Q3 is not what the ")
    assert f"{CFO} and the {CCO} signed; undo the change, or have it signed by" in message
    assert "python -m include.contracts.sign --signatory cfo --key FILE" in message
    assert "python -m include.contracts.sign --signatory chief_compliance_officer --key FILE" in message


def test_every_changed_clause_is_named(contract):
    edit(contract, "gap_minutes: 30", "gap_minutes: 31")
    edit(contract, "      weeks: 13", "      weeks: 14")

    assert ": clause 4.4, clause 6.3 of METRIC-CONTRACT-2022-Q3 are not what" in refusal(contract)


def test_an_added_and_a_removed_clause_are_named(contract):
    edit(contract, '  - id: "6.3"', '  - id: "6.4"')

    assert ": clause 6.4, clause 6.3 of METRIC-CONTRACT-2022-Q3 are not what" in refusal(contract)


def test_the_header_and_the_meaning_of_metrics_are_signed(contract):
    edit(contract, "version: 1.1.0", "version: 1.1.1")
    edit(contract, "Events email_click of the day.", "Events email_open of the day.")

    assert ": header, metrics of METRIC-CONTRACT-2022-Q3 are not what" in refusal(contract)


def test_a_signatory_cannot_be_left_out_without_the_other_signing_it(contract):
    edit(contract, "  - id: chief_compliance_officer\n    title: Chief Compliance Officer\n", "")

    assert f": header of METRIC-CONTRACT-2022-Q3 is not what the {CFO} signed" in refusal(contract)


def test_whom_to_page_may_change_without_a_signature(contract):
    edit(contract, '"#data-oncall"', '"#night-watch"')

    assert read_signed(contract, "sandbox").channel == "#night-watch"


def test_comments_and_line_breaks_are_not_part_of_what_is_signed(contract):
    edit(contract, "A lead is not a\n      customer.", "A lead is\n      not a customer.")
    edit(contract, "clauses:\n", "# The clauses.\nclauses:\n")

    assert read_signed(contract, "sandbox").clauses == load_metric_contract().clauses


def test_a_missing_signature_names_who_has_not_signed(contract):
    edit(signatures_path(contract), "  cfo:", "  cfo_of_another_bank:")

    message = refusal(contract)

    assert f"{signatures_path(contract)}:1: the {CFO} has not signed METRIC-CONTRACT-2022-Q3; " in message
    assert "--signatory cfo --key FILE" in message


def test_a_signature_by_another_key_does_not_count(contract):
    genuine = public_key_of(contract, "cfo").read_text()
    stranger = Ed25519PrivateKey.generate()
    public_key_of(contract, "cfo").write_text("purpose: sandbox\n" + public_pem(stranger))
    sign(unverified(contract), "cfo", stranger)
    public_key_of(contract, "cfo").write_text(genuine)

    assert re.search(rf"signatures\.yaml:\d+: the signature of the {CFO} does not fit", refusal(contract))


def test_part_digests_rewritten_by_hand_do_not_hide_a_change(contract):
    signed = part_digests(unverified(contract))["clause 3.1"]
    edit(contract, "window_hours: 720", "window_hours: 721")
    forged = part_digests(unverified(contract))["clause 3.1"]
    signatures = signatures_path(contract)
    signatures.write_text(signatures.read_text().replace(signed, forged))

    assert f"the signature of the {CFO} and the {CCO} does not fit METRIC-CONTRACT-2022-Q3" in refusal(
        contract
    )


def test_a_production_target_refuses_the_sandboxs_keys(monkeypatch):
    monkeypatch.setenv("GOVERNED_ANALYTICS_TARGET", "production")

    with pytest.raises(ContractError) as refused:
        load_metric_contract()

    message = str(refused.value)
    assert message.startswith(
        "include/contracts/metrics/signatories/cfo.pem:1: is a throw-away key of the sandbox"
    )
    assert "install the public keys of the bank's signatories" in message


def test_a_production_target_takes_the_banks_keys(contract):
    for signatory in SIGNATORIES:
        key = Ed25519PrivateKey.generate()
        public_key_of(contract, signatory).write_text("purpose: bank\n" + public_pem(key))
        sign(unverified(contract), signatory, key)

    assert read_signed(contract, "production").id == "METRIC-CONTRACT-2022-Q3"


def test_a_misspelt_target_is_refused_rather_than_taken_for_the_sandbox():
    assert "GOVERNED_ANALYTICS_TARGET is 'prod'; set it to one of" in refusal(METRIC_CONTRACT, "prod")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("purpose: bank\nno key\n", "cfo.pem:1: cannot be read"),
        (public_pem(generate_private_key(SECP256R1())), "cfo.pem:1: is not an Ed25519 key"),
        (
            public_pem(Ed25519PrivateKey.generate()),
            "cfo.pem:1: does not say what the key is for; add `purpose: bank`",
        ),
        (
            "\npurpose: sandbx\n" + public_pem(Ed25519PrivateKey.generate()),
            "cfo.pem:2: unknown purpose 'sandbx'; did you mean 'sandbox'?",
        ),
    ],
    ids=["no key", "another kind of key", "unmarked", "misspelt mark"],
)
def test_a_public_key_that_is_not_one_of_ours_is_refused(contract, text, reason):
    public_key_of(contract, "cfo").write_text(text)

    assert reason in refusal(contract)


def test_a_missing_public_key_is_named(contract):
    public_key_of(contract, "cfo").unlink()

    message = refusal(contract)

    assert "signatories/cfo.pem:1: cannot be read" in message
    assert f"put the Ed25519 public key of the {CFO} there" in message


def test_a_damaged_signatures_file_is_refused_with_its_line(contract):
    path = signatures_path(contract)
    line = edit(path, "  cfo:\n    signature: ", "  cfo:\n    signature: '*'\n    was: ")

    assert f"{path}:{line}: is not a signature as they are written" in refusal(contract)


def test_an_unsigned_contract_is_refused(contract):
    signatures_path(contract).unlink()

    message = refusal(contract)

    assert (
        f"{signatures_path(contract)}:1: nobody has signed METRIC-CONTRACT-2022-Q3; have it signed by"
        in message
    )
    assert CFO in message
    assert CCO in message
