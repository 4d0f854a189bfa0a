"""The guard at work: between a Steam and a market that are both alive."""

from datetime import timedelta

import pytest

from dashboard import clock
from tests.factories import make_sell_request
from tests.trades.sync.conftest import SECRET
from tests.trades.sync.guard.offer_set import BOTS, HOSTILE, Case, offer_set
from tests.trades.sync.steam.conftest import SteamDesk
from trades.models import OfferVerdict, SellState, SteamOffer
from trades.sandbox.catalog import BOTS as MARKET_BOTS
from trades.sandbox.faults import Fault
from trades.sandbox.offerbook import Asset
from trades.services.alarms import unseen
from trades.sync import engine

BOT = MARKET_BOTS[3].steamid64
CASE = "Dreams & Nightmares Case"


def look_again(steam: SteamDesk, **span: float) -> None:
    with clock.shifted(timedelta(**(span or {"seconds": 5}))):
        engine.run_slice(steam.account.pk)


def test_a_real_offer_is_expected_and_a_strangers_is_an_alarm(steam: SteamDesk) -> None:
    real = steam.trade()
    steam.market.sync()
    stolen = steam.plant("1", "2")
    steam.sync()
    assert steam.verdict(real) == OfferVerdict.MATCHED
    assert steam.verdict(stolen) == OfferVerdict.ALARM
    offer = steam.offer(stolen)
    assert offer.alarmed_at is not None
    assert offer.reasons == [
        "It takes 2 items, and no market knows an offer with this id.",
        "You would get nothing for it.",
    ]
    assert [one.offer_id for one in unseen(steam.account.team)] == [stolen]


def test_a_trade_that_the_mirror_has_not_read_is_asked_of_the_market(steam: SteamDesk) -> None:
    steam.market.sync()
    real = steam.trade()
    steam.sync()
    assert steam.verdict(real) == OfferVerdict.MATCHED


def test_a_bots_unknown_offer_is_asked_for_twice_before_it_is_an_alarm(steam: SteamDesk) -> None:
    steam.trade()
    steam.market.sync()
    offer_id = steam.plant("1", partner=BOT)
    steam.sync()
    assert steam.verdict(offer_id) == OfferVerdict.WAITING
    look_again(steam)
    assert steam.verdict(offer_id) == OfferVerdict.ALARM


def test_a_market_that_cannot_be_asked_makes_nothing_safe(steam: SteamDesk) -> None:
    steam.market.sync()
    real = steam.trade()
    faults = steam.market.server.sandbox.faults
    faults.add(Fault("status", path="/api/trades", status=503, times=None))
    steam.sync()
    assert steam.verdict(real) == OfferVerdict.WAITING
    assert "cannot be asked" in steam.offer(real).reasons[0]
    faults.clear()
    look_again(steam, minutes=1)
    assert steam.verdict(real) == OfferVerdict.MATCHED


def test_an_offer_for_items_of_a_sell_that_is_not_sent_is_an_alarm(steam: SteamDesk) -> None:
    request = make_sell_request(key=steam.market.key, state=SellState.QUEUED)
    item = request.items.get()
    offer_id = steam.plant(item.asset_id)
    steam.sync()
    assert steam.verdict(offer_id) == OfferVerdict.ALARM
    assert any(request.custom_id in reason for reason in steam.offer(offer_id).reasons)


def test_an_alarm_that_turns_out_to_be_a_trade_calms_down(steam: SteamDesk) -> None:
    offer_id = steam.plant("501")
    steam.sync()
    assert steam.verdict(offer_id) == OfferVerdict.ALARM
    steam.market.world.trades.insert(
        SECRET, status="processing", bot=3, offer_id=offer_id,
        receives=[Asset("501", "AK-47 | Redline (Field-Tested)").as_row()],
    )  # fmt: skip
    steam.market.world.offers.change(offer_id, partner=BOT)
    steam.market.sync()
    look_again(steam, minutes=1)
    assert steam.verdict(offer_id) == OfferVerdict.MATCHED


def test_without_a_market_a_gift_to_a_stranger_is_still_an_alarm(steam: SteamDesk) -> None:
    steam.market.account.is_active = False
    steam.market.account.save()
    gift, swap = steam.plant("1"), steam.plant("2", receives=[Asset("9", "Team Captain", 440)])
    steam.sync()
    assert steam.verdict(gift) == OfferVerdict.ALARM
    assert steam.verdict(swap) == OfferVerdict.UNCHECKED


def stage(steam: SteamDesk, case: Case, *, mirrored: bool) -> None:
    """Put the trades of a case into the market: those mirrored before, or those told later."""
    for told in case.trades:
        if (told.mirrored_at <= case.appears_at) != mirrored:
            continue
        trades, trade = steam.market.world.trades, told.trade
        items = [Asset(asset, CASE).as_row() for asset in trade.gives]
        columns = {
            "status": {"done": "completed", "failed": "cancelled"}.get(trade.phase, "processing"),
            "offer_id": trade.offer_id or None,
            "bot": BOTS.index(trade.bot),
            "receives": items,
        }
        known = steam.market.world.store.row(
            "SELECT 1 FROM trade WHERE trade_id=?", (trade.trade_id,)
        )
        if known:
            trades.write_columns(
                trade.trade_id, {"offer_id": trade.offer_id, "bot": BOTS.index(trade.bot)}
            )
        else:
            trades.insert(SECRET, trade_id=trade.trade_id, game=730, **columns)  # type: ignore[arg-type]  # columns of the trade


def appear(steam: SteamDesk, case: Case) -> None:
    now = int(clock.now().timestamp())
    shift = now - int(case.appears_at.timestamp())
    for offer in (case.offer, *case.others):
        steam.market.world.offers.plant(
            steam.owner,
            offer_id=offer.offer_id,
            partner=offer.partner,
            gives=[Asset(one, CASE, amount=number or 1) for one, number in offer.gives.items()],
            receives=[Asset(asset, "Team Captain", 440) for asset in offer.receives],
            sent=offer.is_ours,
            state=offer.state,
            at=int((offer.created_at or case.appears_at).timestamp()) + shift,
            updated=int((offer.updated_at or case.appears_at).timestamp()) + shift,
        )  # fmt: skip


@pytest.mark.parametrize("total", [200, pytest.param(10_000, marks=pytest.mark.soak)])
def test_every_theft_among_many_offers_is_called_out(steam: SteamDesk, total: int) -> None:
    """Through both clients and mirrors; sells of ours on their way have a test of their own."""
    hostile = HOSTILE * total // 10_000 if total > 1000 else 20
    cases = offer_set(7, total=total, hostile=hostile)
    world = steam.market.world
    with world.store.write():
        for case in cases:
            stage(steam, case, mirrored=True)
    steam.market.sync()
    with world.store.write():
        for case in cases:
            stage(steam, case, mirrored=False)
            appear(steam, case)
    steam.sync()
    look_again(steam)
    alarms = SteamOffer.objects.filter(account=steam.account, verdict=OfferVerdict.ALARM)
    called = set(alarms.values_list("offer_id", flat=True))
    thefts = {case.offer.offer_id for case in cases if case.is_hostile}
    kinds = {case.offer.offer_id: case.kind for case in cases}
    assert [kinds[offer_id] for offer_id in thefts - called] == []
    assert [kinds.get(offer_id) for offer_id in called - thefts] == []
