"""A count is exact or says that it is not, whatever it is made from."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import MarketAccount
from tests.factories import make_account, make_trade
from trades import counting, queries
from trades.counting import Counted, count
from trades.filters import OTHER_GAMES, OTHER_STATUSES, TradeFilter

START = datetime(2026, 11, 1, 22, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FROM_DAY_FIGURES = [
    TradeFilter(),
    TradeFilter(games=("730",)),
    TradeFilter(games=(OTHER_GAMES, "570")),
    TradeFilter(games=("0",)),
    TradeFilter(statuses=("completed", "odd")),
    TradeFilter(statuses=(OTHER_STATUSES,), phases=("unknown",)),
    TradeFilter(directions=("sell",)),
    TradeFilter(directions=("purchase",)),
    TradeFilter(since=date(2026, 11, 2), until=date(2026, 11, 3)),
    TradeFilter(upstreams=("mannco",)),
]
BY_LOOKING = [
    TradeFilter(item="redline", statuses=("completed",)),
    TradeFilter(value_from=2_000, games=("730",)),
    TradeFilter(summaries=("odd",)),
    TradeFilter(since=date(2026, 11, 2), zone=BERLIN),
    TradeFilter(bot="Bot 1", error="escrow"),
]


@pytest.fixture
def account(db: None) -> MarketAccount:
    account = make_account(stat_zone="UTC")
    for number in range(30):
        make_trade(
            account=account,
            status=("completed", "declined", "odd")[number % 3],
            game_id=(730, 570, None, 999)[number % 4],
            direction="sell" if number % 5 else "purchase",
            created_at=START + timedelta(hours=number),
            value_milli=number * 200 if number % 2 else None,
            bot_name=f"Bot {number % 2}",
            error="Escrow" if number % 7 == 0 else "",
        )
    return account


def listed(account: MarketAccount, wanted: TradeFilter) -> int:
    return queries.matching(account.team, wanted, [account]).count()


@pytest.mark.parametrize("wanted", [*FROM_DAY_FIGURES, *BY_LOOKING])
def test_the_count_is_the_lists(account: MarketAccount, wanted: TradeFilter) -> None:
    assert count(account.team, wanted, [account]) == Counted(listed(account, wanted), is_exact=True)


def test_what_the_day_figures_tell_has_no_cap(
    account: MarketAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNT_CAP", 2)
    for wanted in FROM_DAY_FIGURES:
        assert count(account.team, wanted, [account]).is_exact


def test_what_must_be_looked_at_stops_at_the_cap(
    account: MarketAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNT_CAP", 4)
    for wanted in BY_LOOKING:
        number, is_exact = count(account.team, wanted, [account])
        assert number == listed(account, wanted) if is_exact else number <= 4
    assert count(account.team, TradeFilter(value_from=0), [account]) == Counted(4, is_exact=False)


def test_ids_are_counted_whatever_they_are_asked_beside(account: MarketAccount) -> None:
    trade = make_trade(account=account, custom_id="mine", status="odd")
    wanted = TradeFilter(ids=("mine", trade.upstream_id), statuses=("odd",))
    assert count(account.team, wanted, [account]) == Counted(1, is_exact=True)
