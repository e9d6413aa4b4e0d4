"""A token bucket."""

import math
import time
from collections.abc import Callable

from include.sandbox.services.settings import RateLimit


class TokenBucket:
    """Grants `limit.burst` requests at once and `limit.per_second` in the long run."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._tokens = float(limit.burst)
        self._as_of = clock()

    def take(self) -> int:
        """0 if the request may go ahead, else the whole seconds after which to try again."""
        now = self._clock()
        self._tokens = min(self.limit.burst, self._tokens + (now - self._as_of) * self.limit.per_second)
        self._as_of = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return max(1, math.ceil((1 - self._tokens) / self.limit.per_second))

    @property
    def remaining(self) -> int:
        """Requests that would be granted now."""
        return int(self._tokens)
