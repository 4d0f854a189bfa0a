"""One Steam offer in words ready to print. Everything that Steam tells is foreign text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard import clock
from dashboard.templatetags.ui import age_text, count_text, game_text, moment_text, money_text
from trades.models import Exchange, OfferVerdict, SteamOffer, SteamOfferItem, Trade
from trades.views.pictures import Picture, picture_of
from trades.views.words import steam_status_text

SHOWN_ITEMS = 6
LIVE = (2, 9)
IN_ESCROW, REVERTED = 11, 12
CALM = {OfferVerdict.MATCHED, OfferVerdict.HARMLESS, OfferVerdict.PAST}
VERDICT_CLASSES = {
    OfferVerdict.MATCHED: "is-good",
    OfferVerdict.HARMLESS: "is-none",
    OfferVerdict.WAITING: "is-wait",
    OfferVerdict.UNCHECKED: "is-wait",
    OfferVerdict.ALARM: "is-bad",
    OfferVerdict.PAST: "is-none",
}


@dataclass(frozen=True, slots=True)
class ItemLine:
    """Equal items of one side."""

    name: str
    number: int
    note: str
    picture: Picture
    asset_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class SideOfOffer:
    label: str
    lines: Sequence[ItemLine]
    left_out: int


@dataclass(frozen=True, slots=True)
class OfferRow:
    pk: int
    offer_id: str
    when: str
    direction: str
    way: str
    partner: str
    state: str
    verdict: str
    verdict_class: str
    reasons: Sequence[str]
    sides: Sequence[SideOfOffer]
    message: str
    notes: Sequence[str]
    account: str
    trade: Trade | None
    is_calm: bool
    needs_acknowledging: bool
    acknowledged: str


def row_of(
    offer: SteamOffer,
    items: Sequence[SteamOfferItem],
    trade: Trade | None,
    *,
    pictures: bool,
    whole: bool = False,
) -> OfferRow:
    verdict = OfferVerdict(offer.verdict)
    return OfferRow(
        pk=offer.pk,
        offer_id=offer.offer_id,
        when=moment_text(offer.sort_at),
        direction=direction_text(offer),
        way="sent in your name" if offer.is_ours else "received",
        partner=offer.partner_steamid,
        state=steam_status_text(offer.state),
        verdict=str(verdict.label),
        verdict_class=VERDICT_CLASSES[verdict],
        reasons=[str(reason) for reason in offer.reasons],
        sides=_sides(items, pictures=pictures, most=None if whole else SHOWN_ITEMS),
        message=offer.message,
        notes=list(_notes(offer, items)),
        account=offer.account.label,
        trade=trade,
        is_calm=verdict in CALM,
        needs_acknowledging=verdict == OfferVerdict.ALARM and offer.acknowledged_at is None,
        acknowledged=_acknowledged(offer),
    )


def direction_text(offer: SteamOffer) -> str:
    tense = ("gave", "got") if offer.state in (3, REVERTED) else ("give", "get")
    return f"You {tense[0]} {offer.gives}, you {tense[1]} {offer.receives}"


def alarm_sentence(offer: SteamOffer) -> str:
    when = age_text(offer.sort_at)
    whose = "sent in your name to" if offer.is_ours else "from"
    return f"{direction_text(offer)}: offer {whose} {offer.partner_steamid}, {when}."


def _sides(
    items: Sequence[SteamOfferItem], *, pictures: bool, most: int | None
) -> list[SideOfOffer]:
    sides = []
    for side in SteamOfferItem.Side:
        lines = _lines([item for item in items if item.side == side], pictures=pictures)
        shown = lines if most is None else lines[:most]
        if lines:
            sides.append(SideOfOffer(str(side.label), shown, len(lines) - len(shown)))
    return sides


def _lines(items: Sequence[SteamOfferItem], *, pictures: bool) -> list[ItemLine]:
    """Equal items on one line, in the order of their first."""
    groups: dict[tuple[object, ...], list[SteamOfferItem]] = {}
    for item in items:
        kind = (item.app_id, item.class_id, item.name, bool(item.currency_id), item.is_missing)
        groups.setdefault(kind, []).append(item)
    return [_line(group, pictures=pictures) for group in groups.values()]


def _line(group: Sequence[SteamOfferItem], *, pictures: bool) -> ItemLine:
    first = group[0]
    icons = {(first.app_id, first.name): first.icon} if pictures and first.icon else {}
    name = first.name or ("currency" if first.currency_id else "unnamed item")
    return ItemLine(
        name=name,
        number=sum(item.amount for item in group),
        note=_item_note(group),
        picture=picture_of(first.name, first.app_id, icons),
        asset_ids=[item.asset_id or item.currency_id for item in group],
    )


def _item_note(group: Sequence[SteamOfferItem]) -> str:
    first = group[0]
    parts = [game_text(first.app_id)]
    if first.currency_id:
        parts.append("currency")
    if first.is_missing:
        parts.append("no longer in the inventory")
    if first.estimate_milli is not None:
        parts.append(f"about {money_text(first.estimate_milli)} by Steam's estimate")
    return " · ".join(parts)


def _notes(offer: SteamOffer, items: Sequence[SteamOfferItem]) -> Sequence[str]:
    notes = [_expiry(offer.expires_at)] if offer.state in LIVE and offer.expires_at else []
    if offer.escrow_ends_at:
        notes.append(f"Steam holds the items until {moment_text(offer.escrow_ends_at)}.")
    missing = sum(1 for item in items if item.is_missing)
    if missing and offer.state in LIVE:
        have = "item is" if missing == 1 else "items are"
        notes.append(f"{count_text(missing)} {have} no longer where the offer expects them.")
    notes.append(_exchange(offer))
    return [note for note in notes if note]


def _expiry(at: datetime) -> str:
    return f"Expires {age_text(at)}." if at > clock.now() else f"Expired {age_text(at)}."


def _exchange(offer: SteamOffer) -> str:
    match offer.exchange:
        case Exchange.REVERTED:
            back = (
                f" The items came back with trade {offer.reversal_id}." if offer.reversal_id else ""
            )
            return f"Steam has rolled this trade back: it brings no money.{back}"
        case Exchange.FINE:
            when = age_text(offer.exchange_at) if offer.exchange_at else ""
            return f"Not rolled back, as Steam said {when}."
        case Exchange.REFUSED | Exchange.SILENT | Exchange.OFF:
            return f"Rollback: {Exchange(offer.exchange).label.lower()}."
        case _:
            return ""


def _acknowledged(offer: SteamOffer) -> str:
    if offer.acknowledged_at is None:
        return ""
    who = offer.acknowledged_by.email if offer.acknowledged_by else "somebody who left"
    return f"Seen by {who} {age_text(offer.acknowledged_at)}."
