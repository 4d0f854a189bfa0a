"""Stored raw answers through today's parser, without the network.

Rows that no parser could read are tried once by each newer one; ``manage.py replay`` does so with
every stored answer. Nothing is written where the reading is the same.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord, TradeRaw
from trades.raw_answers import unpack
from trades.sync import lease as leases
from trades.sync import rows
from trades.sync.lease import Lease, LeaseLostError
from trades.sync.store import Outcome, store_page, store_readings
from trades.upstreams.readings import READINGS
from trades.upstreams.records import BadRow, Page, TradeRecord

ROWS_A_TURN = 500
_CUT = "[cut]"
_TEXTS = (
    *("upstream_id", "status", "summary", "custom_id", "offer_id", "steam_trade_id"),
    *("bot_steamid", "bot_name"),
)


def readable_accounts() -> QuerySet[MarketAccount]:
    """Active accounts of upstreams whose stored answers can be read again."""
    return MarketAccount.objects.filter(is_active=True, upstream__in=list(READINGS))


def accounts_waiting() -> QuerySet[MarketAccount]:
    """Accounts with rows that only an older parser has tried to read, and nobody at them."""
    older = Q()
    for slug, reading in READINGS.items():
        older |= Q(account__upstream=slug, parser__lt=reading.version)
    tried = BadRecord.objects.filter(older, account=OuterRef("pk"))
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=clock.now())
    return MarketAccount.objects.filter(free, Exists(tried), is_active=True)


def retry_unreadable(account_id: int) -> Outcome | None:
    """Read with the newer parser what an older one could not; None when the account is busy."""
    lease = leases.take(account_id)
    if lease is None:
        return None
    try:
        account = MarketAccount.objects.get(pk=account_id)
        version = READINGS[account.upstream].version
        return read_bad(lease, account, BadRecord.objects.filter(parser__lt=version))
    except LeaseLostError:
        return None
    finally:
        leases.release(lease)


def read_bad(lease: Lease, account: MarketAccount, wanted: QuerySet[BadRecord]) -> Outcome:
    """Oldest answer first, each stored as of the time that it was asked for."""
    outcome = Outcome()
    ids = list(wanted.filter(account=account).order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), ROWS_A_TURN):
        leases.renew(lease)
        some = BadRecord.objects.filter(pk__in=ids[start : start + ROWS_A_TURN])
        outcome.add(_read_some(lease, account, list(some)))
    return outcome


def _read_some(lease: Lease, account: MarketAccount, bad: Sequence[BadRecord]) -> Outcome:
    reading = READINGS[account.upstream]
    readable: dict[datetime, list[TradeRecord]] = defaultdict(list)
    outcome = Outcome()
    readings = [(record, _read(account, bytes(record.packed))) for record in bad]
    for record, row in readings:
        if isinstance(row, BadRow):
            outcome.bad += 1
            BadRecord.objects.filter(pk=record.pk).update(
                parser=reading.version, reason=row.reason[:300]
            )
        else:
            readable[record.asked_at or record.last_seen_at].append(row)
    for asked_at in sorted(readable):
        page = Page(tuple(readable[asked_at]), (), None, None, None, asked_at)
        outcome.add(store_page(lease, account, page))
    # By their ids the store forgets the others.
    read = [record.pk for record, row in readings if isinstance(row, TradeRecord)]
    BadRecord.objects.filter(pk__in=read, upstream_id="").delete()
    return outcome


def read_all(lease: Lease, account: MarketAccount) -> Outcome:
    """Every stored answer of the account; rows change where they read differently now."""
    outcome, after = Outcome(), 0
    while some := _next_raws(account, after):
        leases.renew(lease)
        changed = []
        for _, content_hash, packed, game_id in some:
            row = _read(account, packed)
            if isinstance(row, TradeRecord):
                row = READINGS[account.upstream].with_game(row, game_id)
            if isinstance(row, BadRow):
                outcome.bad += 1
            elif row.content_hash == content_hash or _was_cut(row):
                outcome.unchanged += 1
            else:
                changed.append(row)
        if changed:
            outcome.add(store_readings(lease, account, changed))
        after = some[-1][0]
    return outcome


def _next_raws(account: MarketAccount, after: int) -> list[tuple[int, bytes, bytes, int | None]]:
    """(trade id, content hash, packed answer, game) in id order."""
    raws = TradeRaw.objects.filter(trade__account=account, trade_id__gt=after)
    columns = raws.values_list("trade_id", "trade__content_hash", "packed", "trade__game_id")
    some = columns.order_by("trade_id")[:ROWS_A_TURN]
    return [
        (pk, bytes(content_hash), bytes(packed), game_id)
        for pk, content_hash, packed, game_id in some
    ]


def _read(account: MarketAccount, packed: bytes) -> TradeRecord | BadRow:
    row = READINGS[account.upstream].row(unpack(packed))
    return row if isinstance(row, BadRow) else rows.too_long(row) or row


def _was_cut(record: TradeRecord) -> bool:
    """What was cut out before storing reads differently for that alone."""
    texts = [getattr(record, name) or "" for name in _TEXTS]
    texts += [text for item in record.items for text in (item.asset_id, item.name)]
    return any(_CUT in text for text in texts)
