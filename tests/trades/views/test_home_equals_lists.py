"""Every figure of home equals the list that it links to, in count and in value."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count, Sum
from django.http import QueryDict
from django.test import Client

from accounts.models import MarketAccount, Team
from dashboard import clock
from tests import seeds
from tests.factories import Cast, make_account, make_cast, make_team, make_trade
from trades import queries, stats
from trades.forms import TradeFilterForm
from trades.models import Phase
from trades.periods import LABELS
from trades.settling import settling
from trades.stats import Tally
from trades.views import home_days, home_tiles
from trades.views.compare_table import game_labels
from trades.views.home_links import Links
from trades.views.home_panels import PANELS, Asked
from trades.views.home_scope import scope_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
STATUSES = ["processing", "accepted", "accepted", "completed", "completed", "declined",
            "rolled_back_by_bot", "never_heard_of"]  # fmt: skip
# Each of them a part of others, too short for an index, or foreign.
NAMES = ["Case", "Case Key", "A Case", "K", "★ Messer 100%_", "ключ"]
ERRORS = ["", "Too late", "Too late today", "too late", "=1", " spaced "]
BOTS = ["", "Bot", "Bot #1"]
TRADES = 120


def filled(team: Team, dice: Random) -> list[MarketAccount]:
    """Two accounts, a double and a stranger, with trades about now and about odd days."""
    accounts = [make_account(team=team, stat_zone=team.time_zone) for _ in range(2)]
    double = make_account(team=team, stat_zone=team.time_zone, is_active=False)
    now = clock.now()
    odd = [datetime(now.year, month, day, tzinfo=UTC) for month, day in ((3, 29), (10, 25))]
    for _ in range(TRADES):
        at = dice.choice([now, now, now, *odd]) - timedelta(minutes=dice.randrange(-2000, 90_000))
        make_trade(
            account=dice.choice([*accounts, double]), created_at=at,
            items=[{"name": name} for name in dice.sample(NAMES, dice.choice([0, 1, 1, 2]))],
            error=dice.choice(ERRORS), **dice.choice([*[{}] * 9, {"phase": Phase.REVERTED}]),
            bot_steamid=dice.choice(["", "76561198000000001"]), bot_name=dice.choice(BOTS),
            status=dice.choice(STATUSES), game_id=dice.choice([730, 570, 999, None]),
            value_milli=dice.choice([None, dice.randrange(10**6)]),
            direction=dice.choice(["sell", "sell", "sell", "sell", "purchase", "unknown"]),
            settles_at=dice.choice([None, now + timedelta(hours=dice.randrange(-60, 200))]),
        )  # fmt: skip
    make_trade(status="completed")
    return queries.accounts_of(team)


def asked(dice: Random, today: date) -> dict[str, str]:
    if dice.random() < 0.4:
        return {"period": dice.choice(list(LABELS))}
    since = today - timedelta(days=dice.randrange(-2, 400))
    until = since + timedelta(days=dice.randrange(200))
    return {"period": "custom", "since": f"{since}", "until": f"{until}"}


def listed(team: Team, url: str, accounts: list[MarketAccount]) -> Tally:
    """What the history finds under the address, read as its page reads it."""
    zone = ZoneInfo(team.time_zone)
    form = TradeFilterForm(QueryDict(urlsplit(url).query), zone=zone, accounts=accounts)
    wanted = form.wanted()
    assert form.sentences() == []
    sums = queries.matching(team, wanted, accounts).aggregate(
        count=Count("pk"), value=Sum("value_milli"), known=Count("value_milli")
    )
    return Tally(sums["count"], sums["value"] if sums["known"] else None,
                 sums["count"] - sums["known"])  # fmt: skip


@pytest.mark.parametrize(
    "times", [pytest.param(8, id="short"), pytest.param(200, id="full", marks=pytest.mark.soak)]
)
def test_every_tile_equals_its_list(times: int) -> None:
    dice = Random(seeds.drawn())
    checked = 0
    for zone in dice.sample(ZONES, 2):
        team = make_team(time_zone=zone)
        accounts, link = filled(team, dice), Links(team.slug)
        for _ in range(times // 2):
            scope = scope_of(team, asked(dice, clock.now().date()))
            span = scope.period.span
            totals = stats.totals_over(accounts, [span])[0]
            tiles = home_tiles.tiles(totals, None, scope.wanted, link)
            for tile in tiles:
                context = (zone, scope.period, tile.name)
                assert listed(team, tile.url, accounts) == tile.tally, context
            for row in home_tiles.by_game(totals, scope.wanted, link, game_labels(totals)):
                assert f"{listed(team, row.url, accounts).count:,}" == row.sells
            checked += len(tiles)
    assert checked >= times * 8


def test_every_day_of_the_calendar_equals_its_list() -> None:
    dice = Random(seeds.drawn())
    team = make_team(time_zone="Australia/Lord_Howe")
    accounts, link = filled(team, dice), Links(team.slug)
    now = clock.now()
    counted = next(account for account in accounts if account.is_active)
    for days in (1, 3, 5, 7):
        make_trade(account=counted, status="accepted", settles_at=now + timedelta(days=days))
    today = now.astimezone(ZoneInfo(team.time_zone)).date()
    rows = home_days.calendar(settling(accounts, today), today, link)
    assert len(rows) >= 4
    for row in rows:
        found = listed(team, row.url, accounts)
        assert (f"{found.count:,}", home_tiles.value_note(found)) == (row.sells, row.value)


COUNTS = {"Sells", "Frozen", "Still frozen before it"}


def test_every_row_of_the_panels_equals_its_list() -> None:
    dice = Random(seeds.drawn())
    team = make_team(time_zone="Europe/Berlin")
    accounts, link = filled(team, dice), Links(team.slug)
    today = clock.now().date()
    days = {"since": f"{today - timedelta(days=60)}", "until": f"{today + timedelta(days=1)}"}
    scope = scope_of(team, {"period": "custom", **days})
    trades = queries.matching(team, scope.wanted, accounts)
    asked = Asked(scope, link, accounts, scope.wanted, trades)
    for name, (_, _, make) in PANELS.items():
        shown = [(table.heads[1:], row) for table in make(asked) for row in table.rows if row.url]
        assert shown or name == "times"
        for heads, row in shown:
            told = dict(zip(heads, row.cells, strict=True))
            found = listed(team, row.url, accounts)
            [sells] = [told[head] for head in COUNTS & told.keys()]
            assert sells == f"{found.count:,}", (name, row)
            value = home_tiles.value_note(found).removeprefix("value ")
            assert told.get("Value", value) == value, (name, row)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"period": "custom", "since": "2026-13-01"}, "is not a day"),
        ({"period": "custom", "since": "2026-02-01", "until": "2026-01-01"}, "is after"),
        ({"period": "custom", "since": "<b>bold</b>"}, "&lt;b&gt;bold"),
        ({"period": "custom"}, ""),
        ({"period": "custom", "until": "1970-01-02"}, ""),
        ({"period": "custom", "since": "2100-12-31"}, ""),
        ({"period": "<b>"}, ""),
    ],
)
def test_an_odd_period_is_said_and_breaks_nothing(
    cast: Cast, client: Client, query: dict[str, str], told: str
) -> None:
    make_trade(account=make_account(team=cast.team))
    client.force_login(cast.victor)
    for page in ("/t/harbour/", "/t/harbour/panels/exposure/"):
        response = client.get(f"{page}?{urlencode(query)}")
        html = response.content.decode()
        assert response.status_code == 200
        assert "<b>" not in html
        assert told in html
        assert ("Shown are the last 30 days" in html) == bool(told)
