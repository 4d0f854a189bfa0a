"""Whatever leads, the rows are the same: every filter against plain Python over the same trades."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import MarketAccount
from tests.factories import make_account, make_trade
from trades import narrowing, queries, text_index
from trades.filters import OTHER_GAMES, OTHER_STATUSES, TradeFilter
from trades.models import ItemName, Trade

START = datetime(2026, 11, 1, tzinfo=UTC)
ITEMS = ("AK-47 | Redline", "★ Karambit | Fade", "Mann Co. Supply Crate Key", "Ключ 100%_")
Fits = Callable[[Trade], bool]

FILTERS: list[tuple[TradeFilter, Fits]] = [
    (TradeFilter(statuses=("completed",)), lambda t: t.status == "completed"),
    (TradeFilter(statuses=("completed", "odd")), lambda t: t.status in {"completed", "odd"}),
    (TradeFilter(statuses=(OTHER_STATUSES,)), lambda t: t.status == "odd"),
    (TradeFilter(games=("730", "570")), lambda t: t.game_id in {730, 570}),
    (TradeFilter(games=(OTHER_GAMES, "730")), lambda t: t.game_id in {730, None, 999}),
    (TradeFilter(summaries=("Failed",)), lambda t: t.summary == "Failed"),
    (TradeFilter(steam_statuses=(2, 3)), lambda t: t.steam_status in {2, 3}),
    (TradeFilter(phases=("failed",)), lambda t: t.phase == "failed"),
    (TradeFilter(phases=("done", "failed"), directions=("sell",)),
     lambda t: t.phase in {"done", "failed"} and t.direction == "sell"),
    (TradeFilter(directions=("purchase",)), lambda t: t.direction == "purchase"),
    (TradeFilter(directions=("purchase", "deposit"), phases=("failed",)),
     lambda t: t.direction == "purchase" and t.phase == "failed"),
    (TradeFilter(free="unknown"), lambda t: t.phase == "frozen" and t.settles_at is None),
    (TradeFilter(item="redline"), lambda t: "redline" in t.item_names),
    (TradeFilter(item="| F"), lambda t: "| f" in t.item_names),
    (TradeFilter(item="КЛЮЧ"), lambda t: "ключ" in t.item_names),
    (TradeFilter(item="0%_"), lambda t: "0%_" in t.item_names),
    (TradeFilter(custom="er-1"), lambda t: "er-1" in (t.custom_id or "")),
    (TradeFilter(custom='"x" OR'), lambda t: '"x" OR' in (t.custom_id or "")),
    (TradeFilter(item_is="Mann Co. Supply Crate Key"), lambda t: "crate key" in t.item_names),
    (TradeFilter(item_is="AK-47 | Redlin"), lambda t: t.item_names == "ak-47 | redlin"),
    (TradeFilter(error_is="Escrow would apply"), lambda t: bool(t.error)),
    (TradeFilter(error_is="scrow would apply"), lambda t: t.error == "scrow would apply"),
    (TradeFilter(error_is="(none)"), lambda t: not t.error),
    (TradeFilter(bot_is="Bot 1"), lambda t: t.bot_name == "Bot 1"),
    (TradeFilter(error="escrow"), lambda t: "escrow" in t.error.lower()),
    (TradeFilter(bot="Bot 1"), lambda t: t.bot_name == "Bot 1"),
    (TradeFilter(value_from=2_000, value_to=3_500),
     lambda t: t.value_milli is not None and 2_000 <= t.value_milli <= 3_500),
    (TradeFilter(value="unknown"), lambda t: t.value_milli is None),
    (TradeFilter(updated_since=date(2026, 11, 3)),
     lambda t: bool(t.updated_at and t.updated_at >= START + timedelta(days=2))),
    (TradeFilter(settles_since=date(2026, 11, 9), settles_until=date(2026, 11, 9)),
     lambda t: bool(t.settles_at and t.settles_at.date() == date(2026, 11, 9))),
    (TradeFilter(statuses=("completed",), games=("730",), item="key", value_from=1_000),
     lambda t: t.status == "completed" and t.game_id == 730 and "key" in t.item_names
     and (t.value_milli or 0) >= 1_000),
]  # fmt: skip


@pytest.fixture
def account(db: None) -> MarketAccount:
    account, dice = make_account(), random.Random(7)
    for number in range(80):
        updated = START + timedelta(hours=number)
        make_trade(
            account=account,
            status=dice.choice(["completed", "declined", "odd"]),
            direction="purchase" if number % 7 == 0 else "sell",
            summary=dice.choice(["Accepted", "Failed", ""]),
            steam_status=dice.choice([2, 3, 7, None]),
            game_id=dice.choice([730, 570, 440, 999, None]),
            items=({"name": dice.choice(ITEMS)},),
            custom_id=dice.choice([f"order-{number}", None]),
            error=dice.choice(["", "Escrow would apply"]),
            bot_name=dice.choice(["Bot 1", "Bot 2"]),
            value_milli=dice.choice([None, number * 50]),
            created_at=START + timedelta(minutes=number),
            updated_at=dice.choice([None, updated]),
            settles_at=dice.choice([None, updated + timedelta(days=7)]),
        )
    return account


@pytest.mark.parametrize("rare", [0, 1_000], ids=["along the order", "from the rare ones"])
def test_each_filter_finds_what_plain_reading_finds(
    account: MarketAccount, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr(narrowing, "RARE", rare)
    trades = list(Trade.objects.all())
    for wanted, fits in FILTERS:
        found = set(queries.matching(account.team, wanted, [account]).values_list("pk", flat=True))
        assert found == {trade.pk for trade in trades if fits(trade)}, wanted


def test_the_text_index_follows_its_rows(account: MarketAccount) -> None:
    """Changed, deleted and made anew after a migration took the triggers away."""
    trade = Trade.objects.exclude(custom_id=None)[0]
    trade.custom_id = "awp-asiimov"
    trade.save(update_fields=["custom_id"])
    assert finds(account, custom="asiimov") == [trade.pk]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for name in text_index.TRIGGERS:
                cursor.execute(f"DROP TRIGGER {name}")
        Trade.objects.filter(pk=trade.pk).update(custom_id="m4a4-howl")
        text_index.keep_index(connection.alias)
        assert finds(account, custom="howl") == [trade.pk]
    trade.delete()
    assert finds(account, custom="asiimov") == finds(account, custom="howl") == []


def finds(account: MarketAccount, **asked: str) -> list[int]:
    rows = queries.matching(account.team, TradeFilter(**asked), [account])
    return list(rows.values_list("pk", flat=True))


@pytest.mark.django_db
def test_items_of_one_name_in_one_trade_hide_no_other_trade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(narrowing, "RARE", 3)
    account, keys = make_account(), [{"name": "Mann Co. Supply Crate Key"}] * 9
    trades = [make_trade(account=account, items=items) for items in (keys, keys[:1], keys)]
    assert sorted(finds(account, item="crate key")) == [trade.pk for trade in trades]


@pytest.mark.django_db
def test_a_search_reads_the_names_of_its_team_alone() -> None:
    mine, theirs = (make_trade(items=[{"name": "★ Karambit | Fade"}]) for _ in range(2))
    assert ItemName.objects.filter(name="★ karambit | fade").count() == 2
    assert finds(mine.account, item="karambit") == [mine.pk]
    assert finds(theirs.account, item_is="★ Karambit | Fade") == [theirs.pk]


@pytest.mark.sqlite
def test_sqlite_looks_a_text_up_in_its_index(account: MarketAccount) -> None:
    with connection.cursor() as cursor:
        sql = f"SELECT count(*) FROM {text_index.TABLE} WHERE {text_index.TABLE} MATCH 'order'"  # noqa: S608
        cursor.execute(sql)
        assert cursor.fetchone()[0] > 0
