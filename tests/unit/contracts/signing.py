"""Keys and edits for tests of the signatures."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from include.contracts.document import Document
from include.contracts.errors import REPOSITORY
from include.contracts.metric import MetricContract
from include.contracts.metric_file import metric_contract

SANDBOX_KEYS = REPOSITORY / "include" / "sandbox" / "signing"
SIGNATORIES = ("cfo", "chief_compliance_officer")


def edit(path: Path, old: str, new: str) -> int:
    """Replaces the one occurrence of ``old`` and returns its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def unverified(path: Path) -> MetricContract:
    return metric_contract(Document(path))


def public_key_of(contract: Path, signatory: str) -> Path:
    return contract.parent / "signatories" / f"{signatory}.pem"


def private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_pem(key) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
