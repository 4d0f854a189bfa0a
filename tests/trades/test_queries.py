from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import MarketAccount
from tests.factories import make_account, make_sync_state, make_team, make_trade
from trades import queries
from trades.filters import OTHER_GAMES, OTHER_STATUSES, UNKNOWN, TradeFilter
from trades.models import Trade
from trades.settling import settling

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def account(db: None) -> MarketAccount:
    return make_account()


def found(account: MarketAccount, wanted: TradeFilter) -> set[str]:
    accounts = queries.accounts_of(account.team)
    return {trade.upstream_id for trade in queries.matching(account.team, wanted, accounts)}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TradeFilter(), {"cs", "dota", "buy", "none", "odd"}),
        (TradeFilter(games=("570",)), {"dota"}),
        (TradeFilter(games=("0",)), {"none"}),
        (TradeFilter(games=(OTHER_GAMES,)), {"none", "odd"}),
        (TradeFilter(statuses=("completed",)), {"cs", "buy", "none"}),
        (TradeFilter(statuses=(OTHER_STATUSES,)), {"odd"}),
        (TradeFilter(phases=("failed",)), {"dota"}),
        (TradeFilter(directions=("purchase",)), {"buy"}),
        (TradeFilter(games=("730",), directions=("sell",), statuses=("completed",)), {"cs"}),
        (TradeFilter(games=("2147483647",)), set()),
    ],
)
def test_a_filter_finds_what_it_names(
    account: MarketAccount, wanted: TradeFilter, expected: set[str]
) -> None:
    make_trade(account=account, upstream_id="cs")
    make_trade(account=account, upstream_id="dota", game_id=570, status="declined")
    make_trade(account=account, upstream_id="buy", direction="purchase")
    make_trade(account=account, upstream_id="none", game_id=None)
    make_trade(account=account, upstream_id="odd", game_id=999, status="held_for_review")
    assert found(account, wanted) == expected


def test_another_teams_trades_never_show(account: MarketAccount) -> None:
    make_trade(account=account, upstream_id="ours")
    make_trade(team=make_team(), upstream_id="theirs")
    assert found(account, TradeFilter()) == {"ours"}
    assert found(account, TradeFilter(ids=("theirs",))) == set()


def test_an_account_found_to_be_a_double_is_left_out(account: MarketAccount) -> None:
    double = make_account(team=account.team, is_active=False)
    make_trade(account=account, upstream_id="same")
    make_trade(account=double, upstream_id="same")
    accounts = queries.accounts_of(account.team)
    assert queries.matching(account.team, TradeFilter(), accounts).count() == 1


@pytest.mark.parametrize(
    ("day", "zone", "first", "last"),
    [
        ("2026-11-10", UTC, "2026-11-10T00:00:00", "2026-11-10T23:59:59.999999"),
        ("2026-11-10", BERLIN, "2026-11-09T23:00:00", "2026-11-10T22:59:59.999999"),
        # Clocks go forward: a day of 23 hours; back: one of 25.
        ("2026-03-29", BERLIN, "2026-03-28T23:00:00", "2026-03-29T21:59:59.999999"),
        ("2026-10-25", BERLIN, "2026-10-24T22:00:00", "2026-10-25T22:59:59.999999"),
        # Where the clocks skip or repeat midnight itself.
        ("2026-09-06", ZoneInfo("America/Santiago"), "2026-09-06T04:00:00", "2026-09-07T02:59:59"),
        ("2026-11-01", ZoneInfo("America/Havana"), "2026-11-01T04:00:00", "2026-11-02T04:59:59"),
    ],
)
def test_a_day_is_whole_in_the_persons_zone(
    account: MarketAccount, day: str, zone: ZoneInfo, first: str, last: str
) -> None:
    begin = datetime.fromisoformat(f"{first}+00:00")
    end = datetime.fromisoformat(f"{last}+00:00")
    moments = {
        "before": begin - timedelta(microseconds=1),
        "first": begin,
        "last": end,
        "after": end + timedelta(seconds=1),
    }
    for name, at in moments.items():
        make_trade(account=account, upstream_id=name, created_at=at)
    one_day = TradeFilter(since=date.fromisoformat(day), until=date.fromisoformat(day), zone=zone)
    assert found(account, one_day) == {"first", "last"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a1b2-c3", {"uuid"}),
        ("my_order", {"custom"}),
        ("5234567890", {"offer"}),
        ("4012345678", {"steam"}),
        ("4012345678_76561198012345678", {"steam"}),
        ("4012345678_99", set()),
        ("my", set()),
        ("_", set()),
        ("nothing", set()),
    ],
)
def test_any_whole_id_finds_its_trade(
    account: MarketAccount, text: str, expected: set[str]
) -> None:
    named = {
        "a1b2-c3": make_trade(account=account, upstream_id="a1b2-c3"),
        "custom": make_trade(account=account, upstream_id="custom", custom_id="my_order"),
        "offer": make_trade(account=account, upstream_id="offer", offer_id="5234567890"),
        "steam": make_trade(
            account=account, upstream_id="steam", steam_trade_id="4012345678_76561198012345678"
        ),
    }
    assert len(named) == 4
    ids = {"a1b2-c3" if name == "uuid" else name for name in expected}
    assert found(account, TradeFilter(ids=(text,))) == ids


