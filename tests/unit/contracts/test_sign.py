"""The command that signs the metric contract."""

import subprocess
import sys

import pytest

from include.contracts import ContractError
from include.contracts.errors import REPOSITORY
from include.contracts.sign import main
from include.contracts.signatures import METRIC_CONTRACT, read_signed, signatures_path
from tests.unit.contracts.signing import SANDBOX_KEYS, SIGNATORIES, edit


def sign(contract, signatory, key):
    return main(["--signatory", signatory, "--key", str(key), "--contract", str(contract)])


def test_after_a_change_both_sign_again_and_the_contract_counts(contract, capsys):
    edit(contract, "window_hours: 720", "window_hours: 721")

    assert sign(contract, "cfo", SANDBOX_KEYS / "cfo.pem") == 0
    assert capsys.readouterr().out == "cfo signed METRIC-CONTRACT-2022-Q3 1.1.0: clause 3.1\n"
    with pytest.raises(ContractError) as refused:
        read_signed(contract, "sandbox")
    assert "is not what the Chief Compliance Officer signed" in str(refused.value)
    assert "--signatory cfo" not in str(refused.value)

    assert sign(contract, "chief_compliance_officer", SANDBOX_KEYS / "chief_compliance_officer.pem") == 0
    assert read_signed(contract, "sandbox").clauses["3.1"].parameters["window_hours"] == 721


def test_the_first_signatures_need_no_earlier_ones(contract):
    signatures_path(contract).unlink()

    for signatory in SIGNATORIES:
        assert sign(contract, signatory, SANDBOX_KEYS / f"{signatory}.pem") == 0

    assert read_signed(contract, "sandbox")


def test_signing_what_is_already_signed_changes_nothing(contract, capsys):
    before = signatures_path(contract).read_bytes()

    assert sign(contract, "cfo", SANDBOX_KEYS / "cfo.pem") == 0

    assert capsys.readouterr().out.endswith(": nothing changed since the last signature\n")
    assert signatures_path(contract).read_bytes() == before


@pytest.mark.parametrize(
    ("signatory", "key", "reason"),
    [
        ("cfo", SANDBOX_KEYS / "chief_compliance_officer.pem", "does not belong to the private key given"),
        ("cof", SANDBOX_KEYS / "cfo.pem", "names no signatory 'cof'; did you mean 'cfo'?"),
        ("cfo", SANDBOX_KEYS / "missing.pem", "missing.pem:1: cannot be read"),
        ("cfo", METRIC_CONTRACT, "give an Ed25519 private key in PEM"),
    ],
    ids=["another's key", "unknown signatory", "no file", "no key"],
)
def test_signing_with_the_wrong_name_or_key_writes_nothing(contract, capsys, signatory, key, reason):
    before = signatures_path(contract).read_bytes()

    assert sign(contract, signatory, key) == 1

    assert reason in capsys.readouterr().err
    assert signatures_path(contract).read_bytes() == before


def test_runs_as_the_command_that_errors_ask_for(contract):
    command = [sys.executable, "-m", "include.contracts.sign", "--signatory", "cfo"]
    command += ["--key", str(SANDBOX_KEYS / "cfo.pem"), "--contract", str(contract)]

    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)

    assert answer.stdout.startswith("cfo signed METRIC-CONTRACT-2022-Q3")


def test_sandbox_keys_say_what_they_are():
    for signatory in SIGNATORIES:
        assert "purpose: sandbox" in (SANDBOX_KEYS / f"{signatory}.pem").read_text().splitlines()
