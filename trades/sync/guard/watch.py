"""The guard at work: offers that changed or wait are judged, and what it finds is kept."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import OfferVerdict, SteamOffer
from trades.sync.guard.facts import LIVE_STATES, NAMED_STATES, OfferFacts, Sight
from trades.sync.guard.judge import LOOK_AGAIN, Judgement, judge
from trades.sync.guard.knowledge import Knowledge, knowledge_of, offer_facts
from trades.sync.guard.markets import ask, markets_of
from trades.sync.lease import Lease, fence

logger = logging.getLogger(__name__)
CHUNK = 500
MOST_ASKED = 2000  # offers that markets are asked for at once; the rest with the next poll
_KEPT = (
    "verdict", "reasons", "judged_at", "market_asked", "alarmed_at", "acknowledged_at",
    "acknowledged_by",
)  # fmt: skip
_UNSETTLED = (OfferVerdict.WAITING, OfferVerdict.UNCHECKED, OfferVerdict.ALARM)


@dataclass(frozen=True, slots=True)
class Watch:
    """How a review went. ``looks_again``: something waits for a second word of a market."""

    judged: int = 0
    alarms: int = 0
    looks_again: bool = False


def review(
    account: MarketAccount,
    lease: Lease,
    sight: Sight,
    changed: Sequence[int],
    *,
    before_asking: Callable[[], None] = lambda: None,
) -> Watch:
    """Judge the changed offers, and those that were not settled; network outside transactions."""
    rows = _to_judge(account, changed, sight)
    if not rows:
        return Watch()
    facts = offer_facts(rows)
    markets = markets_of(account.team_id)
    known = knowledge_of(account, facts.values(), markets)
    first = {row.pk: _judged(facts[row.pk], known, sight, row.market_asked) for row in rows}
    unknown = [row for row in rows if first[row.pk].asks_market and _may_ask(row)][:MOST_ASKED]
    asked: dict[int, int | None] = {}
    if unknown and markets:
        before_asking()
        heard = ask(markets, [row.offer_id for row in unknown])
        known.hear(heard, markets)
        asked = {row.pk: row.market_asked + 1 if heard.is_whole else None for row in unknown}
    for row in unknown:
        first[row.pk] = _judged(facts[row.pk], known, sight, asked.get(row.pk))
    return _keep(lease, rows, first, asked)


def _to_judge(account: MarketAccount, changed: Sequence[int], sight: Sight) -> list[SteamOffer]:
    offers = SteamOffer.objects.filter(account=account)
    live = Q(state__in=LIVE_STATES) | ~Q(state__in=NAMED_STATES)
    again = Q(verdict__in=_UNSETTLED) & live
    if sight is Sight.BLIND:
        again = live  # what was called safe before is not safe while nobody looks
    rows = {row.pk: row for row in offers.filter(again)}
    for start in range(0, len(changed), CHUNK):
        found = offers.filter(pk__in=changed[start : start + CHUNK])
        rows.update((row.pk, row) for row in found)
    return list(rows.values())


def _may_ask(row: SteamOffer) -> bool:
    """A second word is worth something only a moment after the first."""
    asked_lately = row.market_asked and row.judged_at and clock.now() - row.judged_at < LOOK_AGAIN
    return not asked_lately


def _judged(facts: OfferFacts, known: Knowledge, sight: Sight, asked: int | None) -> Judgement:
    return judge(facts, known.about(facts, asked=asked, sight=sight))


def _keep(
    lease: Lease,
    rows: Sequence[SteamOffer],
    judgements: dict[int, Judgement],
    asked: dict[int, int | None],
) -> Watch:
    changed = [row for row in rows if _take(row, judgements[row.pk], asked.get(row.pk))]
    with transaction.atomic():
        fence(lease)
        SteamOffer.objects.bulk_update(changed, _KEPT, batch_size=CHUNK)
    return Watch(
        judged=len(rows),
        alarms=sum(1 for row in changed if row.verdict == OfferVerdict.ALARM),
        looks_again=any(row.verdict == OfferVerdict.WAITING and row.market_asked for row in rows),
    )


def _take(row: SteamOffer, judgement: Judgement, asked: int | None) -> bool:
    """Whether anything is new; a fresh alarm is loud whoever acknowledged an older one."""
    verdict, reasons = judgement.verdict.value, list(judgement.reasons)
    was = (row.verdict, row.reasons, row.market_asked)
    if verdict == OfferVerdict.ALARM and row.verdict != OfferVerdict.ALARM:
        row.alarmed_at, row.acknowledged_at, row.acknowledged_by = clock.now(), None, None
        logger.warning("account=%s offer=%s is not expected", row.account_id, row.offer_id)
    row.verdict, row.reasons = verdict, reasons
    if asked or not row.judged_at:
        row.judged_at = clock.now()
    row.market_asked = min(asked or row.market_asked, 30_000)
    return (row.verdict, row.reasons, row.market_asked) != was
