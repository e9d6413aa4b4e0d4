"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failure: no example has a time limit.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

WHOLE_DAYS = Path(__file__).parent / "integration" / "medallion"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: a file of minutes that begins last leaves one of two processes idle."""
    items.sort(key=lambda item: WHOLE_DAYS not in item.path.parents)
