"""Single offers: those of open trades and of trades that ended lately, and reversals.

GetTradeStatus is asked for accepted CS2 offers while Steam still lets either side reverse them.
The list of offers stays "Accepted" then, so nothing else would show it.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from dashboard import clock
from trades.connect import narrowed
from trades.models import Exchange, SteamOffer, SteamOfferItem, Stream, SyncState, Trade
from trades.models.trade import STILL_MOVING
from trades.sync import sight as sights
from trades.sync.guard.facts import ACCEPTED, REVERTED, Sight
from trades.sync.guard.watch import review
from trades.sync.lease import fence
from trades.sync.offer_store import store_offers
from trades.sync.reversals import reverse
from trades.sync.run import Run
from trades.upstreams.errors import KeyRejected, Refused
from trades.upstreams.records import OfferPage, TradeStatus
from trades.upstreams.steam.offers import OffersClient

EVERY = timedelta(seconds=30)
AFTER_THE_END = timedelta(hours=48)
LISTED_WITHIN = timedelta(minutes=2)
SINGLE_AGAIN = timedelta(minutes=30)
PROTECTED_FOR = timedelta(days=7)
STATUS_AGAIN = timedelta(hours=1)
PROTECTING_GAME = 730
REVERSED_STATUS = 12  # ETradeStatus, undocumented: reversed under trade protection
ROLLED_BACK = frozenset({5, 6, 7, REVERSED_STATUS})  # by Steam's support, in part or whole
MOST_REMEMBERED = 500


def step(run: Run) -> None:
    """One single offer and one exchange, whichever are due."""
    run.due_in(EVERY)
    _mark_reverted_by_state(run)
    _read_single(run)
    _check_exchange(run)
    run.save()


def _read_single(run: Run) -> None:
    asked = run.state.cursor.setdefault("asked", {})
    offer_id = _next_single(run, asked)
    if offer_id is None:
        return
    client = narrowed(run.client, OffersClient)
    page = run.ask(lambda: client.offer(offer_id))
    asked[offer_id] = clock.now().isoformat()
    run.state.cursor["asked"] = dict(list(asked.items())[-MOST_REMEMBERED:])
    if page is None or not page.offers:
        return
    is_left_out = _is_left_out(run, page)
    with transaction.atomic():
        fence(run.lease)
        outcome, changed = store_offers(run.account, page)
    run.tally.outcome.add(outcome)
    if run.key and (is_left_out or sights.sight_of(run.key) is Sight.BLIND):
        sights.note(run.key, Sight.PART)
    review(run.account, run.lease, Sight.PART, changed)


def _is_left_out(run: Run, page: OfferPage) -> bool:
    """The list was read through since this offer last changed, and did not hold it."""
    state = SyncState.objects.filter(account=run.account, stream=Stream.OFFERS).first()
    notes = state.cursor if state else {}
    if notes.get("all_cursor") != 0 or not notes.get("since"):
        return False
    read_at = datetime.fromisoformat(notes["since"]) - LISTED_WITHIN
    offer = page.offers[0]
    held = SteamOffer.objects.filter(account=run.account, offer_id=offer.offer_id)
    return offer.updated_at is not None and offer.updated_at < read_at and not held.exists()


def _next_single(run: Run, asked: dict[str, str]) -> str | None:
    """An offer that a market names and the list did not just bring."""
    since = clock.now() - AFTER_THE_END
    trades = Trade.objects.filter(team=run.account.team_id).exclude(offer_id="")
    wanted = trades.filter(Q(phase__in=STILL_MOVING) | Q(updated_at__gte=since))
    ids = wanted.order_by("-sort_at", "-id").values_list("offer_id", flat=True)[:200]
    fresh = clock.now() - SINGLE_AGAIN
    held = SteamOffer.objects.filter(account=run.account, offer_id__in=list(ids))
    known = set(held.values_list("offer_id", flat=True))
    for offer_id in ids:
        when = asked.get(offer_id)
        is_due = when is None or datetime.fromisoformat(when) <= fresh
        if is_due and offer_id not in known and len(offer_id) <= 32:
            return str(offer_id)
    return None


def _check_exchange(run: Run) -> None:
    offer = _next_exchange(run)
    if offer is None:
        return
    if not settings.STEAM_CHECK_ROLLBACKS:
        _keep(run, offer, Exchange.OFF)
        return
    client = narrowed(run.client, OffersClient)
    try:
        status = run.ask(lambda: client.trade_status(offer.steam_trade_id))
    except (KeyRejected, Refused):  # about this question alone: the list is answered
        _keep(run, offer, Exchange.REFUSED)
        return
    _keep(run, offer, _meaning(status), status)


def _meaning(status: TradeStatus | None) -> Exchange:
    if status is None:
        return Exchange.SILENT
    return Exchange.REVERTED if status.status in ROLLED_BACK else Exchange.FINE


def _next_exchange(run: Run) -> SteamOffer | None:
    now = clock.now()
    accepted = SteamOffer.objects.filter(
        account=run.account, state=ACCEPTED, is_reverted=False, updated_at__gte=now - PROTECTED_FOR
    ).exclude(steam_trade_id="")
    due = accepted.filter(Q(exchange_at=None) | Q(exchange_at__lte=now - STATUS_AGAIN))
    cs2 = SteamOfferItem.objects.filter(app_id=PROTECTING_GAME).values("offer")
    return due.filter(pk__in=cs2).order_by("exchange_at", "-updated_at").first()


def _mark_reverted_by_state(run: Run) -> None:
    """Offer state 12 says it in the list itself."""
    found = SteamOffer.objects.filter(account=run.account, state=REVERTED, is_reverted=False)
    for offer in found[:100]:
        _keep(run, offer, Exchange.REVERTED)


def _keep(
    run: Run, offer: SteamOffer, exchange: Exchange, status: TradeStatus | None = None
) -> None:
    with transaction.atomic():
        fence(run.lease)
        offer.exchange, offer.exchange_at = exchange, clock.now()
        offer.reversal_id = status.reversal_id if status else ""
        offer.is_reverted = exchange == Exchange.REVERTED
        offer.save(update_fields=["exchange", "exchange_at", "reversal_id", "is_reverted"])
        if offer.is_reverted:
            reverse(run.account.team_id, offer)
