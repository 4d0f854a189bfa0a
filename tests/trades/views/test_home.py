import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import KeyState, MarketAccount, Upstream
from dashboard import clock
from tests.factories import (
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sync_state,
    make_trade,
)
from trades.models import BadRecord, Direction, MarketStatistic, Phase, Trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

URL = "/t/harbour/"
ALL = f"{URL}?period=all"
MARKUP = "<b>bold</b>"
HTMX = {"HX-Request": "true"}
SHOWN = re.compile(r'id="trade-\d+"')


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    account = make_account(team=cast.team, label="Main desk")
    make_key(account=account)
    return account


@pytest.fixture
def victor(cast: Cast, client: Client) -> Client:
    client.force_login(cast.victor)
    return client


def text_of(client: Client, url: str = URL, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def tiles(html: str) -> dict[str, tuple[str, int]]:
    """Name -> (address, number)."""
    found = re.findall(
        r'id="tile-(\w+)" href="([^"]+)">[^>]+>[^>]+>\s+<[^>]+tile__value">([\d,]+)<', html
    )
    return {name: (unescape(url), int(number.replace(",", ""))) for name, url, number in found}


def compared(html: str) -> dict[str, list[str]]:
    """Figure -> the words of each game's cell."""
    rows = re.findall(r'<th scope="row">([^<]+)<(.*?)</tr>', html, re.DOTALL)
    return {
        label: [
            " ".join(re.sub(r"<[^>]+>", " ", cell).split())
            for cell in re.findall(r"<td>(.*?)</td>", cells, re.DOTALL)
        ]
        for label, cells in rows
    }


def test_anonymous_people_are_sent_to_sign_in(cast: Cast, client: Client) -> None:
    assert client.get(URL).status_code == 302


def test_a_stranger_meets_a_404(cast: Cast, client: Client) -> None:
    client.force_login(cast.charlie)
    assert client.get(URL).status_code == 404


def test_a_viewer_may_read_and_nobody_may_post(victor: Client) -> None:
    assert victor.get(URL).status_code == 200
    assert victor.post(URL).status_code == 405


def test_without_accounts_it_says_what_to_do_next(cast: Cast, client: Client) -> None:
    client.force_login(cast.bob)
    assert 'href="/t/harbour/keys/add/"' in text_of(client)
    client.force_login(cast.victor)
    html = text_of(client)
    assert 'href="/t/harbour/keys/add/"' not in html
    assert "hx-get" not in html


def test_a_fragment_without_accounts_loads_the_page_anew(victor: Client) -> None:
    assert victor.get(URL, headers=HTMX)["HX-Refresh"] == "true"


STATUSES = ("processing", "accepted", "completed", "declined", "cancelled", "rolled_back_by_user",
            "rolled_back_by_bot", "error", "never_heard_of")  # fmt: skip


@pytest.mark.parametrize("direction", ["sell", "purchase", "unknown"])
def test_every_figure_equals_the_list_it_links_to(
    cast: Cast, victor: Client, account: MarketAccount, direction: str
) -> None:
    """All statuses in several games, beside a double account and another team's trades."""
    double = make_account(team=cast.team, is_active=False)
    strange = make_account(team=cast.others)
    for place, status in enumerate(STATUSES):
        for game in (730, 570, None)[: place % 3 + 1]:
            make_trade(account=account, status=status, game_id=game, direction=direction)
        make_trade(account=double, status=status, direction=direction)
        make_trade(account=strange, status=status, direction=direction)
    html = text_of(victor, ALL)
    figures = list(tiles(html).values())
    assert tiles(html)["sells"][1] == (18 if direction == "sell" else 0)
    assert sum(number for _, number in figures) == tiles(html)["sells"][1] * 2
    links = re.findall(r'<a href="(/t/harbour/history/[^"]+)">([\d,]+)</a>', html)
    figures += [(unescape(url), int(number)) for url, number in links]
    assert len(figures) > 10
    for url, number in figures:
        listed = victor.get(url).content.decode()
        assert (url, len(SHOWN.findall(listed))) == (url, number)


def test_each_day_of_the_calendar_equals_its_list(victor: Client, account: MarketAccount) -> None:
    now = clock.now()
    for days in (-3, 0, 1, 1, 5):
        make_trade(account=account, status="accepted", settles_at=now + timedelta(days=days))
    make_trade(account=account, status="accepted", settles_at=None)
    html = text_of(victor)
    rows = re.findall(r'id="free-\d+" href="([^"]+)">(\d+) sell', html)
    assert [number for _, number in rows] == ["1", "1", "2", "1", "1"]
    for url, number in rows:
        assert len(SHOWN.findall(victor.get(unescape(url)).content.decode())) == int(number)
    assert "not confirmed yet" in html
    assert "no day given" in html


def test_an_unknown_value_is_said_and_never_zero(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account, value_milli=None)
    html = text_of(victor, ALL)
    assert "value unknown" in html
    assert "$0" not in html
    assert compared(html)["Volume"] == ["All games unknown unknown", "CS2 unknown unknown"]
    make_trade(account=account, value_milli=14_500)
    html = text_of(victor, ALL)
    assert "$14.50, unknown for 1" in html
    assert compared(html)["Volume"][0] == "All games unknown $14.50 1 unknown"


def test_the_markets_figures_stand_beside_ours_with_difference_and_age(
    victor: Client, account: MarketAccount
) -> None:
    make_trade(account=account, value_milli=14_500)
    asked = clock.now() - timedelta(minutes=4, seconds=5)
    MarketStatistic.objects.create(
        account=account, game_id=730, asked_at=asked, total_transactions=3, total_volume=14_500,
        success_rate_milli=80_000, completed_count=1, error_count=2,
    )  # fmt: skip
    html = text_of(victor)
    rows = compared(html)
    assert len(rows) == 13
    assert rows["Trades"] == ["All games unknown 1", "CS2 3 1 −2"]
    assert rows["Volume"][1] == "CS2 $14.50 $14.50"
    assert rows["Success rate"][1] == "CS2 80% 100% +20%"
    assert rows["Completed"][1] == "CS2 1 1"
    assert rows["Declined"][1] == "CS2 unknown 0"
    assert rows["Errors"][1] == "CS2 2 0 −2"
    assert "4 min ago" in html
    assert "not asked yet" in html
    assert "3 differ" in html


def test_figures_of_an_arriving_history_are_so_far(victor: Client, account: MarketAccount) -> None:
    now = clock.now()
    state = make_sync_state(
        account=account, stream="backfill", due_at=now, started_at=now, progress_done=4_200,
        progress_total=12_000, last_good_at=now - timedelta(minutes=3),
    )  # fmt: skip
    make_trade(account=account)
    html = text_of(victor)
    assert "Sold and free so far" in html
    assert "4,200 of 12,000 trades (35%)" in html
    assert "last good answer <time" in html
    assert "every 5s" in html
    state.finished_at, state.due_at = now, None
    state.save(update_fields=["finished_at", "due_at"])
    html = text_of(victor)
    assert "so far" not in html
    assert "every 60s" in html


def test_before_the_first_trade_no_figure_is_shown(victor: Client, account: MarketAccount) -> None:
    make_sync_state(account=account, stream="backfill", due_at=clock.now())
    html = text_of(victor)
    assert "The first trades are on their way" in html
    assert "0 trades so far" in html
    assert not tiles(html)
    assert "panel-bots" not in html
    assert 'id="home-figures"' in text_of(victor, f"{URL}?blank=1", **HTMX)
    account.keys.update(state=KeyState.UNVERIFIED)
    assert "Nothing could be read yet" in text_of(victor)
    make_trade(account=account)
    assert victor.get(f"{URL}?blank=1", headers=HTMX)["HX-Refresh"] == "true"
    assert tiles(text_of(victor, f"{URL}?blank=1"))


@pytest.mark.parametrize("url", [URL, f"{URL}history/"])
def test_an_upstream_in_trouble_is_said_where_figures_may_be_old(
    victor: Client, account: MarketAccount, url: str
) -> None:
    now = clock.now()
    make_trade(account=account)
    make_sync_state(account=account, stream="statistics", last_good_at=now)
    failing = {"failures": 1, "last_error_at": now}
    make_sync_state(account=account, stream="open", **failing)
    assert "is in trouble" not in text_of(victor, url)
    make_sync_state(account=account, stream="recent", **failing)
    assert "VPSBot Market is in trouble: 2 of 3 kinds of questions" in text_of(victor, url)
    account.keys.update(state=KeyState.REJECTED)  # that is the key's trouble
    assert "is in trouble" not in text_of(victor, url)


def test_an_account_without_a_history_does_not_wait_for_one(cast: Cast, victor: Client) -> None:
    steam = make_account(team=cast.team, upstream=Upstream.STEAM)
    make_key(account=steam)
    state = make_sync_state(account=steam, stream="offers", due_at=clock.now())
    assert "asked for the first time" in text_of(victor)
    state.last_good_at = clock.now()
    state.save(update_fields=["last_good_at"])
    html = text_of(victor)
    assert "Up to date" in html
    assert "history starts" not in html
    assert "No market yet" in html
    assert not tiles(html)
    victor.force_login(cast.bob)
    assert "keys/add/" in text_of(victor, f"{URL}?blank=1", **HTMX)
    make_account(team=cast.team)
    assert tiles(text_of(victor))


def test_it_asks_more_often_while_a_trade_is_open(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account, status="processing")
    assert "every 15s" in text_of(victor)


def test_the_fragment_is_the_pages_own_part(victor: Client, account: MarketAccount) -> None:
    fragment = text_of(victor, **HTMX)
    assert "<html" not in fragment
    assert fragment.strip().startswith('<div class="stack stack--l" id="home-figures"')
    assert 'id="home-figures"' in text_of(victor)


def test_what_needs_attention_stands_first_the_worst_on_top(
    cast: Cast, victor: Client, account: MarketAccount
) -> None:
    now = clock.now()
    make_sync_state(
        account=account, stream="recent", failures=6, last_error=f"HTTP 503 {MARKUP}.",
        last_error_at=now - timedelta(minutes=1), last_good_at=now - timedelta(hours=3),
    )  # fmt: skip
    second = make_account(team=cast.team, label="Second")
    make_key(account=second, state=KeyState.REJECTED, last_error="Invalid API key", label="Old")
    make_account(team=cast.team, label="Keyless")
    BadRecord.objects.create(
        account=account, reason="no id", packed=b"", content_hash=b"1", first_seen_at=now,
        last_seen_at=now,
    )  # fmt: skip
    make_trade(account=account, status="never_heard_of")
    html = text_of(victor)
    texts = re.findall(r'<div><p class="strong">([^<]+)', html)
    assert texts[0].startswith("The market refuses the key Old")
    for words in ("Keyless has no key left", "1 row of the market could not be read",
                  "1 sell with a status that no document names"):  # fmt: skip
        assert words in html
    assert "reading new trades fails" in html
    assert "The last good data stays." in html
    assert "3 h ago" in html
    assert MARKUP not in html


def test_the_chart_shows_the_last_thirty_days(victor: Client, account: MarketAccount) -> None:
    now = clock.now()
    for days in (0, 0, 3, 29, 31):
        make_trade(account=account, created_at=now - timedelta(days=days))
    html = text_of(victor)
    assert tiles(html)["sells"][1] == 4
    assert html.count('class="chart__day"') == 30
    assert "2 sells, 2 sold or frozen (value unknown)" in html


def test_failed_withdrawals_are_told_account_by_account(cast: Cast, victor: Client) -> None:
    now = clock.now()
    failed: dict[str, Any] = {"phase": Phase.FAILED, "direction": Direction.WITHDRAWAL}
    for label, days_ago in {"One": (0,), "Two": (0, 1, 8), "None": (9,)}.items():
        account = make_account(team=cast.team, label=label, upstream=Upstream.MANNCO)
        make_trade(account=account, created_at=now, direction=Direction.WITHDRAWAL)
        for days in days_ago:
            make_trade(account=account, created_at=now - timedelta(days=days), **failed)
    html = text_of(victor)
    told = re.findall(r"(\w+): (\d+) withdrawals? failed in the last 7 days", html)
    assert told == [("One", "1"), ("Two", "2")]
    lists = [unescape(url) for url in re.findall(r'href="([^"]*direction=withdrawal[^"]*)"', html)]
    assert [len(SHOWN.findall(text_of(victor, url))) for url in lists] == [1, 2]


def test_foreign_names_are_escaped(cast: Cast, victor: Client, account: MarketAccount) -> None:
    MarketAccount.objects.update(label=MARKUP)
    cast.team.name = MARKUP
    cast.team.save(update_fields=["name"])
    make_trade(account=account, status=MARKUP)
    assert MARKUP not in text_of(victor)


def test_the_query_count_does_not_grow(
    cast: Cast, victor: Client, django_assert_max_num_queries: Any
) -> None:
    for upstream in Upstream:
        fill_account(cast, upstream)
    text_of(victor)
    with django_assert_max_num_queries(12) as few:
        text_of(victor)
    with django_assert_max_num_queries(12):
        text_of(victor, ALL)
    for upstream in [*Upstream, *Upstream]:
        fill_account(cast, upstream)
    with django_assert_max_num_queries(len(few.captured_queries)):
        text_of(victor)


def fill_account(cast: Cast, upstream: Upstream) -> None:
    account = make_account(team=cast.team, upstream=upstream)
    make_key(account=account)
    make_sync_state(account=account, stream="backfill", failures=2)
    MarketStatistic.objects.create(account=account, game_id=account.pk, asked_at=clock.now())
    make_trade(account=account, status=f"s{account.pk}", game_id=account.pk)
    make_trade(account=account, status="accepted", settles_at=clock.now())
    make_trade(account=account, phase=Phase.FAILED, direction=Direction.WITHDRAWAL,
               created_at=clock.now())  # fmt: skip


def test_another_teams_figures_never_count(cast: Cast, victor: Client) -> None:
    account = make_account(team=cast.team)
    make_trade(team=cast.others)
    assert {number for _, number in tiles(text_of(victor)).values()} == {0}
    assert Trade.objects.filter(account=account).count() == 0
