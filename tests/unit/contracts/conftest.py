import shutil

import pytest

from include.contracts.signatures import METRIC_CONTRACT


@pytest.fixture
def contract(tmp_path):
    """A copy of the metric contract with its signatures and its signatories' public keys."""
    shutil.copytree(METRIC_CONTRACT.parent, tmp_path / "metrics")
    return tmp_path / "metrics" / METRIC_CONTRACT.name
