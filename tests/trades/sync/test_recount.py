"""The roll-ups beside the rows: kept by deltas, counted anew, moved to another zone."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import MarketAccount
from dashboard import clock
from tests import seeds
from tests.factories import make_account, make_team, make_trade
from trades import queries
from trades.filters import TradeFilter
from trades.models import DayStat, FrozenStat, SellTotal, SteamOffer, Trade
from trades.services.rounds import turns
from trades.sync import lease as leases
from trades.sync import recount
from trades.sync.reversals import reverse
from trades.tasks import follow_zone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo",
         "Africa/Cairo", "Pacific/Apia", "Asia/Kathmandu", "America/Havana"]  # fmt: skip
# Days on which clocks somewhere above skip or repeat an hour, half of one, or the whole day.
ODD_DAYS = [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1),
            date(2026, 4, 5), date(2026, 10, 4), date(2018, 11, 4), date(2011, 12, 30),
            date(2026, 4, 24), date(2026, 10, 29)]  # fmt: skip
STATUSES = ["processing", "accepted", "accepted", "completed", "declined", "never_heard_of"]


@pytest.fixture
def dice() -> Random:
    return Random(seeds.drawn())


def trades_about(account: MarketAccount, dice: Random, number: int) -> None:
    for _ in range(number):
        noon = datetime.combine(dice.choice(ODD_DAYS), datetime.min.time(), tzinfo=UTC)
        at = noon + timedelta(minutes=dice.randrange(-1600, 3000))
        make_trade(
            account=account, created_at=at, status=dice.choice(STATUSES), items=(),
            game_id=dice.choice([730, 570, None]),
            value_milli=dice.choice([None, dice.randrange(10**6)]),
            settles_at=dice.choice([None, at + timedelta(hours=dice.randrange(300))]),
            direction=dice.choice(["sell", "sell", "sell", "purchase"]),
        )  # fmt: skip


def kept_is_right(account: MarketAccount) -> bool:
    account.refresh_from_db()
    return recount.stored(account) == recount.count(account, account.stat_zone)


def test_deltas_keep_what_a_recount_finds_and_days_make_up_the_total(dice: Random) -> None:
    """In any zone, whatever its clocks do: each day's figures are its list's, and all make all."""
    for zone in dice.sample(ZONES, 4):
        team = make_team(time_zone=zone)
        account = make_account(team=team, stat_zone=zone)
        trades_about(account, dice, 25)
        assert kept_is_right(account), zone
        sells = TradeFilter(directions=("sell",), zone=ZoneInfo(zone))
        by_day = DayStat.objects.filter(account=account).values_list("day")
        for day, count, value in by_day.annotate(Sum("count"), Sum("value_milli")):
            wanted = sells.with_(since=day, until=day)
            listed = queries.matching(team, wanted, [account])
            summed = listed.aggregate(Sum("value_milli"))["value_milli__sum"] or 0
            assert (count, value) == (listed.count(), summed), (zone, day)
        everything = queries.matching(team, sells, [account]).count()
        for model in (DayStat, SellTotal):
            assert _sum(model, account) == everything, zone


def _sum(model: Any, account: MarketAccount) -> int:
    return int(model.objects.filter(account=account).aggregate(Sum("count"))["count__sum"] or 0)


def test_another_zone_of_the_team_is_followed_by_a_turn(dice: Random) -> None:
    team = make_team()
    account, other = make_account(team=team), make_account(team=team)
    trades_about(account, dice, 40)
    team.time_zone = "Australia/Lord_Howe"
    team.save()
    waiting = [name for name in turns() if name[0] == "zone"]
    assert waiting == [("zone", account.pk), ("zone", other.pk)]
    held = leases.take(account.pk)
    assert held
    assert follow_zone(account.pk) == {"account": account.pk, "zone": ""}
    leases.release(held)
    assert follow_zone(account.pk)["zone"] == "Australia/Lord_Howe"
    assert kept_is_right(account)
    assert account.stat_zone == "Australia/Lord_Howe"
    assert account.lease_token is None
    assert [name for name in turns() if name[0] == "zone"] == [("zone", other.pk)]


@pytest.mark.parametrize("times", [1, 10])
def test_a_reversal_beside_the_count_is_in_the_figures(dice: Random, times: int) -> None:
    """It is written under the account's lock alone, between two stretches of the count."""
    team = make_team(time_zone="Asia/Kathmandu")
    account = make_account(team=team)
    trades_about(account, dice, 30)
    offers = []
    for number in range(times):
        make_trade(account=account, offer_id=f"77{number}", status="accepted", value_milli=5)
        offers.append(SteamOffer(offer_id=f"77{number}"))

    def beside(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if offers and "GROUP BY" in sql and "trades_trade" in sql:
            offer = offers.pop()
            with transaction.atomic():
                reverse(team.pk, offer)
        return answer

    lease = leases.take(account.pk)
    assert lease
    with connection.execute_wrapper(beside):
        recount.recount(lease)
    leases.release(lease)
    assert kept_is_right(account)
    assert account.stat_zone == "Asia/Kathmandu"


def test_whoever_lost_the_account_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    account = make_account(team=make_team(time_zone="Asia/Kathmandu"))
    make_trade(account=account)
    late = leases.take(account.pk)
    assert late
    later = clock.now() + 2 * leases.LEASE_TIME
    monkeypatch.setattr(clock, "now", lambda: later)
    assert leases.take(account.pk)
    with pytest.raises(leases.LeaseLostError):
        recount.recount(late)
    account.refresh_from_db()
    assert account.stat_zone == "UTC"


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("rollups", *words, stdout=out)
    return out.getvalue()


def test_the_command_names_what_is_wrong_and_mends_it(dice: Random) -> None:
    team = make_team(slug="harbour")
    account = make_account(team=team, label="Main desk")
    trades_about(account, dice, 30)
    make_trade(account=account, status="accepted", value_milli=1)
    DayStat.objects.filter(account=account).first().delete()  # type: ignore[union-attr]
    SellTotal.objects.filter(account=account, status="accepted").update(count=99)
    FrozenStat.objects.filter(account=account).update(value_milli=-1)
    with pytest.raises(SystemExit):
        run("--check", "--json")
    with pytest.raises(SystemExit):
        run("--check")
    told = json.loads(run("--team", "harbour", "--json"))["accounts"][0]
    assert {each["rollup"] for each in told["wrong"]} == {"DayStat", "SellTotal", "FrozenStat"}
    assert told["sells"] == Trade.objects.filter(direction="sell").count()
    assert kept_is_right(account)
    assert run("--check") == f"Main desk: {told['sells']} sells, every figure agrees\n"
    assert "every figure agrees" in run("--rebuild")
    assert kept_is_right(account)


def test_the_command_takes_over_the_teams_zone() -> None:
    team = make_team(slug="harbour")
    account = make_account(team=team)
    make_trade(account=account)
    team.time_zone = "Asia/Kathmandu"
    team.save()
    run("--check")
    account.refresh_from_db()
    assert account.stat_zone == "UTC"
    assert "days now of Asia/Kathmandu" in run()
    assert kept_is_right(account)


def test_the_command_refuses_what_it_cannot_do() -> None:
    for words in (["--team", "nowhere"], ["--check", "--rebuild"]):
        with pytest.raises(CommandError):
            run(*words)
