from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.extract.api import Api, serving


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api()) as served:
        yield served
