"""Signs the metric contract as it stands: ``python -m include.contracts.sign --signatory cfo --key FILE``.

Run by the signatory, with the private key that belongs to ``metrics/signatories/<signatory>.pem``. Replaces
the signatory's last signature and says what differs from it.
"""

from __future__ import annotations

import argparse
import base64
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from include.contracts.canonical import digest, part_digests
from include.contracts.document import Document
from include.contracts.errors import ContractError, suggestion
from include.contracts.metric import MetricContract
from include.contracts.metric_file import metric_contract
from include.contracts.signatures import (
    METRIC_CONTRACT,
    Signature,
    changed_parts,
    public_key,
    read_signatures,
    signatures_path,
)

HEADING = "# Signatures under {name}. Written by python -m include.contracts.sign; do not edit.\n"


def sign(contract: MetricContract, signatory: str, key: Ed25519PrivateKey) -> list[str]:
    """Writes the signatory's signature under the contract; returns the parts that differ from the last.

    Raises ContractError when the contract names no such signatory or the key is not that signatory's.
    """
    officers = {officer.id: officer for officer in contract.signatories}
    if signatory not in officers:
        reason = f"{contract.id} names no signatory {signatory!r}"
        raise ContractError(contract.path, 1, reason, suggestion(signatory, officers))
    known, _ = public_key(contract.path, officers[signatory])
    if known != key.public_key():
        pem = contract.path.parent / "signatories" / f"{signatory}.pem"
        raise ContractError(
            pem, 1, "does not belong to the private key given", f"sign with the key of {signatory!r}"
        )
    path = signatures_path(contract.path)
    signatures = read_signatures(path) if path.exists() else {}
    last = signatures.get(signatory)
    signatures[signatory] = Signature(signatory, key.sign(digest(contract)), part_digests(contract), line=0)
    kept = [signatures[officer] for officer in officers if officer in signatures]
    path.write_text(_written(contract, kept), encoding="utf-8")
    return changed_parts(contract, last) if last else list(part_digests(contract))


def _written(contract: MetricContract, signatures: list[Signature]) -> str:
    entries: dict[str, Any] = {
        signature.signatory: {
            "signature": base64.b64encode(signature.signature).decode(),
            "parts": dict(signature.parts),
        }
        for signature in signatures
    }
    data = {"contract": contract.id, "version": contract.version, "signatures": entries}
    return HEADING.format(name=contract.path.name) + yaml.safe_dump(data, sort_keys=False, width=120)


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        text = path.read_bytes()
        try:
            key = load_pem_private_key(text, password=None)
        except TypeError:  # the key is encrypted
            key = load_pem_private_key(text, password=getpass.getpass(f"Passphrase of {path}: ").encode())
    except (OSError, ValueError) as problem:
        raise ContractError(
            path, 1, f"cannot be read ({problem})", "give an Ed25519 private key in PEM"
        ) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise ContractError(path, 1, "is not an Ed25519 key", "give an Ed25519 private key in PEM")
    return key


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m include.contracts.sign", description="Sign the metric contract."
    )
    parser.add_argument("--signatory", required=True, help="who signs, as the contract names them: cfo")
    parser.add_argument("--key", required=True, type=Path, help="the signatory's private key, PEM")
    parser.add_argument(
        "--contract", type=Path, default=METRIC_CONTRACT, help="default: the contract in force"
    )
    given = parser.parse_args(arguments)
    try:
        contract = metric_contract(Document(given.contract.resolve()))
        signed = sign(contract, given.signatory, _private_key(given.key))
    except ContractError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    what = ", ".join(signed) if signed else "nothing changed since the last signature"
    sys.stdout.write(f"{given.signatory} signed {contract.id} {contract.version}: {what}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
