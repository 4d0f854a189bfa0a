"""Finding one trade by any of its ids: the mirror first, then the market's look-ups.

What the market finds is stored as the sync would store it. An interactive call like any other:
budgeted, with one deadline over all of them.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from accounts import access
from accounts.access import Can
from accounts.crypto import SealBroken
from accounts.models import KeyState, MarketAccount, Team, Upstream, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades import queries
from trades.connect import open_seller
from trades.filters import SHORTEST_TEXT, TradeFilter
from trades.models import Trade, TradeItem
from trades.sync import lease as leases
from trades.sync.key_doubts import note_accepted, note_refusal
from trades.sync.lease import Lease, LeaseLostError
from trades.sync.store import store_page
from trades.sync.twins import SameAccountError, may_be_a_twin, refuse_twin
from trades.upstreams.errors import KeyRejected, NotFound, UpstreamError
from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.records import Page, TradeQuery, TradeRecord
from trades.upstreams.sentences import sentence
from trades.upstreams.vpsbot.client import VpsbotClient

LONGEST = 200
MOST_HITS = 50
SECONDS_FOR_A_LEASE = 3.0
SHORTEST_CALL = 0.05  # seconds; with less left a call cannot succeed
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_FULL_STEAM_ID = re.compile(r"\d{1,20}_\d{17}", re.ASCII)
_DIGITS = re.compile(r"\d{1,20}", re.ASCII)
BARE_ID_LIMIT = (
    "If this is the bare id of a Steam trade: the market finds one only while its trade is not"
    " completed. Afterwards it wants the full id, with the “_” and the steamid64 behind it."
)
Lookup = Callable[[VpsbotClient, str], TradeRecord]


@dataclass(frozen=True, slots=True)
class Answer:
    """``sentences`` say what could not be asked, and limits that may hide it."""

    trades: tuple[Trade, ...]
    sentences: tuple[str, ...] = ()


# -- the mirror --


def in_mirror(team: Team, accounts: Sequence[MarketAccount], text: str) -> list[int]:
    """Trades that have it as an id or hold it as an asset, at most ``MOST_HITS``."""
    by_id = queries.matching(team, TradeFilter(ids=(text,)), accounts)
    found = list(by_id.values_list("pk", flat=True)[:MOST_HITS])
    active = [each.pk for each in accounts if each.is_active]
    held = TradeItem.objects.filter(asset_id=text, trade__account__in=active)
    found += held.values_list("trade_id", flat=True)[:MOST_HITS]
    return list(dict.fromkeys(found))


def names_an_item(team: Team, accounts: Sequence[MarketAccount], text: str) -> bool:
    wanted = TradeFilter(item=text)
    return len(text) >= SHORTEST_TEXT and queries.matching(team, wanted, accounts).exists()


# -- the market --


def ask_market(*, team: Team, by: User, text: str) -> Answer:
    """Ask each account that has a working key; what is found is taken in."""
    access.require(access.holds(by, team, Can.SELL))
    keys = _askable(team)
    if not keys:
        raise UserError("No working key of a market that looks trades up: the mirror is all.")
    ends_at = time.monotonic() + IN_A_REQUEST.total_seconds
    sentences: list[str] = []
    for key in keys:
        try:
            trade = _from(key, ends_at, lambda client: _looked_up(client, text))
        except UserError as refusal:
            sentences.append(refusal.sentence)
            continue
        if trade:
            return Answer((trade,), tuple(sentences))
    limit = [BARE_ID_LIMIT] if _DIGITS.fullmatch(text) else []
    return Answer((), (*sentences, *limit))


def refresh(*, trade: Trade, by: User) -> bool:
    """Ask the market about this trade now. False = the market says that there is none.

    ``UserError`` with a sentence where it cannot be asked.
    """
    access.require(access.holds(by, trade.team, Can.SELL))
    keys = [key for key in _askable(trade.team) if key.account_id == trade.account_id]
    if not keys:
        label = Upstream(trade.account.upstream).label
        raise UserError(f"{label} cannot be asked for one trade, or no key of it works now.")
    ends_at = time.monotonic() + IN_A_REQUEST.total_seconds
    found = _from(keys[0], ends_at, lambda client: _again(client, trade))
    return found is not None


def is_looked_up(account: MarketAccount) -> bool:
    """Its market answers for one trade; the others tell of all in lists."""
    return account.upstream == Upstream.VPSBOT


def _askable(team: Team) -> list[UpstreamKey]:
    """One working key an account, of markets that have look-ups."""
    keys = UpstreamKey.objects.select_related("account", "owner").filter(
        account__team=team,
        account__is_active=True,
        account__upstream=Upstream.VPSBOT,
        state=KeyState.ACTIVE,
    )
    found = {key.account_id: key for key in keys.order_by("-pk")}
    return [found[account] for account in sorted(found)]


def _from(
    key: UpstreamKey, ends_at: float, ask: Callable[[VpsbotClient], TradeRecord | None]
) -> Trade | None:
    label = Upstream(key.account.upstream).label
    seconds_left = ends_at - time.monotonic()
    if seconds_left < SHORTEST_CALL:
        raise UserError(f"{label} is too slow right now; try again in a moment.")
    asked_at = clock.now()
    try:
        with open_seller(key, patience=replace(IN_A_REQUEST, total_seconds=seconds_left)) as client:
            record = ask(client)
    except UpstreamError as error:
        text = sentence(error, label)
        if isinstance(error, KeyRejected):
            note_refusal(key, text)
        raise UserError(text) from error
    except SealBroken:
        raise UserError("The stored key cannot be opened here; replace its secret.") from None
    note_accepted(key)
    return _taken_in(key.account, record, asked_at) if record else None


def _looked_up(client: VpsbotClient, text: str) -> TradeRecord | None:
    for look_up in _lookups(text):
        try:
            return look_up(client, text)
        except NotFound:
            continue
    return _in_list(client, TradeQuery(steam_trade_ids=(text,))) if _is_full(text) else None


def _again(client: VpsbotClient, trade: Trade) -> TradeRecord | None:
    """By its id; a purchase, which the look-ups leave out, from the list."""
    try:
        return client.trade_by_id(trade.upstream_id)
    except NotFound:
        return _in_list(client, TradeQuery(trade_ids=(trade.upstream_id,)))


def _lookups(text: str) -> Iterator[Lookup]:
    """Those that the form of the id makes likely, the likeliest first."""
    if _is_full(text):
        yield VpsbotClient.trade_by_steam_trade_id
        return
    if _DIGITS.fullmatch(text):
        yield VpsbotClient.trade_by_offer_id
        yield VpsbotClient.trade_by_steam_trade_id
    elif _UUID.fullmatch(text):
        yield VpsbotClient.trade_by_id
    yield VpsbotClient.trade_by_custom_id
    if not _UUID.fullmatch(text):
        yield VpsbotClient.trade_by_id


def _is_full(text: str) -> bool:
    return bool(_FULL_STEAM_ID.fullmatch(text))


def _in_list(client: VpsbotClient, query: TradeQuery) -> TradeRecord | None:
    """The list knows completed trades too; it wants the full Steam trade id."""
    return next(iter(client.trades(replace(query, limit=1)).trades), None)


def _taken_in(account: MarketAccount, record: TradeRecord, asked_at: datetime) -> Trade:
    page = Page(trades=(record,), bad=(), total=None, limit=None, offset=None, asked_at=asked_at)
    lease = _lease(account)
    try:
        with transaction.atomic():
            if may_be_a_twin(account, page):
                refuse_twin(account, page)
            store_page(lease, account, page)
    except (LeaseLostError, SameAccountError):
        raise UserError("The market has it; the sync is at work and takes it in soon.") from None
    finally:
        leases.release(lease)
    found = Trade.objects.filter(account=account, upstream_id=record.upstream_id).first()
    if found is None:
        raise UserError("The market has it, and it cannot be read: see the rows not read.")
    return found


def _lease(account: MarketAccount) -> Lease:
    """The sync gives it back after each slice; a person waits a little for that."""
    ends_at = time.monotonic() + SECONDS_FOR_A_LEASE
    while True:
        lease = leases.take(account.pk)
        if lease:
            return lease
        if time.monotonic() >= ends_at:
            raise UserError("The market has it; the sync is at work and takes it in soon.")
        time.sleep(0.1)
