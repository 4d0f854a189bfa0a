"""Offset paging proves a list only when two passes agree."""

from datetime import UTC, datetime

import pytest

from trades.sync.passes import MOST_PASSES, Passes, StillMovingError
from trades.upstreams.records import BadRow, Direction, Page, Phase, TradeRecord

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)


def page(ids: list[str], total: int | None, bad: int = 0) -> Page:
    trades = tuple(
        TradeRecord(
            upstream_id=each, phase=Phase.DONE, direction=Direction.SELL, status="completed",
            summary="", raw=b"{}", content_hash=b"",
        )
        for each in ids
    )  # fmt: skip
    unread = tuple(BadRow("odd", str(number).encode()) for number in range(bad))
    return Page(trades, unread, total, 2, 0, NOON)


def test_two_equal_passes_agree_in_any_order() -> None:
    passes = Passes()
    assert not passes.advance(page(["a", "b"], 3))
    assert not passes.advance(page(["c"], 3))
    assert not passes.advance(page(["c", "a"], 3))
    assert passes.advance(page(["b"], 3))


def test_a_row_that_slipped_through_one_pass_makes_a_third() -> None:
    passes = Passes()
    passes.advance(page(["a", "b"], 4)), passes.advance(page(["b", "d"], 4))
    assert not passes.advance(page(["a", "b"], 4))
    assert not passes.advance(page(["c", "d"], 4))
    passes.advance(page(["a", "b"], 4))
    assert passes.advance(page(["c", "d"], 4))


def test_an_empty_page_ends_a_pass_whatever_the_total_says() -> None:
    passes = Passes()
    passes.advance(page(["a"], 5)), passes.advance(page([], 5))
    assert passes.finished == 1


def test_without_a_total_an_empty_page_ends_a_pass() -> None:
    passes = Passes()
    for ids in (["a", "b"], ["c"], [], ["a", "b"], ["c"]):
        assert not passes.advance(page(ids, None))
    assert passes.advance(page([], None))


def test_a_list_that_never_stands_still_is_given_up() -> None:
    passes = Passes()
    for number in range(MOST_PASSES - 1):
        passes.advance(page([f"row-{number}"], 1))
    with pytest.raises(StillMovingError):
        passes.advance(page(["the last row"], 1))


def test_unreadable_rows_count_as_rows() -> None:
    passes = Passes()
    passes.advance(page(["a"], 3, bad=2))
    assert passes.finished == 1


def test_passes_survive_their_notes() -> None:
    passes = Passes()
    passes.advance(page(["a", "b"], 3))
    assert Passes.from_json(passes.to_json()) == passes
