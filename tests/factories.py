"""Rows for tests, by plain keyword functions; what is not given is made to fit."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b, sha256
from itertools import count
from typing import Any

from django.db import transaction

from accounts.crypto import Secret
from accounts.models import (
    Invitation,
    KeyState,
    MarketAccount,
    Membership,
    Role,
    Team,
    Upstream,
    UpstreamKey,
    User,
)
from accounts.trade_link import parse
from dashboard import clock
from trades.models import (
    Direction,
    DraftItem,
    Export,
    OfferVerdict,
    Phase,
    Quote,
    SellDraft,
    SellItem,
    SellList,
    SellListLine,
    SellRequest,
    SellState,
    SteamOffer,
    SteamOfferItem,
    Stream,
    SyncState,
    Trade,
    TradeItem,
    TradeRaw,
    ValueSource,
)
from trades.raw_answers import pack
from trades.sync.day_stats import Counted, DayDeltas
from trades.sync.item_names import folded, ids_of
from trades.sync.rows import steam_trade_key

PASSWORD = "correct horse battery staple"
TRADE_TOKEN = "aB3_x-9Z"
TRADE_LINK = f"https://steamcommunity.com/tradeoffer/new/?partner=39735273&token={TRADE_TOKEN}"
FIRST_DAY = datetime(2026, 10, 1, 12, tzinfo=UTC)

_numbers = count(1)

_PHASES = {
    "processing": Phase.OPEN,
    "accepted": Phase.FROZEN,
    "completed": Phase.DONE,
    "error": Phase.FAILED,
    "cancelled": Phase.FAILED,
    "declined": Phase.FAILED,
    "rolled_back_by_user": Phase.REVERTED,
    "rolled_back_by_bot": Phase.REVERTED,
}


def make_user(*, email: str = "", password: str = PASSWORD, **columns: Any) -> User:
    email = email or f"person{next(_numbers)}@example.com"
    return User.objects.create_user(email, password, **columns)


def make_team(*, owner: User | None = None, name: str = "", slug: str = "", **columns: Any) -> Team:
    """A team with its owner, who is made when not given."""
    number = next(_numbers)
    team = Team.objects.create(
        name=name or f"Team {number}", slug=slug or f"team-{number}", **columns
    )
    make_member(team=team, user=owner, role=Role.OWNER)
    return team


def make_member(
    *, team: Team, user: User | None = None, role: Role | str = Role.VIEWER
) -> Membership:
    return Membership.objects.create(team=team, user=user or make_user(), role=role)


def make_invitation(
    *, team: Team, token: str = "", role: Role = Role.VIEWER, **columns: Any
) -> Invitation:
    """An open one, bound to nobody unless ``email`` says so."""
    token = token or f"token-{next(_numbers)}"
    columns = {"expires_at": clock.now() + timedelta(days=7), **columns}
    token_hash = sha256(token.encode()).hexdigest()
    return Invitation.objects.create(team=team, role=role, token_hash=token_hash, **columns)


@dataclass(frozen=True, slots=True)
class Cast:
    """The fixed people of the tests."""

    team: Team
    alice: User  # owns the team
    maria: User  # manages it
    bob: User  # sells
    victor: User  # only views
    charlie: User  # a stranger, owner of another team
    others: Team  # charlie's


def make_cast() -> Cast:
    people = {name: make_user(email=f"{name}@example.com") for name in _CAST}
    team = make_team(owner=people["alice"], name="Harbour", slug="harbour")
    for name, role in _CAST.items():
        if role not in {None, Role.OWNER}:
            make_member(team=team, user=people[name], role=role)
    others = make_team(owner=people["charlie"], name="Elsewhere", slug="elsewhere")
    return Cast(team=team, others=others, **people)


_CAST: dict[str, Role | None] = {
    "alice": Role.OWNER,
    "maria": Role.MANAGER,
    "bob": Role.SELLER,
    "victor": Role.VIEWER,
    "charlie": None,
}


def make_account(*, team: Team | None = None, label: str = "", **columns: Any) -> MarketAccount:
    number = next(_numbers)
    columns = {"upstream": Upstream.VPSBOT, "identity": f"user-{number}", **columns}
    return MarketAccount.objects.create(
        team=team or make_team(), label=label or f"Account {number}", **columns
    )


def make_key(
    *,
    account: MarketAccount | None = None,
    team: Team | None = None,
    owner: User | None = None,
    secret: str = "",
    trade_link: str = "",
    state: KeyState = KeyState.ACTIVE,
    label: str = "Main key",
    **columns: Any,
) -> UpstreamKey:
    """A sealed key; without an owner it belongs to the team's first owner."""
    account = account or make_account(team=team)
    owner = owner or account.team.memberships.filter(role=Role.OWNER)[0].user
    if state == KeyState.ACTIVE:
        columns = {"verified_at": FIRST_DAY, **columns}
    key = UpstreamKey(account=account, owner=owner, label=label, state=state, **columns)
    key.put_secret(secret or f"secret-of-key-{next(_numbers):08}")
    key.put_trade_link(parse(trade_link) if trade_link else None)
    key.save()
    return key


