"""A trade that Steam reversed brings no money, whatever its market says."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from dashboard import clock
from tests.trades.sync.steam.conftest import SteamDesk
from trades.models import DayStat, Exchange, Phase, SteamOffer, Trade
from trades.sync import cursors, engine


def settle(steam: SteamDesk, minutes: int = 1) -> None:
    """Enough turns to check every exchange that is due."""
    for turn in range(3):
        with clock.shifted(timedelta(minutes=minutes, seconds=31 * turn)):
            engine.run_slice(steam.account.pk)


@pytest.fixture
def frozen(steam: SteamDesk) -> str:
    """The offer of an accepted CS2 trade, mirrored on both sides."""
    offer_id = steam.trade("accepted")
    steam.market.sync()
    steam.sync()
    return offer_id


def phases(offer_id: str) -> tuple[str, set[str]]:
    trade = Trade.objects.get(offer_id=offer_id)
    stats = DayStat.objects.filter(account=trade.account, count__gt=0)
    return trade.phase, set(stats.values_list("phase", flat=True))


def roll_back_on_steam_alone(steam: SteamDesk, offer_id: str) -> None:
    """Steam has reversed it; the market has not noticed."""
    store = steam.market.world.store
    row = store.row("SELECT receives, steam_trade_id FROM trade WHERE offer_id = ?", (offer_id,))
    assert row is not None
    steam.plant(
        offer_id=offer_id, partner=steam.offer(offer_id).partner_steamid, state=12,
        steam_trade_id=str(row[1]).partition("_")[0],
    )  # fmt: skip
    steam.market.world.offers.change(offer_id, gives=row[0])


def test_money_leaves_frozen_at_once_and_no_later_answer_brings_it_back(
    steam: SteamDesk, frozen: str
) -> None:
    assert phases(frozen) == (Phase.FROZEN, {Phase.FROZEN})
    roll_back_on_steam_alone(steam, frozen)
    settle(steam)
    assert phases(frozen) == (Phase.REVERTED, {Phase.REVERTED})
    trade = Trade.objects.get(offer_id=frozen)
    steam.market.world.trades.mutate(trade.upstream_id, custom_id="renamed", status="accepted")
    with clock.shifted(timedelta(minutes=5)):
        cursors.hasten(steam.market.account)
        engine.run_slice(steam.market.account.pk)
    assert phases(frozen) == (Phase.REVERTED, {Phase.REVERTED})
    assert Trade.objects.get(offer_id=frozen).custom_id == "renamed"


def test_the_status_of_the_exchange_shows_what_the_offer_hides(
    steam: SteamDesk, frozen: str
) -> None:
    settle(steam)
    assert steam.offer(frozen).exchange == Exchange.FINE
    steam.market.world.lifecycle.roll_back(Trade.objects.get(offer_id=frozen).upstream_id)
    settle(steam, minutes=120)
    offer = steam.offer(frozen)
    assert (offer.state, offer.exchange, offer.is_reverted) == (3, Exchange.REVERTED, True)
    assert offer.reversal_id
    assert Trade.objects.count() == 1  # what brought the items back is no sale


@pytest.mark.parametrize(
    ("knob", "switch", "says"),
    [
        ("refused", True, Exchange.REFUSED),
        ("empty", True, Exchange.SILENT),
        ("given", False, Exchange.OFF),
    ],
)
def test_what_was_not_checked_says_so(
    steam: SteamDesk, frozen: str, settings: LazySettings, knob: str, switch: bool, says: Exchange
) -> None:
    settings.STEAM_CHECK_ROLLBACKS = switch
    steam.market.knobs(trade_status=knob)
    settle(steam, minutes=120)
    assert steam.offer(frozen).exchange == says
    steam.key.refresh_from_db()
    assert steam.key.refusals == 0


def test_an_offer_that_the_list_leaves_out_is_asked_for_by_the_trades_id(
    steam: SteamDesk, frozen: str
) -> None:
    SteamOffer.objects.all().delete()
    settle(steam)
    assert steam.ids() == {frozen}
