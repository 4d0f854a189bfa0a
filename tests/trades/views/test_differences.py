"""Home, the sync card and the detail page say how mirror and market stand to each other."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import MarketAccount
from dashboard import clock
from tests.factories import Cast, make_account, make_cast, make_key, make_sync_state, make_trade
from trades.models import Difference, DifferenceKind, Stream
from trades.sync.housekeeping import drop_old_differences
from trades.views.differences import STANDING_SHOWN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    account = make_account(team=cast.team, label="North desk")
    make_key(account=account, owner=cast.bob)
    return account


def compared(account: MarketAccount, **notes: Any) -> None:
    at = (clock.now() - timedelta(minutes=3, seconds=5)).isoformat()
    make_sync_state(account=account, stream=Stream.RECONCILE, cursor={"compared_at": at, **notes})


def found(account: MarketAccount, kind: DifferenceKind, **columns: Any) -> Difference:
    now = clock.now()
    columns = {"mark": kind.value, "since": now - timedelta(hours=3), "seen_at": now, **columns}
    return Difference.objects.create(account=account, kind=kind, **columns)


def pages(client: Client, cast: Cast, account: MarketAccount) -> list[str]:
    """Home, keys and syncs, the detail page."""
    client.force_login(cast.victor)
    slug = cast.team.slug
    urls = [reverse("team-home", args=[slug]), reverse("keys", args=[slug])]
    urls.append(reverse("differences", args=[slug, account.pk]))
    return [client.get(url).content.decode() for url in urls]


def test_agreement_is_said_with_its_age(client: Client, cast: Cast, account: MarketAccount) -> None:
    compared(account)
    found(account, DifferenceKind.LOST, upstream_id="t-1", mended_at=clock.now())
    for html in pages(client, cast, account):
        assert "Agrees with the market, checked 3 min ago." in html
        assert "and its market differ" not in html


@pytest.mark.parametrize(
    "about",
    [
        {"stage": "search"},
        {"stage": "nameless"},
        {"stage": "ask", "searched": [["730", "completed", False]]},
        {"stage": "rest", "searched": [], "weighed": {}},
    ],
    ids=lambda about: about["stage"],
)
def test_what_is_looked_for_is_said_with_size_and_place(
    client: Client, cast: Cast, account: MarketAccount, about: dict[str, Any]
) -> None:
    since = (clock.now() - timedelta(minutes=5)).isoformat()
    todo = [["2026-10-01T00:00:00+00:00", "2026-10-09T00:00:00+00:00", 4]]
    search = {"apart": {"completed": 3}, "search": {"todo": todo}}
    compared(account, case={"question": "730", "since": since, **search, **about})
    for html in pages(client, cast, account):
        assert "3 trades differ since " in html
        assert "being looked for in" in html
        assert "2026-10-01 to 2026-10-09" in html
        assert "Agrees" not in html


def test_what_may_be_news_is_neither_agreement_nor_a_concern(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    since = clock.now().isoformat()
    case = {"question": "all", "since": since, "stage": "wait", "apart": {"completed": 1}}
    compared(account, case={**case, "searched": []})
    for html in pages(client, cast, account):
        assert "1 trade differs, perhaps by news, which is read first; checked 3 min ago." in html
        assert "Agrees" not in html
        assert "and its market differ" not in html


def test_a_list_that_is_too_long_says_how_much_it_leaves_out(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    compared(account)
    for number in range(STANDING_SHOWN + 2):
        found(account, DifferenceKind.PHANTOM, mark=f"phantom:{number}", upstream_id=f"{number}")
    *_, detail = pages(client, cast, account)
    assert "the newest 200, and 2 older ones" in detail


def test_what_stands_is_said_everywhere_and_named_in_detail(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    compared(account)
    trade = make_trade(account=account, upstream_id="gone-1")
    found(account, DifferenceKind.PHANTOM, upstream_id="gone-1", trade=trade)
    found(account, DifferenceKind.MARKET, status="completed", size=2, theirs="+2")
    found(account, DifferenceKind.MANY, status="declined", size=1600, theirs="+1600")
    found(account, DifferenceKind.UNKNOWN_STATUS, status="<b>odd</b>", size=7)
    home, keys, detail = pages(client, cast, account)
    assert "North desk and its market differ" in home
    assert "3 differences stand, checked" in home
    assert "1 status that no document names" in keys
    assert reverse("trade", args=[cast.team.slug, trade.pk]) in detail
    assert "2 trades, all games, completed" in detail
    assert "the market counts +2" in detail
    assert "1,600 trades, all games, declined" in detail
    assert "&lt;b&gt;odd&lt;/b&gt;" in detail


def test_what_was_mended_long_ago_is_forgotten_and_what_stands_is_not(
    account: MarketAccount,
) -> None:
    long_ago = clock.now() - timedelta(days=200)
    found(account, DifferenceKind.LOST, since=long_ago, mended_at=long_ago)
    stands = found(account, DifferenceKind.UNEXPLAINED, since=long_ago)
    recent = found(account, DifferenceKind.GAME, mended_at=clock.now())
    assert drop_old_differences() == 1
    assert set(Difference.objects.all()) == {stands, recent}


def test_nothing_is_said_before_the_first_comparison(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    *others, detail = pages(client, cast, account)
    assert not any("Agrees" in html for html in others)
    assert "Not compared yet" in detail


def test_a_trade_that_the_market_no_longer_lists_says_so(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    trade = make_trade(account=account, upstream_id="gone-1")
    found(account, DifferenceKind.PHANTOM, upstream_id="gone-1", trade=trade)
    client.force_login(cast.victor)
    html = client.get(reverse("trade", args=[cast.team.slug, trade.pk])).content.decode()
    assert "The market says that it has no such trade any more" in html
