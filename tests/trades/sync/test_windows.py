"""Stretches of time: what is covered and what is left never overlap and never lose a moment."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trades.sync import windows
from trades.sync.windows import EPOCH, Window

moments = st.integers(0, 50).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)
NOW = datetime(2026, 1, 4, tzinfo=UTC)


@st.composite
def stretches(draw: st.DrawFn) -> Window:
    start, end = sorted([draw(moments), draw(moments)])
    return Window(
        draw(st.sampled_from([start, None])),
        draw(st.sampled_from([end + timedelta(hours=1), None])),
    )


def inside(moment: datetime, stretch: list[Window]) -> bool:
    """Strictly inside, as a bound belongs to both of its sides."""
    return any(window.low < moment < window.high for window in stretch)


HALF = timedelta(minutes=30)


@given(st.lists(stretches(), max_size=6), moments)
def test_joining_keeps_every_moment(several: list[Window], moment: datetime) -> None:
    joined = windows.joined(several)
    assert inside(moment + HALF, joined) == inside(moment + HALF, several)
    assert all(a.high < b.low for a, b in itertools.pairwise(joined))


@given(st.lists(stretches(), max_size=5), stretches(), moments)
def test_what_is_read_leaves_the_rest(todo: list[Window], done: Window, moment: datetime) -> None:
    left = windows.without(todo, done)
    at = moment + HALF
    assert inside(at, left) == (inside(at, todo) and not inside(at, [done]))


@given(st.lists(stretches(), max_size=5))
def test_windows_survive_their_notes(several: list[Window]) -> None:
    assert windows.from_json(windows.to_json(several)) == windows.sorted_(several)


@given(stretches(), st.integers(1, 60))
def test_the_newest_part_ends_where_the_window_ends(window: Window, hours: int) -> None:
    part = windows.newest_part(window, timedelta(hours=hours), NOW)
    assert part.end == window.end
    assert part.low >= window.low


@given(st.integers(1, 10**7), st.integers(0, 10**6), st.integers(1, 2000))
def test_a_width_stays_within_its_bounds(seconds: int, found: int, at_most: int) -> None:
    width = windows.next_width(timedelta(seconds=seconds), found, at_most)
    assert windows.SHORTEST <= width <= windows.WIDEST


def test_an_endless_window_is_cut_at_our_clock_but_ends_nowhere() -> None:
    part = windows.newest_part(Window(None, None), timedelta(days=1), NOW)
    assert part == Window(NOW - timedelta(days=1), None)
    assert part.padded().end is None


def test_reaching_back_before_1970_takes_all_that_is_left() -> None:
    whole = Window(None, EPOCH + timedelta(days=1))
    assert windows.newest_part(whole, timedelta(days=2), NOW) == whole
