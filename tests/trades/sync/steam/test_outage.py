"""A Tuesday at Steam, replayed: four hours without a usable answer."""

from datetime import UTC, datetime, timedelta

from dashboard import clock
from tests.trades.sync.steam.conftest import SteamDesk
from trades.models import KeySight, OfferVerdict, Phase, SteamOffer, Trade
from trades.services.weather import bad_weather, is_service_time
from trades.sync import engine

OUTAGE = timedelta(hours=4)
TURN = timedelta(minutes=60)
WAYS = ("unavailable", "empty_body", "html", "empty_answer")
LOST = (Phase.FAILED, Phase.UNKNOWN, Phase.REVERTED)


def test_nothing_is_called_lost_and_the_first_good_cycle_catches_up(steam: SteamDesk) -> None:
    before = [steam.trade() for _ in range(5)]
    steam.market.sync()
    steam.sync()
    during = []
    for number in range(int(OUTAGE / TURN)):
        steam.market.knobs(offers_down=WAYS[number % len(WAYS)])
        if number % 2 == 0:
            during.append(steam.trade())
        with clock.shifted(TURN * (number + 1)):
            engine.run_slice(steam.account.pk)
            engine.run_slice(steam.market.account.pk)
            weather = bad_weather(steam.account.team)
    assert steam.ids() == set(before)
    assert "Nothing is called lost" in weather[0]
    assert not Trade.objects.filter(phase__in=LOST).exists()
    assert not SteamOffer.objects.filter(verdict=OfferVerdict.ALARM).exists()
    steam.market.knobs(offers_down="none")
    with clock.shifted(OUTAGE + timedelta(minutes=12)):
        engine.run_slice(steam.account.pk)
        assert bad_weather(steam.account.team) == []
    assert steam.ids() == {*before, *during}
    assert steam.sight().sight == KeySight.Sight.SEES
    assert {steam.verdict(each) for each in during} == {OfferVerdict.MATCHED}


def test_steams_service_time_is_known() -> None:
    tuesday = datetime(2026, 3, 17, 23, 30, tzinfo=UTC)
    assert is_service_time(tuesday)
    assert is_service_time(tuesday + timedelta(hours=3))
    assert not is_service_time(tuesday + timedelta(hours=4))
    assert not is_service_time(tuesday - timedelta(days=1))
