"""A person's yes: requests and claims are committed before anything is sent."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts import access, audit
from accounts.access import Can
from accounts.crypto import Secret
from accounts.models import KeyState, User
from dashboard import clock
from dashboard.errors import UserError
from trades.models import (
    DraftItem,
    Quote,
    SellDefaults,
    SellDraft,
    SellItem,
    SellRequest,
    SellState,
)
from trades.models.sell import CUSTOM_ID_PREFIX
from trades.services import claims
from trades.services.payloads import kept_payload
from trades.services.reviewing import needs_new_yes
from trades.upstreams.records import SellAsk

LONGEST_REASON = 300
NOT_ACCEPTED = (
    "Prices or buyers changed since the match: say that you accept it, or drop the items."
)


def agree(*, draft: SellDraft, by: User, yes_token: UUID, accepts_lower: bool) -> list[SellRequest]:
    """One request for each review quote. The same yes again returns what it made the first time."""
    access.require(access.holds(by, draft.team, Can.SELL))
    items: list[SellItem] = []
    try:
        with transaction.atomic():
            draft = _lock(draft)
            if draft.state == SellDraft.State.SOLD and draft.yes_token == yes_token:
                return _made_before(draft)
            chosen = _agreed_items(draft, by, yes_token, accepts_lower=accepts_lower)
            requests = _make_requests(draft, by, chosen, items)
            claims.take(items)
            draft.state = SellDraft.State.SOLD
            draft.save(update_fields=["state"])
            _record(draft, by, requests)
    except IntegrityError:
        raise UserError(claims.sentence_for_loser(draft.key, items)) from None
    return requests


def free_claims(*, request: SellRequest, by: User, reason: str) -> None:
    """A manager takes it upon himself that a stuck request will come to nothing."""
    access.require(access.holds(by, request.team, Can.KEYS_ANY))
    if not reason.strip():
        raise UserError("Say why the items may be sold again.")
    with transaction.atomic():
        request = SellRequest.objects.select_for_update().get(pk=request.pk)
        if request.state not in {SellState.UNKNOWN, SellState.CREATED}:
            raise UserError("Only a sell that is stuck can be freed by hand.")
        if request.lease_until and request.lease_until > clock.now():
            raise UserError("The market is being asked about it right now: try again in a minute.")
        claims.release(request)
        audit.record(
            "sell.claims-freed", team=request.team, actor=by, obj=request,
            detail={"custom_id": request.custom_id, "reason": reason.strip()[:LONGEST_REASON]},
        )  # fmt: skip


def _lock(draft: SellDraft) -> SellDraft:
    drafts = SellDraft.objects.select_for_update(of=("self",)).select_related("key__account__team")
    return drafts.get(pk=draft.pk)


def _made_before(draft: SellDraft) -> list[SellRequest]:
    return list(SellRequest.objects.filter(quote__draft=draft).order_by("id"))


def _agreed_items(
    draft: SellDraft, by: User, yes_token: UUID, *, accepts_lower: bool
) -> list[DraftItem]:
    """What the yes is about, or a sentence that says why it cannot be given any more."""
    if draft.state == SellDraft.State.SOLD:
        raise UserError("This selection was sold already.")
    if draft.state != SellDraft.State.REVIEWED or draft.yes_token != yes_token:
        raise UserError("These prices were replaced by a newer review: look at it and agree there.")
    _refuse_key(draft, by)
    chosen = list(draft.items.filter(is_chosen=True).select_related("matched", "reviewed__quote"))
    if not chosen:
        raise UserError("Nothing is selected.")
    _refuse_prices(draft, chosen, accepts_lower=accepts_lower)
    if needs_new_yes(draft) and not accepts_lower:
        raise UserError(NOT_ACCEPTED)
    claims.refuse_open_trades(draft.key, draft.game_id, [item.asset_id for item in chosen])
    return chosen


def _refuse_key(draft: SellDraft, by: User) -> None:
    key = draft.key
    if key.state != KeyState.ACTIVE:
        raise UserError(f"The key {key} is not active.")
    if key.owner_id != by.pk and not key.team_may_sell:
        raise UserError(f"The owner of {key} does not let teammates sell with it.")
    if not key.trade_link_partner:
        raise UserError(f"The key {key} has no trade link, which a sell needs.")
    if key.trade_link_partner != draft.steamid64:
        raise UserError("The trade link now names another Steam account than these items are in.")


def _refuse_prices(draft: SellDraft, chosen: Sequence[DraftItem], *, accepts_lower: bool) -> None:
    floor = SellDefaults.objects.filter(team=draft.team).values_list("floor_milli", flat=True)
    default_floor = floor.first()
    oldest = clock.now() - timedelta(seconds=settings.SELL_QUOTE_SECONDS)
    used: dict[int, int] = defaultdict(int)
    for item in chosen:
        line = item.reviewed
        if line is None or line.price_milli < 1:
            raise UserError(f"{item.name} has no buyer any more.")
        if line.quote.asked_at < oldest:
            raise UserError("The prices are too old: review them again.")
        used[line.pk] += 1
        if used[line.pk] > line.amount:
            raise UserError(f"The buyer takes only {line.amount} of {item.name}.")
        _refuse_low(item, line.price_milli, default_floor, accepts_lower=accepts_lower)


def _refuse_low(
    item: DraftItem, price: int, default_floor: int | None, *, accepts_lower: bool
) -> None:
    floor = default_floor if item.floor_milli is None else item.floor_milli
    if floor is not None and price < floor:
        raise UserError(f"{item.name} is below its floor price.")
    if item.matched and price < item.matched.price_milli and not accepts_lower:
        raise UserError(f"The price of {item.name} fell: agree to the lower price to sell it.")


def _make_requests(
    draft: SellDraft, by: User, chosen: Sequence[DraftItem], claimed: list[SellItem]
) -> list[SellRequest]:
    """Fills ``claimed`` with the assets of all requests; they are inserted together, sorted."""
    link = draft.key.open_trade_link()
    if link is None:
        raise UserError("The key has no trade link, which a sell needs.")
    by_quote: dict[Quote, list[DraftItem]] = defaultdict(list)
    for item in chosen:
        if item.reviewed:
            by_quote[item.reviewed.quote].append(item)
    made = []
    for quote in sorted(by_quote, key=lambda quote: quote.pk):
        request = _make_request(draft, by, quote, by_quote[quote], link)
        claimed.extend(_claims(draft, request, by_quote[quote]))
        made.append(request)
    return made


def _make_request(
    draft: SellDraft, by: User, quote: Quote, items: Sequence[DraftItem], link: Secret
) -> SellRequest:
    custom_id = f"{CUSTOM_ID_PREFIX}{uuid.uuid4()}"
    asks = [SellAsk(item.asset_id, item.name, _price(item), item.context_id) for item in items]
    request = SellRequest(
        team=draft.team,
        account=draft.key.account,
        key=draft.key,
        by=by,
        quote=quote,
        custom_id=custom_id,
        buyer_id=quote.buyer_id,
        game_id=draft.game_id,
        items_count=len(items),
        total_milli=sum(ask.price_milli for ask in asks),
        payload=kept_payload(
            custom_id=custom_id, buyer_id=quote.buyer_id, game_id=draft.game_id, items=asks,
            message=draft.message,
        ),
        created_at=clock.now(),
        state_at=clock.now(),
        due_at=clock.now(),
    )  # fmt: skip
    request.put_trade_link(link)
    request.save()
    return request


def _claims(draft: SellDraft, request: SellRequest, items: Sequence[DraftItem]) -> list[SellItem]:
    return [
        SellItem(
            request=request,
            claim_scope=claims.scope_of(draft.key),
            app_id=draft.game_id,
            context_id=item.context_id,
            asset_id=item.asset_id,
            name=item.name,
            price_milli=_price(item),
        )
        for item in items
    ]


def _price(item: DraftItem) -> int:
    return item.reviewed.price_milli if item.reviewed else 0


def _record(draft: SellDraft, by: User, requests: Sequence[SellRequest]) -> None:
    for request in requests:
        audit.record(
            "sell.agreed", team=draft.team, actor=by, obj=request,
            detail={"items": request.items_count, "total_milli": request.total_milli},
        )  # fmt: skip