@pytest.mark.sqlite
def test_an_id_is_looked_up_by_indexes(account: MarketAccount) -> None:
    """Each kind of id has its own index; none reads the whole history."""
    with CaptureQueriesContext(connection) as asked:
        found(account, TradeFilter(ids=("4012345678",)))
    [lookup] = [query["sql"] for query in asked if "offer_id" in query["sql"]][:1]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {lookup}")
        plan = "\n".join(str(row[3]) for row in cursor.fetchall())
    assert "MULTI-INDEX OR" in plan
    assert "SCAN" not in plan


@pytest.mark.parametrize("value", [UNKNOWN, "2026-11-12", "2026-11-13"])
def test_each_calendar_row_equals_its_list(account: MarketAccount, value: str) -> None:
    account.stat_zone = BERLIN.key
    account.save()
    for at in (None, NOON + timedelta(days=2), NOON + timedelta(days=2, hours=11, minutes=30)):
        make_trade(account=account, status="accepted", settles_at=at)
    make_trade(account=account, status="completed", settles_at=NOON + timedelta(days=2))
    make_trade(account=account, status="accepted", settles_at=None, direction="purchase")
    rows = {
        row.day.isoformat() if row.day else UNKNOWN: row.sells
        for row in settling([account], NOON.date()).days
    }
    assert rows == {"2026-11-12": 1, "2026-11-13": 1, UNKNOWN: 1}
    wanted = TradeFilter(directions=("sell",), phases=("frozen",), free=value, zone=BERLIN)
    assert len(found(account, wanted)) == rows[value]


def test_the_first_item_names_its_trade(account: MarketAccount) -> None:
    first = make_trade(account=account, items=({"name": "Key"}, {"name": "Case"}))
    bare = make_trade(account=account, items=())
    assert dict(Trade.objects.values_list("pk", queries.first_item())) == {
        first.pk: "Key",
        bare.pk: None,
    }


def test_what_is_present_is_told_without_reading_every_row(account: MarketAccount) -> None:
    for status, game in (("b", 730), ("a", 730), ("b", 570), ("Ä%'", None)):
        make_trade(account=account, status=status, game_id=game)
    make_trade(team=make_team(), status="theirs", game_id=440)
    assert sorted(queries.present(account.team).statuses) == ["a", "b", "Ä%'"]
    assert queries.present(account.team).games == [570, 730]
    assert queries.present(make_team()) == ([], [])


def test_a_thousand_made_up_statuses_stay_a_short_list(
    account: MarketAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "OFFERED_CAP", 3)
    for number in range(6):
        make_trade(account=account, status=f"status {number}")
    assert len(queries.present(account.team).statuses) == 3


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"due_at": NOON}, True),
        ({"due_at": NOON, "finished_at": NOON}, False),
        ({"due_at": None}, False),
        ({"due_at": NOON, "stream": "recent"}, False),
    ],
)
def test_the_history_is_arriving_until_its_end(
    account: MarketAccount, columns: dict[str, object], expected: bool
) -> None:
    make_sync_state(account=account, **{"stream": "backfill", **columns})  # type: ignore[arg-type]
    assert queries.history_is_arriving(queries.accounts_of(account.team)) is expected


def test_a_filter_goes_into_the_address_and_names_can_be_taken_off() -> None:
    wanted = TradeFilter(
        ids=("a&b",),
        games=("730", "570"),
        since=date(2026, 1, 2),
        until=date(2026, 1, 3),
        accounts=(7,),
    )
    assert wanted.query(page="x") == (
        "q=a%26b&account=7&game=730&game=570&since=2026-01-02&until=2026-01-03&page=x"
    )
    rest = wanted.without("since").without("ids", "a&b").without("accounts").without("games", "730")
    assert rest.params() == [("game", "570"), ("until", "2026-01-03")]
