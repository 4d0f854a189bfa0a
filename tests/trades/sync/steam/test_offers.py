"""The stream of Steam's offers, on a real socket, beside the market whose sells they are."""

from datetime import timedelta

import pytest

from accounts.models import KeyState
from dashboard import clock
from tests.factories import make_key
from tests.trades.sync.steam.conftest import STRANGER, SteamDesk
from trades.models import BadRecord, KeySight, OfferVerdict, SteamOffer, SyncState
from trades.sandbox.faults import Fault
from trades.sync import engine


def later(steam: SteamDesk, **span: float) -> None:
    """A poll so much later, without "sync now"."""
    with clock.shifted(timedelta(**span)):
        engine.run_slice(steam.account.pk)


def test_every_offer_is_mirrored_with_its_items_and_a_second_run_writes_none(
    steam: SteamDesk,
) -> None:
    planted = steam.plant("1", "2", message="hello")
    expected = {planted, *(steam.trade() for _ in range(3))}
    first, again = steam.sync(), steam.sync()
    assert (steam.ids(), first.new) == (expected, 4)
    assert (again.new, again.changed) == (0, 0)
    offer = steam.offer(planted)
    assert (offer.gives, offer.receives, offer.message) == (2, 0, "hello")
    assert (offer.partner_steamid, offer.is_ours) == (STRANGER, False)
    item = offer.items.first()
    assert item is not None
    assert (item.asset_id, item.name) == ("1", "AK-47 | Redline (Field-Tested)")
    assert item.icon


def test_pages_are_followed_and_the_misspelt_list_is_read(steam: SteamDesk) -> None:
    steam.market.knobs(offers_page=3, offers_spelling="recieved")
    for number in range(10):
        steam.plant(str(number))
    steam.sync()
    assert len(steam.ids()) == 10


def test_a_poll_of_very_many_pages_goes_on_where_it_stopped(steam: SteamDesk) -> None:
    steam.market.knobs(offers_page=1)
    planted = {steam.plant(str(number)) for number in range(45)}
    steam.sync()
    assert steam.ids() == planted
    assert set(SteamOffer.objects.values_list("verdict", flat=True)) == {OfferVerdict.ALARM}


def test_an_offer_that_moves_on_is_seen(steam: SteamDesk) -> None:
    offer_id = steam.plant("1")
    steam.sync()
    steam.market.world.offers.change(offer_id, state=7)
    later(steam, minutes=1)
    assert steam.offer(offer_id).state == 7


def test_an_offer_from_ahead_of_our_clock_is_seen_moving_on_too(steam: SteamDesk) -> None:
    offer_id = steam.plant("1")
    with clock.shifted(-timedelta(minutes=1)):
        steam.sync()
        steam.market.world.offers.change(offer_id, state=7)
        later(steam, seconds=10)
    assert steam.offer(offer_id).state == 7


def test_the_cutoff_lies_half_an_hour_back_and_never_after_the_newest_offer(
    steam: SteamDesk,
) -> None:
    now = int(clock.now().timestamp())
    steam.plant("1", state=7, at=now - 90 * 60)
    steam.sync()
    later(steam, minutes=1)
    cutoffs = [
        int(seen.query["time_historical_cutoff"])
        for seen in steam.market.server.sandbox.requests
        if seen.path.endswith("GetTradeOffers/v1/") and seen.query["active_only"] == "1"
    ]
    assert cutoffs[0] == 2**31 - 1  # what is active first; the pass over everything follows
    assert cutoffs[-1] == now - 90 * 60
    steam.plant("2", state=7)
    later(steam, minutes=2)
    later(steam, minutes=3)
    newest = list(steam.market.server.sandbox.requests)[-1].query["time_historical_cutoff"]
    assert now - 31 * 60 <= int(newest) <= now - 25 * 60


def test_a_glitched_offer_is_not_stored_and_is_read_when_it_is_whole_again(
    steam: SteamDesk,
) -> None:
    offer_id = steam.plant("1")
    steam.market.knobs(offers_glitched=1)
    steam.sync()
    assert steam.ids() == set()
    steam.market.knobs(offers_glitched=0)
    steam.sync()
    assert (steam.ids(), steam.offer(offer_id).gives) == ({offer_id}, 1)


def test_missing_descriptions_take_no_name_away(steam: SteamDesk) -> None:
    offer_id = steam.plant("1")
    steam.sync()
    steam.market.knobs(offers_descriptions="failing")
    steam.market.world.offers.change(offer_id, state=6)
    steam.sync()
    offer = steam.offer(offer_id)
    item = offer.items.get()
    assert (offer.state, item.name) == (6, "AK-47 | Redline (Field-Tested)")
    assert item.icon


