"""Which Steam offers a person looks at, and what belongs to each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import QuerySet

from accounts.models import KeyState, MarketAccount, Team, Upstream, UpstreamKey
from trades.models import InventoryItem, KeySight, OfferVerdict, SteamOffer, SteamOfferItem, Trade

LIVE = (2, 9)  # Steam's Active and CreatedNeedsConfirmation
STATES: Mapping[str, str] = {
    "live": "Waiting for an answer",
    "accepted": "Accepted",
    "over": "Over",
}
_ACCEPTED = (3, 11, 12)
SIDES: Mapping[str, str] = {"received": "Received", "sent": "Sent in your name"}


@dataclass(frozen=True, slots=True)
class OfferFilter:
    verdict: str = ""
    state: str = ""
    side: str = ""
    text: str = ""
    account: int | None = None

    def params(self) -> dict[str, str]:
        named = {name: getattr(self, name) for name in ("verdict", "state", "side", "account")}
        named["q"] = self.text
        return {name: str(value) for name, value in named.items() if value}

    def query(self, **more: str) -> str:
        return urlencode({**self.params(), **more})


def matching(team: Team, wanted: OfferFilter) -> QuerySet[SteamOffer]:
    offers = SteamOffer.objects.filter(team=team).select_related("account")
    if wanted.verdict:
        offers = offers.filter(verdict=wanted.verdict)
    if wanted.state == "live":
        offers = offers.filter(state__in=LIVE)
    elif wanted.state == "accepted":
        offers = offers.filter(state__in=_ACCEPTED)
    elif wanted.state == "over":
        offers = offers.exclude(state__in=(*LIVE, *_ACCEPTED))
    if wanted.side:
        offers = offers.filter(is_ours=wanted.side == "sent")
    if wanted.account:
        offers = offers.filter(account=wanted.account)
    return _named(offers, wanted.text.strip())


def _named(offers: QuerySet[SteamOffer], text: str) -> QuerySet[SteamOffer]:
    """Digits are an id of the offer or its partner; words are in the names of its items."""
    if not text:
        return offers
    if text.isascii() and text.isdigit():
        return offers.filter(offer_id=text) | offers.filter(partner_steamid=text)
    for word in text.lower().split()[:8]:
        offers = offers.filter(item_names__contains=word)
    return offers


def items_of(team: Team, offers: Sequence[SteamOffer]) -> dict[int, list[SteamOfferItem]]:
    """By offer: one query a page, and one more where Steam described less than all."""
    items = list(SteamOfferItem.objects.filter(offer__in=offers).order_by("id"))
    _name_by_inventory(team, [item for item in items if not item.name])
    found: dict[int, list[SteamOfferItem]] = defaultdict(list)
    for item in items:
        found[item.offer_id].append(item)
    return found


def _name_by_inventory(team: Team, items: Sequence[SteamOfferItem]) -> None:
    """Steam describes no item that is gone; the team's inventories may know others of its class."""
    classes = {item.class_id for item in items} - {""}
    if not classes:
        return
    known = InventoryItem.objects.filter(inventory__team=team, class_id__in=classes)
    rows = known.values_list("inventory__app_id", "class_id", "name", "icon", "rarity_colour")
    looks = {(app_id, class_id): look for app_id, class_id, *look in rows.distinct()}
    for item in items:
        if look := looks.get((item.app_id, item.class_id)):
            item.name, item.icon, item.rarity_colour = look


def trades_of(team: Team, offers: Sequence[SteamOffer]) -> dict[str, Trade]:
    """The market trade of each offer id, where one is mirrored."""
    ids = [offer.offer_id for offer in offers]
    trades = Trade.objects.filter(team=team, offer_id__in=ids).select_related("account")
    return {trade.offer_id: trade for trade in trades.order_by("id")}


def steam_accounts(team: Team) -> list[MarketAccount]:
    return list(team.market_accounts.filter(is_active=True, upstream=Upstream.STEAM))


def keys_with_sight(team: Team) -> list[UpstreamKey]:
    """Every Steam credential in use, with what it sees."""
    keys = UpstreamKey.objects.filter(
        account__team=team, account__upstream=Upstream.STEAM, account__is_active=True
    ).exclude(state=KeyState.REMOVED)
    return list(keys.select_related("account", "sight").order_by("id"))


def is_watched(keys: Sequence[UpstreamKey]) -> bool:
    """Whether any credential lets the guard see."""
    return any(
        key.state == KeyState.ACTIVE
        and getattr(key, "sight", None) is not None
        and key.sight.sight in (KeySight.Sight.SEES, KeySight.Sight.PART)
        for key in keys
    )


def verdict_counts(team: Team) -> dict[str, int]:
    """How many unsettled offers there are of the two verdicts that matter."""
    offers = SteamOffer.objects.filter(team=team)
    return {
        verdict: offers.filter(verdict=verdict).count()
        for verdict in (OfferVerdict.ALARM, OfferVerdict.WAITING)
    }
