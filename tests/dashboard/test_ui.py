"""How values look: money, ages, statuses, games, bars."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from dashboard import clock
from dashboard.templatetags.ui import (
    Bar,
    age_text,
    ago_html,
    badge_html,
    bars_chart,
    count_text,
    game_text,
    moment_text,
    money_text,
    percent_text,
    phase_class,
    progress_text,
    round_ceiling,
)
from trades.models import Phase


@pytest.mark.parametrize(
    ("milli", "text"),
    [
        (None, "unknown"),
        (0, "$0.00"),
        (5, "$0.005"),
        (10, "$0.01"),
        (14_500, "$14.50"),
        (14_505, "$14.505"),
        (1_234_567_890, "$1,234,567.89"),
        (-1_500, "-$1.50"),
        (-5, "-$0.005"),
    ],
)
def test_money_has_a_third_decimal_only_where_there_is_one(milli: int | None, text: str) -> None:
    assert money_text(milli) == text


@pytest.mark.parametrize(
    ("milli_percent", "text"),
    [(None, "unknown"), (0, "0%"), (80_000, "80%"), (81_250, "81.25%"), (100_000, "100%")],
)
def test_percent(milli_percent: int | None, text: str) -> None:
    assert percent_text(milli_percent) == text


@pytest.mark.parametrize(("number", "text"), [(None, "unknown"), (0, "0"), (12_034, "12,034")])
def test_count(number: int | None, text: str) -> None:
    assert count_text(number) == text


@pytest.mark.parametrize(
    ("game_id", "text"),
    [
        (730, "CS2"),
        (570, "Dota 2"),
        (440, "TF2"),
        (252490, "Rust"),
        (99, "game 99"),
        (0, "no game"),
        (None, "no game"),
    ],
)
def test_games_have_names_and_unknown_ones_their_number(game_id: int | None, text: str) -> None:
    assert game_text(game_id) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=1), "just now"),
        (timedelta(seconds=59), "59 s ago"),
        (timedelta(seconds=61), "1 min ago"),
        (timedelta(minutes=60, seconds=1), "1 h ago"),
        (timedelta(hours=25), "1 d ago"),
        (timedelta(days=29), "29 d ago"),
        (-timedelta(minutes=5, seconds=1), "in 5 min"),
    ],
)
def test_ages(stopped_clock: None, ago: timedelta, text: str) -> None:
    assert age_text(clock.now() - ago) == text


def test_an_age_beyond_a_month_is_the_day_itself() -> None:
    at = clock.now() - timedelta(days=400)
    assert age_text(at) == f"{at:%Y-%m-%d}"


def test_an_age_follows_our_own_clock() -> None:
    at = clock.now()
    with clock.shifted(timedelta(hours=2, seconds=5)):
        assert age_text(at) == "2 h ago"


def test_ago_carries_the_moment_in_the_active_zone() -> None:
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        html = ago_html(at)
        assert moment_text(at) == "2026-03-02 00:30"
    assert 'datetime="2026-03-02T00:30:00+01:00"' in html
    assert 'title="2026-03-02 00:30:00 CET"' in html


def test_nothing_is_said_to_have_happened_when_nothing_did() -> None:
    assert ago_html(None) == "never"
    assert ago_html(None, "not yet") == "not yet"
    assert moment_text(None) == "unknown"


def test_every_phase_but_unknown_has_its_own_colour() -> None:
    classes = {phase: phase_class(phase) for phase in Phase.values}
    assert len(set(classes.values())) == len(Phase)
    assert classes[Phase.UNKNOWN] == phase_class("never heard of") == "is-none"


def test_a_badge_shows_the_upstreams_own_word_escaped() -> None:
    assert badge_html("done", "<b>paid</b>") == (
        '<span class="badge is-good">&lt;b&gt;paid&lt;/b&gt;</span>'
    )
    assert ">open<" in badge_html("open", "")


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, None, "0 trades so far"),
        (50, 200, "50 of 200 trades (25%)"),
        (201, 200, "201 of 200 trades (100%)"),
        (1_000, 12_000, "1,000 of 12,000 trades (8%)"),
    ],
)
def test_progress_in_words(done: int, total: int | None, text: str) -> None:
    assert progress_text(done, total, "trades") == text


@pytest.mark.parametrize(
    ("highest", "ceiling"),
    [(0, 2), (1, 2), (2, 2), (3, 4), (9, 10), (10, 20), (11, 20), (99, 100), (610_000, 800_000)],
)
def test_a_chart_ends_at_a_round_figure(highest: int, ceiling: int) -> None:
    assert round_ceiling(highest) == ceiling


def test_bars_stand_in_proportion_and_stay_in_their_frame() -> None:
    rows = [Bar("Mon", 0, "0"), Bar("Tue", 1, "1"), Bar("Wed", 1000, "1,000")]
    shapes = bars_chart(rows, "Sales", "Day", "Trades")["shapes"]
    assert [shape.height for shape in shapes] == [0, 8, 500]  # 1 of 2,000 is still seen
    assert all(shape.y + shape.height == 1000 for shape in shapes)
    assert [shape.left for shape in shapes] == [0, 10, 20]


def test_a_chart_brings_its_table_and_escapes_its_words() -> None:
    template = Template("{% load ui %}{% bars rows 'Volume per day' 'Day' 'Volume' 'money' %}")
    rows = [Bar("<i>1 May</i>", 1_500, "$1.50"), Bar("2 May", None, "unknown")]
    html = template.render(Context({"rows": rows}))
    assert "&lt;i&gt;1 May" in html
    assert "<i>" not in html
    assert '<td class="num">unknown</td>' in html
    assert "Highest: $1.50" in html
    assert "style=" not in html


def test_a_chart_of_nothing_is_drawn_too() -> None:
    chart = bars_chart([], "Sales", "Day", "Trades")
    assert chart["shapes"] == chart["labels"] == []
    assert chart["width"] > 0
