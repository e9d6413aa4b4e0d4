"""One answer for a request, however often it is sent.

A client that waits a minute in vain, or loses its connection, sends the request again under the same id. The
account then gives the answer of the first, once there is one, and executes nothing a second time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

REMEMBERED = 2  # a session asks one thing after the other, so only its last request can come again


class Repeats:
    """The latest requests of one session, under way or answered."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[str, asyncio.Task[Response]] = OrderedDict()

    async def answer(self, request_id: str, work: Callable[[], Response]) -> Response:
        """What `work` gives; of a request that is known, what it gave or will give to the first."""
        task = self._tasks.get(request_id) if request_id else None
        if task is None:
            task = asyncio.create_task(run_in_threadpool(work))
            if request_id:
                self._tasks[request_id] = task
            while len(self._tasks) > REMEMBERED:
                self._tasks.popitem(last=False)
        # The work goes on when the client that asked first is gone: another may be asking already.
        return await asyncio.shield(task)
