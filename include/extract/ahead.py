"""Reading ahead: the next item is made in a thread of its own while this one is worked on."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from queue import Full, Queue
from typing import TypeVar

T = TypeVar("T")

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class _End:
    """Behind the last item; with the error that ended them early."""

    error: BaseException | None = None


def ahead(items: Iterable[T]) -> Generator[T]:
    """The same items in the same order, made one ahead; an error comes where its item would have.

    Three are alive at a time: one here, one waiting, one in the making. What makes them runs in one other
    thread, and in no other: it has stopped when this generator has ended or was closed, which waits for the
    item in the making.
    """
    waiting: Queue[T | _End] = Queue(1)
    left = threading.Event()

    def hand_over(item: T | _End) -> None:
        while not left.is_set():
            try:
                waiting.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
            return

    def make() -> None:
        try:
            for item in items:
                hand_over(item)
                if left.is_set():
                    return
        except BaseException as error:  # whatever it is, it is raised where the items are used
            hand_over(_End(error))
        else:
            hand_over(_End())

    maker = threading.Thread(target=make, name="reading ahead", daemon=True)
    maker.start()
    try:
        while not isinstance(item := waiting.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        left.set()
        maker.join()
