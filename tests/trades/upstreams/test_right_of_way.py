"""Who reads ahead steps aside for who stores, and is never held up by one that died."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

import pytest

from trades.upstreams import right_of_way
from trades.upstreams.right_of_way import RightOfWay

AT_ONCE, PATIENCE = 0.02, 60.0  # seconds


@pytest.fixture
def reader() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def is_held_up(reading: Future[list[int]]) -> bool:
    try:
        reading.result(AT_ONCE)
    except TimeoutError:
        return True
    return False


def test_a_reader_waits_for_the_way_and_goes_on_while_it_is_lent(
    reader: ThreadPoolExecutor,
) -> None:
    way = RightOfWay(longest=PATIENCE)
    way.claim()
    waiting = reader.submit(lambda: list(way.heeded([1, 2])))
    assert is_held_up(waiting)
    with way.lent():
        assert waiting.result(PATIENCE) == [1, 2]
    again = reader.submit(lambda: list(way.heeded([3])))
    assert is_held_up(again)
    way.give_up()
    assert again.result(PATIENCE) == [3]


def test_nobody_waits_for_long_for_one_that_was_stopped() -> None:
    way = RightOfWay(longest=0.001)
    way.claim()
    assert list(way.heeded([1, 2, 3])) == [1, 2, 3]


def test_what_nobody_claimed_is_lent_without_being_claimed(reader: ThreadPoolExecutor) -> None:
    way = RightOfWay(longest=PATIENCE)
    with way.lent():
        pass
    assert reader.submit(lambda: list(way.heeded([1]))).result(PATIENCE) == [1]


def test_a_way_is_that_of_its_work_and_free_when_it_ends(reader: ThreadPoolExecutor) -> None:
    way, nobodys = RightOfWay(longest=PATIENCE), right_of_way.current()
    with right_of_way.shared(way):
        way.claim()
        assert reader.submit(copy_context().run, right_of_way.current).result() is way
        assert reader.submit(right_of_way.current).result() is nobodys
    assert right_of_way.current() is nobodys
    assert list(way.heeded([1])) == [1]
