"""What a worker does before it works."""

import gc
from collections.abc import Iterator

import pytest

from dashboard.start_up import spare_the_collector


@pytest.fixture
def collector() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*usual)


@pytest.mark.usefixtures("collector")
def test_a_worker_does_not_search_what_stands_since_its_start_for_garbage() -> None:
    since_the_start = [[]]
    spare_the_collector()
    assert gc.get_freeze_count()
    assert not any(each is since_the_start for each in gc.get_objects())
