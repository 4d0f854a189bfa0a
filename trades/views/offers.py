"""Steam's offers: what was offered to the team and in its name, and what the guard says of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Can, may, team_for
from accounts.models import KeyState, MarketAccount, Membership, UpstreamKey
from dashboard.templatetags.ui import age_text
from trades.models import KeySight, OfferVerdict, SteamOffer
from trades.paging import page_of
from trades.services import alarms, offer_lists
from trades.services.offer_lists import SIDES, STATES, OfferFilter
from trades.services.steam_keys import ends_soon
from trades.services.weather import bad_weather
from trades.views.offer_rows import OfferRow, row_of
from trades.views.pictures import shows_pictures

PAGE = "trades/offers.html"
ONE = "trades/offer.html"
PAGE_SIZE = 25
SIGHT_CLASSES = {
    KeySight.Sight.SEES: "is-good",
    KeySight.Sight.PART: "is-wait",
    KeySight.Sight.UNKNOWN: "is-wait",
    KeySight.Sight.BLIND: "is-bad",
}


class OfferFilterForm(forms.Form):
    """A value that cannot be used is left out."""

    use_required_attribute = False

    q = forms.CharField(required=False, label="Item, offer id or partner", max_length=100)
    verdict = forms.ChoiceField(
        required=False, choices=[("", "Any verdict"), *OfferVerdict.choices]
    )
    state = forms.ChoiceField(required=False, choices=[("", "Any state"), *STATES.items()])
    side = forms.ChoiceField(
        required=False, label="Direction", choices=[("", "Both directions"), *SIDES.items()]
    )
    account = forms.ChoiceField(required=False)

    def __init__(self, data: Any, accounts: Sequence[MarketAccount]) -> None:
        super().__init__(data, auto_id="filter-%s")
        choices = [(str(one.pk), one.label) for one in accounts]
        self.fields["account"].choices = [("", "All accounts"), *choices]  # type: ignore[attr-defined]
        if len(choices) < 2:
            del self.fields["account"]

    def wanted(self) -> OfferFilter:
        self.full_clean()
        kept = self.cleaned_data
        account = kept.get("account")
        return OfferFilter(
            verdict=kept.get("verdict", ""),
            state=kept.get("state", ""),
            side=kept.get("side", ""),
            text=kept.get("q", ""),
            account=int(account) if account else None,
        )


@dataclass(frozen=True, slots=True)
class SightLine:
    """What one credential sees, in words."""

    label: str
    word: str
    word_class: str
    sentences: Sequence[str]


@require_safe
def offers(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    accounts = offer_lists.steam_accounts(membership.team)
    form = OfferFilterForm(request.GET, accounts)
    wanted = form.wanted()
    keys = offer_lists.keys_with_sight(membership.team)
    page = page_of(
        offer_lists.matching(membership.team, wanted), request.GET.get("page", ""), size=PAGE_SIZE
    )
    context = {
        "membership": membership,
        "form": form,
        "rows": _rows(request, membership, page.rows),
        "sights": [_sight(key) for key in keys],
        "is_watched": offer_lists.is_watched(keys),
        "weather": bad_weather(membership.team),
        "has_accounts": bool(accounts),
        "is_filtered": bool(wanted.params()),
        "may_acknowledge": may(membership, Can.SELL),
        "may_add": may(membership, Can.KEYS_OWN),
        "newer_url": _address(membership, wanted, page.newer),
        "older_url": _address(membership, wanted, page.older),
        "shows_account": len(accounts) > 1,
    }
    return render(request, PAGE, context)


@require_safe
def offer(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = _found(membership, pk)
    items = offer_lists.items_of(membership.team, [found]).get(found.pk, [])
    trade = offer_lists.trades_of(membership.team, [found]).get(found.offer_id)
    context = {
        "membership": membership,
        "offer": found,
        "row": row_of(found, items, trade, pictures=shows_pictures(request), whole=True),
        "may_acknowledge": may(membership, Can.SELL),
        "weather": bad_weather(membership.team),
    }
    return render(request, ONE, context)


@require_POST
def offer_acknowledge(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = _found(membership, pk)
    if alarms.acknowledge(offer=found, by=membership.user):
        messages.success(request, f"Offer {found.offer_id} is marked as seen. It is still listed.")
    else:
        messages.info(request, "Somebody has marked it as seen before, or it is no alarm any more.")
    return redirect("offer", team, found.pk)


def _found(membership: Membership, pk: int) -> SteamOffer:
    offers = SteamOffer.objects.filter(team=membership.team)
    return get_object_or_404(offers.select_related("account", "acknowledged_by", "team"), pk=pk)


def _rows(
    request: HttpRequest, membership: Membership, found: Sequence[SteamOffer]
) -> list[OfferRow]:
    items = offer_lists.items_of(membership.team, found)
    trades = offer_lists.trades_of(membership.team, found)
    pictures = shows_pictures(request)
    return [
        row_of(one, items.get(one.pk, []), trades.get(one.offer_id), pictures=pictures)
        for one in found
    ]


def _address(membership: Membership, wanted: OfferFilter, cursor: str) -> str:
    if not cursor:
        return ""
    path = reverse("offers", args=[membership.team.slug])
    return f"{path}?{wanted.query(page=cursor)}"


def _sight(key: UpstreamKey) -> SightLine:
    sight = getattr(key, "sight", None)
    if key.state != KeyState.ACTIVE:
        word = str(KeyState(key.state).label)
        return SightLine(key.label, word, "is-bad", ["Nothing is asked with it: nobody watches."])
    if sight is None:
        return SightLine(key.label, "Not asked yet", "is-wait", [])
    sentences = [one for one in (sight.reason, sight.cure, sight.doubt, _expiry(sight)) if one]
    return SightLine(
        label=key.label,
        word=str(KeySight.Sight(sight.sight).label),
        word_class=SIGHT_CLASSES[KeySight.Sight(sight.sight)],
        sentences=sentences,
    )


def _expiry(sight: KeySight) -> str:
    if not ends_soon(sight.expires_at) or sight.expires_at is None:
        return ""
    return f"This access token ends {age_text(sight.expires_at)}. Replace it before it does."