def test_names_that_come_later_are_taken(steam: SteamDesk) -> None:
    steam.market.knobs(offers_descriptions="missing")
    offer_id = steam.plant("1")
    steam.sync()
    assert steam.offer(offer_id).items.get().name == ""
    steam.market.knobs(offers_descriptions="given")
    steam.sync()
    assert steam.offer(offer_id).items.get().name == "AK-47 | Redline (Field-Tested)"


def test_an_answer_without_a_row_is_blindness(steam: SteamDesk) -> None:
    steam.market.knobs(offers_blind="keys")
    steam.plant("1")
    steam.sync()
    sight = steam.sight()
    assert sight.sight == KeySight.Sight.BLIND
    assert "web API key" in sight.reason
    assert "access token" in sight.cure


def test_a_key_that_goes_blind_is_noticed_with_the_next_poll(steam: SteamDesk) -> None:
    offer_id = steam.trade()
    steam.market.sync()
    steam.sync()
    assert steam.sight().sight == KeySight.Sight.SEES
    assert steam.verdict(offer_id) == OfferVerdict.MATCHED
    steam.market.knobs(offers_blind="all")
    later(steam, minutes=1)
    assert steam.sight().sight == KeySight.Sight.BLIND
    assert steam.verdict(offer_id) == OfferVerdict.UNCHECKED
    steam.market.knobs(offers_blind="none")
    later(steam, minutes=2)
    assert steam.sight().sight == KeySight.Sight.SEES
    assert steam.verdict(offer_id) == OfferVerdict.MATCHED


def test_a_list_that_leaves_offers_out_is_said(steam: SteamDesk) -> None:
    offer_id = steam.trade()
    steam.market.sync()
    steam.plant("1")
    steam.sync()
    old = clock.now() - timedelta(minutes=40)
    steam.offer(offer_id).delete()
    store = steam.market.world.store
    store.run("UPDATE trade SET updated = ? WHERE offer_id = ?", (int(old.timestamp()), offer_id))
    steam.market.knobs(offers_page=1)  # the list holds the newest alone, and names no further page
    steam.market.knobs(offers_extra=False)
    later(steam, minutes=1)
    assert steam.sight().sight == KeySight.Sight.PART
    assert "leaves them out" in steam.sight().reason


def test_the_key_that_sees_is_preferred(steam: SteamDesk) -> None:
    steam.market.knobs(offers_blind="keys")
    steam.plant("1")
    steam.sync()
    token = steam.market.world.offers.add_token(steam.owner)
    second = make_key(account=steam.account, secret=token, owner=steam.key.owner)
    later(steam, minutes=1)
    assert KeySight.objects.get(key=second).sight == KeySight.Sight.SEES
    assert KeySight.objects.get(key=second).expires_at is not None
    assert len(steam.ids()) == 1


@pytest.mark.parametrize("down", ["unavailable", "html", "empty_body", "empty_answer"])
def test_trouble_keeps_every_offer_and_is_caught_up(steam: SteamDesk, down: str) -> None:
    offer_id = steam.trade()
    steam.market.sync()
    steam.sync()
    steam.market.knobs(offers_down=down)
    missed = steam.plant("9")
    steam.sync()
    assert steam.ids() == {offer_id}
    assert SyncState.objects.get(account=steam.account, stream="offers").failures
    steam.market.knobs(offers_down="none")
    steam.sync()
    assert steam.ids() == {offer_id, missed}


def test_a_revoked_key_is_rejected_and_nothing_is_lost(steam: SteamDesk) -> None:
    steam.plant("1")
    steam.sync()
    steam.market.world.offers.revoke("0F1E2D3C4B5A69788796A5B4C3D2E1F0")
    steam.sync()
    later(steam, minutes=2)
    steam.key.refresh_from_db()
    assert steam.key.state == KeyState.REJECTED
    assert len(steam.ids()) == 1


def test_a_row_that_cannot_be_read_is_kept_and_counted(steam: SteamDesk) -> None:
    offer_id = steam.plant("x" * 40)
    steam.plant("1")
    steam.sync()
    assert BadRecord.objects.get(account=steam.account).upstream_id == offer_id
    assert SteamOffer.objects.filter(account=steam.account).count() == 1


def test_a_steam_id_that_is_its_own_partner_is_doubted(steam: SteamDesk) -> None:
    steam.plant("1", partner=steam.owner)
    steam.sync()
    steam.sync()
    assert "opens another account" in steam.sight().doubt


def test_a_slow_or_limited_steam_is_asked_again(steam: SteamDesk) -> None:
    steam.plant("1")
    steam.market.server.sandbox.faults.add(Fault("rate_limited", path="IEcon", retry_after="40"))
    steam.sync()
    assert steam.ids() == set()
    later(steam, minutes=2)
    assert len(steam.ids()) == 1