@transaction.atomic
def make_trade(
    *,
    team: Team | None = None,
    account: MarketAccount | None = None,
    status: str = "completed",
    items: Sequence[dict[str, Any]] = ({"name": "AK-47 | Redline (Field-Tested)"},),
    raw: bytes | None = None,
    **columns: Any,
) -> Trade:
    """A mirrored trade with items, raw answer and its share of the day figures.

    Phase follows the status; items are dicts of TradeItem columns, side and asset id made to fit.
    """
    account = account or make_account(team=team)
    number = next(_numbers)
    trade = Trade.objects.create(**_columns(account, number, status, items, columns))
    for index, item in enumerate(items):
        make_item(trade, **_item(number, index, trade, item))
    answer = raw or json.dumps({"trade_id": trade.upstream_id, "status": status}).encode()
    TradeRaw.objects.create(trade=trade, packed=pack(answer))
    _count(trade)
    return trade


def make_item(trade: Trade, **columns: Any) -> TradeItem:
    """By its columns; its name gets its row of the team."""
    name = columns.get("name", "")
    return TradeItem.objects.create(
        trade=trade, folded_name_id=ids_of(trade.team_id, folded([name]))[name], **columns
    )


def _columns(
    account: MarketAccount,
    number: int,
    status: str,
    items: Sequence[dict[str, Any]],
    given: dict[str, Any],
) -> dict[str, Any]:
    created_at = given.pop("created_at", FIRST_DAY + timedelta(minutes=number))
    seen_at = given.pop("first_seen_at", created_at or FIRST_DAY)
    upstream_id = given.pop("upstream_id", str(1_000_000 + number))
    value = given.get("value_milli")
    names = dict.fromkeys(str(item.get("name", "")).lower() for item in items)
    return {
        "account": account,
        "team": account.team,
        "upstream_id": upstream_id,
        "status": status,
        "summary": status,
        "phase": _PHASES.get(status, Phase.UNKNOWN),
        "direction": Direction.SELL,
        "game_id": 730,
        "value_source": ValueSource.NONE if value is None else ValueSource.QUOTED,
        "created_at": created_at,
        "updated_at": created_at,
        "sort_at": created_at or seen_at,
        "first_seen_at": seen_at,
        "changed_at": seen_at,
        "asked_at": seen_at,
        "item_names": "\n".join(name for name in names if name),
        "item_count": len(items),
        "content_hash": blake2b(f"{upstream_id} {status}".encode(), digest_size=16).digest(),
        "steam_trade_key": steam_trade_key(given.get("steam_trade_id", "")),
        **given,
    }


def _item(number: int, index: int, trade: Trade, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "side": TradeItem.Side.GIVEN,
        "app_id": trade.game_id,
        "context_id": "2",
        "asset_id": str(30_000_000_000 + number * 100 + index),
        **given,
    }


def _count(trade: Trade) -> None:
    deltas = DayDeltas(trade.account)
    deltas.add(
        Counted(
            trade.direction,
            trade.sort_at,
            trade.game_id,
            trade.status,
            trade.phase,
            trade.value_milli,
            trade.settles_at,
        )
    )
    deltas.write()


def make_sync_state(
    *,
    account: MarketAccount | None = None,
    stream: Stream | str = Stream.RECENT,
    **columns: Any,
) -> SyncState:
    return SyncState.objects.create(account=account or make_account(), stream=stream, **columns)


def make_export(*, team: Team, by: User, **columns: Any) -> Export:
    """A file that was asked for and is not made yet."""
    now = clock.now()
    usual: dict[str, Any] = {
        "params": [],
        "columns": ["trade_id", "value"],
        "zone": "UTC",
        "format": "csv",
        "created_at": now,
        "expires_at": now + timedelta(hours=1),
    }
    return Export.objects.create(team=team, by=by, **(usual | columns))


