from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import MarketAccount
from tests.factories import make_account, make_team, make_trade
from trades import stats
from trades.filters import OTHER_GAMES
from trades.models import MarketStatistic, Phase
from trades.stats import ALL_GAMES, FIGURES, Comparison, MarketFigures

pytestmark = pytest.mark.django_db

ASKED = datetime(2026, 11, 20, 9, tzinfo=UTC)
# The example of the market's own page: the eight counts make up the total.
SEED = {
    "total_transactions": 150,
    "total_volume": 6_750_000,
    "total_revenue": 6_750_000,
    "avg_transaction": 45_000,
    "success_rate_milli": 80_000,
    "accepted_count": 100,
    "completed_count": 20,
    "processing_count": 5,
    "error_count": 3,
    "cancelled_count": 7,
    "declined_count": 5,
    "rolled_back_by_user_count": 8,
    "rolled_back_by_bot_count": 2,
}


def told(account: MarketAccount, game_id: int = 0, **figures: Any) -> None:
    MarketStatistic.objects.create(
        account=account, game_id=game_id, **{"asked_at": ASKED, **SEED, **figures}
    )


def compared(accounts: list[MarketAccount], game: str = ALL_GAMES) -> dict[str, Comparison]:
    market = stats.market_of(accounts).get(game, MarketFigures())
    rows = stats.compare(stats.totals_of(accounts), market, game)
    return {row.figure: row for row in rows}


def test_the_arithmetic_is_the_markets_own() -> None:
    """The seed example, made of trades: 120 successes of 56,250 each out of 150."""
    account = make_account()
    for figure, number in SEED.items():
        status = figure.removesuffix("_count")
        if status == figure:
            continue
        won = status in stats.SUCCESSES
        for _ in range(number):
            make_trade(account=account, status=status, items=(), value_milli=56_250 if won else 1)
    told(account)
    found = compared([account])
    assert {name: found[name].mirror for name in FIGURES} == SEED
    assert {row.difference for row in found.values()} == {0}


@pytest.mark.parametrize(("accepted", "difference"), [(0, 0), (1, -3)])
def test_a_rate_that_only_rounds_otherwise_does_not_differ(accepted: int, difference: int) -> None:
    """Two of three won: 66.667 % here, 66.67 % there; it differs when a count behind it does."""
    account = make_account()
    for status in ("completed", "completed", "declined"):
        make_trade(account=account, status=status)
    told(
        account, success_rate_milli=66_670, total_transactions=3, accepted_count=accepted,
        completed_count=2,
    )  # fmt: skip
    assert compared([account])["success_rate_milli"].difference == difference


def test_thirteen_figures_are_compared() -> None:
    assert sorted(compared([make_account()])) == sorted(SEED)


def test_no_trades_divide_nothing() -> None:
    found = compared([make_account()])
    assert found["total_transactions"].mirror == 0
    assert found["total_volume"].mirror == 0
    assert found["avg_transaction"].mirror is None
    assert found["success_rate_milli"].mirror is None


def test_an_unknown_value_is_no_zero_and_no_difference() -> None:
    account = make_account()
    make_trade(account=account, status="completed", value_milli=None)
    told(account)
    volume = compared([account])["total_volume"]
    assert (volume.mirror, volume.difference, volume.unknown_count) == (None, None, 1)
    make_trade(account=account, status="completed", value_milli=9_000)
    volume = compared([account])["total_volume"]
    assert (volume.mirror, volume.difference, volume.unknown_count) == (9_000, None, 1)
    assert compared([account])["avg_transaction"].mirror is None


def test_the_value_of_a_failed_trade_is_missed_by_nobody() -> None:
    account = make_account()
    make_trade(account=account, status="completed", value_milli=9_000)
    make_trade(account=account, status="declined", value_milli=None)
    told(account, total_volume=9_000)
    volume = compared([account])["total_volume"]
    assert (volume.mirror, volume.difference, volume.unknown_count) == (9_000, 0, 0)


def test_statuses_outside_the_list_stand_beside_the_markets_errors() -> None:
    account = make_account()
    for status in ("error", "held_for_review", "ACCEPTED"):
        make_trade(account=account, status=status)
    told(account, error_count=1)
    assert compared([account])["error_count"].difference == 2


