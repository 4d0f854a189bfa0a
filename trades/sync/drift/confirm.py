"""Suspected trades asked for by their ids: what is wrong is named, and put right at once."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import MarketAccount
from trades.models import Difference, DifferenceKind, Trade
from trades.sync.doubts import Judged
from trades.sync.drift import journal
from trades.sync.drift.verdicts import (
    Held,
    held_rows,
    is_damaged,
    ours_in_words,
    told_in_words,
    verdict,
)
from trades.sync.lease import fence
from trades.sync.run import Run
from trades.sync.streams.moving import cut_off
from trades.sync.streams.recent import OVERLAP, newest_seen
from trades.sync.unreadable import is_known
from trades.upstreams.errors import Garbled, NotFound, Refused
from trades.upstreams.records import Page, TradeQuery, TradeRecord

BATCH = 100
LOOKUPS = 10  # a trade that a batch lacks is asked for by its id: so many at a time


def next_batch(run: Run, ids: Sequence[str], since: datetime) -> list[str]:
    """Ask for some of ``ids``, judge and store them; returns those still to ask for."""
    batch = list(ids[:BATCH])
    settled_before = newest_seen(run) - OVERLAP
    page = run.trades(TradeQuery(trade_ids=batch, limit=len(batch)))
    unread = cut_off(page, batch)
    absent = [each for each in batch if each not in page.ids and each not in unread]
    held = held_rows(run.account, [row.upstream_id for row in page.trades])
    gone, later = _not_there(run, absent)
    with transaction.atomic():
        fence(run.lease)
        for record in page.trades:
            _judge(run.account, record, held.get(record.upstream_id), settled_before, since)
        _note_phantoms(run.account, gone, since)
        journal.mend(run.account, [_phantom(each) for each in page.ids])
        run.store(page)
    return [*unread, *later, *ids[BATCH:]]


def store_news(run: Run, page: Page, suspects: set[str], judged: Judged) -> None:
    """Store what a list told, save what is to be judged first."""
    news = tuple(row for row in page.trades if row.upstream_id not in suspects)
    told = Page(news, page.bad, page.total, page.limit, page.offset, page.asked_at)
    run.store(told, lambda _: judged.note(run.account))


def name_lost(run: Run, page: Page, since: datetime) -> None:
    """Rows of a page that we should have had long ago; the caller stores the page next."""
    settled_before = newest_seen(run) - OVERLAP
    held = Trade.objects.filter(account=run.account).filter(
        upstream_id__in=[row.upstream_id for row in page.trades]
    )
    known = set(held.values_list("upstream_id", flat=True))
    with transaction.atomic():
        fence(run.lease)
        for record in page.trades:
            if record.upstream_id not in known:
                _judge(run.account, record, None, settled_before, since)


def _judge(
    account: MarketAccount,
    record: TradeRecord,
    held: Held | None,
    settled_before: datetime,
    since: datetime,
) -> None:
    kind = verdict(record, held, settled_before)
    if held and is_damaged(record, held):  # else the same answer would be taken for stored
        Trade.objects.filter(pk=held.id).update(content_hash=b"", updated_at=record.updated_at)
    if kind is None or (held is None and is_known(account, record.upstream_id)):
        return
    journal.was_mended(
        account, kind, f"{kind}:{record.upstream_id}", since,
        trade_id=held.id if held else None, upstream_id=record.upstream_id,
        game_id=record.game_id, status=record.status,
        ours=ours_in_words(kind, held), theirs=told_in_words(kind, record),
    )  # fmt: skip


def _not_there(run: Run, absent: Sequence[str]) -> tuple[list[str], list[str]]:
    """(those the market says it has not, those still to be asked for); of ours alone.

    An answer that lacks an id says nothing about it, so each is looked up by itself.
    """
    known = Trade.objects.filter(account=run.account, upstream_id__in=list(absent))
    ours = sorted(known.values_list("upstream_id", flat=True))
    gone = [each for each in ours[:LOOKUPS] if _is_unknown(run, each)]
    return gone, ours[LOOKUPS:]


def _is_unknown(run: Run, upstream_id: str) -> bool:
    try:
        run.ask(lambda: run.market.trade_by_id(upstream_id))
    except NotFound:
        return True
    except (Refused, Garbled):
        return False
    return False


def _note_phantoms(account: MarketAccount, gone: Sequence[str], since: datetime) -> None:
    """Never deleted: marked, and shown until the market lists it again."""
    for trade in Trade.objects.filter(account=account, upstream_id__in=gone):
        journal.stands(
            account, DifferenceKind.PHANTOM, _phantom(trade.upstream_id), since, trade=trade,
            upstream_id=trade.upstream_id, game_id=trade.game_id, status=trade.status,
            ours=trade.status,
        )  # fmt: skip


def _phantom(upstream_id: str) -> str:
    return f"{DifferenceKind.PHANTOM}:{upstream_id}"


def standing_phantoms(account: MarketAccount) -> list[str]:
    found = Difference.objects.filter(
        account=account, kind=DifferenceKind.PHANTOM, mended_at__isnull=True
    )
    return sorted(found.values_list("upstream_id", flat=True))
