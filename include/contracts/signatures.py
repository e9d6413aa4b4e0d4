"""The officers' signatures under the metric contract: Ed25519 over the SHA-256 of its canonical text.

The public keys lie in ``signatories/<id>.pem`` beside the contract, the signatures in
``<contract>.signatures.yaml``. Each signature keeps the SHA-256 of every part that was signed, so that a
change can be named.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from include.contracts.canonical import digest, part_digests
from include.contracts.document import Document, Keys
from include.contracts.errors import ContractError, suggestion
from include.contracts.metric import MetricContract, Signatory
from include.contracts.metric_file import metric_contract

METRIC_CONTRACT = Path(__file__).parent / "metrics" / "metric_contract_2022_q3.yaml"
TARGET = "GOVERNED_ANALYTICS_TARGET"
TARGETS = ("sandbox", "production")


@dataclass(frozen=True)
class Signature:
    """One officer's signature, as it stands in the signatures file."""

    signatory: str
    signature: bytes
    parts: Mapping[str, str]  # SHA-256 of each part that was signed, by its name
    line: int


def load_metric_contract(path: Path = METRIC_CONTRACT) -> MetricContract:
    """The metric contract, if every signatory has signed it as it stands. Read once per process.

    Raises ContractError when it is not well formed, when a signature is missing or does not fit, or when a
    production target (``GOVERNED_ANALYTICS_TARGET=production``) is given keys made for the sandbox.
    """
    return _load(path, os.environ.get(TARGET, TARGETS[0]))


def read_signed(path: Path, target: str) -> MetricContract:
    """The contract as it now stands in its file; like ``load_metric_contract``, for a given target."""
    document = Document(path)
    contract = metric_contract(document)
    _verify(document, contract, target)
    return contract


_load = cache(read_signed)


def signatures_path(contract: Path) -> Path:
    """Where the signatures under a metric contract lie."""
    return contract.with_suffix(".signatures.yaml")


def read_signatures(path: Path) -> dict[str, Signature]:
    """The signatures in a file, by signatory. Raises ContractError where it is not as ``sign`` writes it."""
    document = Document(path)
    found: dict[str, Signature] = {}
    for signatory, entry in (document.data.get("signatures") or {}).items():
        at = ("signatures", signatory)
        try:
            found[signatory] = Signature(
                signatory=signatory,
                signature=base64.b64decode(entry["signature"], validate=True),
                parts=dict(entry["parts"]),
                line=document.line(at),
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as problem:
            reason = f"is not a signature as they are written ({type(problem).__name__}: {problem})"
            raise document.error(at, reason, "remove the entry and sign again") from problem
    return found


def public_key(contract: Path, signatory: Signatory) -> tuple[Ed25519PublicKey, str]:
    """A signatory's public key, and what it is for as the text above it says: ``bank`` or ``sandbox``."""
    path = contract.parent / "signatories" / f"{signatory.id}.pem"
    try:
        text = path.read_text(encoding="utf-8")
        key = load_pem_public_key(text.encode())
    except (OSError, ValueError) as problem:
        next_step = f"put the Ed25519 public key of the {signatory.title} there, in PEM"
        raise ContractError(path, 1, f"cannot be read ({problem})", next_step) from problem
    if not isinstance(key, Ed25519PublicKey):
        raise ContractError(path, 1, "is not an Ed25519 key", f"ask the {signatory.title} for one")
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("purpose:"):
            purpose = line.partition(":")[2].strip()
            if purpose not in {"bank", "sandbox"}:
                raise ContractError(
                    path, number, f"unknown purpose {purpose!r}", suggestion(purpose, ("bank", "sandbox"))
                )
            return key, purpose
    raise ContractError(path, 1, "does not say what the key is for", "add `purpose: bank` above the key")


def changed_parts(contract: MetricContract, signature: Signature) -> list[str]:
    """The parts of the contract that differ from what was signed, in the order of the file."""
    now = part_digests(contract)
    changed = [name for name, part in now.items() if signature.parts.get(name) != part]
    return changed + [name for name in signature.parts if name not in now]


def _verify(document: Document, contract: MetricContract, target: str) -> None:
    if target not in TARGETS:
        next_step = f"set it to one of {', '.join(TARGETS)}"
        raise ContractError(contract.path, 1, f"{TARGET} is {target!r}", next_step)
    path = signatures_path(contract.path)
    if not path.exists():
        raise ContractError(path, 1, f"nobody has signed {contract.id}", _ask_to_sign(contract.signatories))
    signatures = read_signatures(path)
    unsigned: list[Signatory] = []
    for signatory in contract.signatories:
        key, purpose = public_key(contract.path, signatory)
        if purpose == "sandbox" and target == "production":
            next_step = "install the public keys of the bank's signatories and have them sign the contract"
            pem = contract.path.parent / "signatories" / f"{signatory.id}.pem"
            raise ContractError(
                pem, 1, "is a throw-away key of the sandbox, and this is production", next_step
            )
        signature = signatures.get(signatory.id)
        if signature is None:
            reason = f"the {signatory.title} has not signed {contract.id}"
            raise ContractError(path, 1, reason, _ask_to_sign([signatory]))
        try:
            key.verify(signature.signature, digest(contract))
        except InvalidSignature:
            unsigned.append(signatory)
    if unsigned:
        raise _not_as_signed(document, contract, signatures, unsigned)


def _not_as_signed(
    document: Document,
    contract: MetricContract,
    signatures: Mapping[str, Signature],
    unsigned: list[Signatory],
) -> ContractError:
    titles = " and the ".join(signatory.title for signatory in unsigned)
    changed = changed_parts(contract, signatures[unsigned[0].id])
    if not changed:
        line = signatures[unsigned[0].id].line
        reason = f"the signature of the {titles} does not fit {contract.id} and the key"
        return ContractError(signatures_path(contract.path), line, reason, _ask_to_sign(unsigned))
    verb = "is" if len(changed) == 1 else "are"
    reason = f"{', '.join(changed)} of {contract.id} {verb} not what the {titles} signed"
    next_step = f"undo the change, or {_ask_to_sign(unsigned)}"
    return document.error(_place(contract, changed[0]), reason, next_step)


def _place(contract: MetricContract, part: str) -> Keys:
    """Where a signed part stands in the contract's file."""
    clauses = list(contract.clauses)
    clause = part.removeprefix("clause ")
    return ("clauses", clauses.index(clause)) if clause in clauses else (part,)


def _ask_to_sign(signatories: Iterable[Signatory]) -> str:
    commands = ", ".join(
        f"the {signatory.title} with `python -m include.contracts.sign --signatory {signatory.id} --key FILE`"
        for signatory in signatories
    )
    return f"have it signed by {commands}"