def make_draft(
    *,
    key: UpstreamKey | None = None,
    by: User | None = None,
    items: Sequence[dict[str, Any]] = ({"name": "AK-47 | Redline (Field-Tested)"},),
    **columns: Any,
) -> SellDraft:
    """A selection; items are dicts of DraftItem columns, the asset id made to fit."""
    key = key or make_key(trade_link=TRADE_LINK)
    number = next(_numbers)
    draft = SellDraft.objects.create(
        team=key.account.team,
        key=key,
        by=by or key.owner,
        **{"steamid64": key.trade_link_partner, "game_id": 730, **columns},
    )
    for index, item in enumerate(items):
        asset = str(40_000_000_000 + number * 100 + index)
        DraftItem.objects.create(draft=draft, **{"asset_id": asset, **item})
    return draft


@transaction.atomic
def make_sell_request(
    *,
    key: UpstreamKey | None = None,
    by: User | None = None,
    state: SellState = SellState.QUEUED,
    items: Sequence[dict[str, Any]] = ({"name": "AK-47 | Redline (Field-Tested)"},),
    **columns: Any,
) -> SellRequest:
    """A yes with its draft and quote; items are dicts: name, ``price_milli``, ``floor_milli``.

    Assets are claimed while the state says so.
    """
    key = key or make_key(trade_link=TRADE_LINK)
    wanted = [{"name": item["name"], "floor_milli": item.get("floor_milli")} for item in items]
    draft = make_draft(key=key, by=by, items=wanted, state=SellDraft.State.SOLD)
    prices = [item.get("price_milli", 14_500) for item in items]
    now = clock.now()
    at = {"created_at": now, "state_at": now, "due_at": None}
    quote = Quote.objects.create(
        team=draft.team, account=key.account, by=draft.by, draft=draft, game_id=draft.game_id,
        buyer_id="76561198012345678", asked_at=now, is_review=True,
    )  # fmt: skip
    request = SellRequest(
        team=draft.team, account=key.account, key=key, by=draft.by, quote=quote, state=state,
        buyer_id=quote.buyer_id,
        **{
            "custom_id": f"sellside-{next(_numbers)}", "game_id": draft.game_id,
            "items_count": len(prices), "total_milli": sum(prices), "payload": b"{}",
            **at, **columns,
        },
    )  # fmt: skip
    request.put_trade_link(Secret(TRADE_LINK))
    request.save()
    _claim(request, draft, prices)
    return request


def _claim(request: SellRequest, draft: SellDraft, prices: Sequence[int]) -> None:
    is_live = request.state not in {SellState.REFUSED, SellState.EXPIRED}
    for item, price in zip(draft.items.order_by("id"), prices, strict=True):
        SellItem.objects.create(
            request=request, claim_scope=f"team:{request.team_id}:{draft.steamid64}",
            app_id=request.game_id, context_id=item.context_id, asset_id=item.asset_id,
            name=item.name, price_milli=price, is_live=is_live,
        )  # fmt: skip


def make_sell_list(
    *,
    team: Team | None = None,
    name: str = "",
    lines: Sequence[dict[str, Any]] = ({"name": "AK-47 | Redline (Field-Tested)"},),
    **columns: Any,
) -> SellList:
    """A saved selection; lines are dicts of SellListLine columns."""
    sell_list = SellList.objects.create(
        team=team or make_team(), name=name or f"List {next(_numbers)}",
        **{"game_id": 730, **columns},
    )  # fmt: skip
    for line in lines:
        SellListLine.objects.create(sell_list=sell_list, **line)
    return sell_list


@transaction.atomic
def make_offer(*, account: MarketAccount, gives: int = 1, **columns: Any) -> SteamOffer:
    """An active offer that a stranger made a moment ago and that the guard calls an alarm."""
    number, now = next(_numbers), clock.now()
    usual: dict[str, Any] = {
        "offer_id": str(7_100_000_000 + number),
        "sort_at": now,
        "state": 2,
        "is_ours": False,
        "partner_steamid": "76561198700000077",
        "created_at": now,
        "updated_at": now,
        "expires_at": now + timedelta(days=14),
        "first_seen_at": now,
        "changed_at": now,
        "asked_at": now,
        "content_hash": b"",
        "verdict": OfferVerdict.ALARM,
        "reasons": ["It takes 1 item, and no market knows an offer with this id."],
    }
    offer = SteamOffer.objects.create(
        account=account, team=account.team, gives=gives, **{**usual, **columns}
    )
    for place in range(gives):
        SteamOfferItem.objects.create(
            offer=offer, side=SteamOfferItem.Side.GIVEN, app_id=730, context_id="2", class_id="1",
            asset_id=f"{number}{place}", name="AK-47 | Redline (Field-Tested)", icon="icon-of-ak",
        )  # fmt: skip
    return offer
