from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Repetitions happen as in life, the waits between them do not."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield
