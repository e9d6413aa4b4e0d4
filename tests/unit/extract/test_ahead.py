from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from include.extract.ahead import ahead


class Maker:
    """Numbers, of which it counts how many were made, and by whom."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.made = 0
        self.maker: threading.Thread | None = None
        self.two_are_made = threading.Event()

    def numbers(self) -> Iterator[int]:
        self.maker = threading.current_thread()
        for number in range(self.count):
            self.made = number + 1
            if self.made > 1:
                self.two_are_made.set()
            yield number


def test_all_items_come_in_their_order() -> None:
    assert list(ahead(Maker(100).numbers())) == list(range(100))


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    maker = Maker(100)
    items = ahead(maker.numbers())
    assert next(items) == 0
    assert maker.two_are_made.wait(10)
    items.close()


def test_no_more_than_three_are_alive() -> None:
    maker = Maker(100)
    for number in ahead(maker.numbers()):
        assert maker.made <= number + 3


def test_an_error_comes_in_the_place_of_its_item() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise LookupError("the source is gone")

    items = ahead(broken())
    assert next(items) == 1
    with pytest.raises(LookupError, match="the source is gone"):
        next(items)


def test_closing_it_stops_the_maker() -> None:
    maker = Maker(100)
    items = ahead(maker.numbers())
    assert next(items) == 0
    items.close()
    assert maker.maker is not None
    assert not maker.maker.is_alive()
    assert maker.made <= 3


def test_no_thread_starts_before_the_first_item_is_asked_for() -> None:
    maker = Maker(100)
    ahead(maker.numbers())
    assert maker.maker is None