def test_what_one_account_has_not_told_is_unknown_not_half_a_sum() -> None:
    team = make_team()
    first, second = make_account(team=team), make_account(team=team)
    told(first)
    told(second, total_volume=None)
    market = stats.market_of([first, second])[ALL_GAMES]
    assert market.values["total_transactions"] == 300
    assert market.values["total_volume"] is None
    assert market.values["avg_transaction"] is None
    third = make_account(team=team)
    assert set(stats.market_of([first, second, third])[ALL_GAMES].values.values()) == {None}


def test_rates_of_several_accounts_come_from_the_sums() -> None:
    team = make_team()
    first, second = make_account(team=team), make_account(team=team)
    told(first)
    told(second, total_transactions=50, accepted_count=0, completed_count=0, total_volume=0)
    values = stats.market_of([first, second])[ALL_GAMES].values
    assert values["success_rate_milli"] == 60_000
    assert values["avg_transaction"] == 33_750


def test_one_accounts_own_rate_is_shown_as_it_came() -> None:
    account = make_account()
    told(account, success_rate_milli=81_234)
    assert stats.market_of([account])[ALL_GAMES].values["success_rate_milli"] == 81_234


def test_the_age_is_that_of_the_oldest_answer() -> None:
    team = make_team()
    first, second = make_account(team=team), make_account(team=team)
    told(first)
    told(second, asked_at=ASKED - timedelta(hours=2))
    market = stats.market_of([first, second])[ALL_GAMES]
    assert (market.asked_at, market.told_by) == (ASKED - timedelta(hours=2), 2)


def test_an_account_found_to_be_a_double_counts_nowhere() -> None:
    team = make_team()
    account, double = make_account(team=team), make_account(team=team, is_active=False)
    for one in (account, double):
        make_trade(account=one)
        told(one)
    both = [account, double]
    assert stats.tally(stats.totals_of(both)).count == 1
    assert stats.market_of(both)[ALL_GAMES].values["total_transactions"] == 150
    assert sum(day.count for day in stats.days_of(both, date.min, date.max)) == 1


def test_purchases_are_no_sells() -> None:
    account = make_account()
    make_trade(account=account, direction="purchase")
    assert stats.totals_of([account]) == []


def test_games_are_told_apart_and_strangers_share_a_column() -> None:
    account = make_account()
    for game in (570, 730, 730, None, 999):
        make_trade(account=account, game_id=game)
    totals = stats.totals_of([account])
    assert stats.games_to_compare(totals, {}) == [ALL_GAMES, "730", "570", OTHER_GAMES]
    counts = {
        game: compared([account], game)["total_transactions"].mirror
        for game in stats.games_to_compare(totals, {})
    }
    assert counts == {ALL_GAMES: 5, "730": 2, "570": 1, OTHER_GAMES: 2}


def test_a_game_that_only_the_market_knows_is_compared_too() -> None:
    account = make_account()
    told(account, game_id=440)
    market = stats.market_of([account])
    assert stats.games_to_compare([], market) == [ALL_GAMES, "440"]


def test_days_split_what_was_won_lost_and_is_under_way() -> None:
    account = make_account()
    at = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
    for status in ("completed", "accepted", "declined", "rolled_back_by_bot", "processing", "odd"):
        make_trade(account=account, status=status, created_at=at, value_milli=None)
    make_trade(account=account, created_at=at + timedelta(minutes=2), value_milli=14_500)
    first, second = stats.days_of([account], date(2026, 11, 3), date(2026, 11, 4))
    assert (first.count, first.won, first.open, first.lost) == (6, 2, 2, 2)
    assert (first.value_milli, first.unknown_count) == (None, 6)
    assert (second.day, second.value_milli) == (date(2026, 11, 4), 14_500)


def test_days_outside_the_window_stay_out() -> None:
    account = make_account()
    make_trade(account=account, created_at=datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert stats.days_of([account], date(2026, 11, 4), date(2026, 11, 9)) == []


def test_a_tally_of_phases_keeps_unknown_values_apart() -> None:
    account = make_account()
    make_trade(account=account, status="completed", value_milli=5)
    make_trade(account=account, status="completed", value_milli=None)
    make_trade(account=account, status="declined", value_milli=7)
    found = stats.tally(stats.totals_of([account]), phases=[Phase.DONE])
    assert (found.count, found.value_milli, found.unknown_count) == (2, 5, 1)


@pytest.mark.parametrize("read", [stats.totals_of, stats.market_of])
def test_figures_are_one_query_however_many_trades(
    read: Any, django_assert_num_queries: Any
) -> None:
    account = make_account()
    for number in range(4):
        make_trade(account=account, status=f"status {number}", game_id=number)
    with django_assert_num_queries(1):
        read([account])
