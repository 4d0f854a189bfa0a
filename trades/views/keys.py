"""Keys and syncs: what a team may ask the markets with, and how far each mirror is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import Can, key_for, key_to_change, key_to_stop, may, owners_gone, team_for
from accounts.limits import limited
from accounts.models import KeyState, Membership, Upstream, UpstreamKey
from accounts.reauthentication import recently_authenticated
from accounts.services import (
    pause_key,
    remove_key,
    resume_key,
    set_team_may_sell,
    set_trade_link,
)
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from trades.services import keys as services
from trades.services.abilities import deed_of
from trades.views import key_cards
from trades.views.key_forms import (
    KEY_FORMS,
    AddKeyForm,
    RemoveKeyForm,
    ReplaceSecretForm,
    SharingForm,
    TradeLinkForm,
)

FORM_PAGE = "trades/key_form.html"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a form page says around its form."""

    title: str
    text: str
    button: str
    is_grave: bool = False


ADD = Ask(
    title="Add a key",
    text="Sellside asks the market with it, reads the whole history and keeps it current.",
    button="Add the key",
)


@never_cache
@require_GET
def keys(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team)
    context = {
        "membership": membership,
        "accounts": key_cards.cards(membership),
        "owners_gone": owners_gone(membership.team),
        "may_add": may(membership, Can.KEYS_OWN),
        "may_set_defaults": may(membership, Can.PEOPLE),
    }
    return render(request, key_cards.PAGE, context)


@never_cache
@require_http_methods(["GET", "POST"])
@recently_authenticated
def key_add(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    form = _form_of_market(request)
    if not form.is_valid():
        return _form_page(request, membership, form, ADD, markets=Upstream.choices)
    try:
        added = services.add_key(team=membership.team, by=membership.user, **form.cleaned_data)
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _form_page(request, membership, form, ADD, markets=Upstream.choices)
    messages.success(request, added.sentence)
    if wants_partial(request):
        return HttpResponseClientRedirect(reverse("keys", args=[team]))
    return redirect("keys", team)


@never_cache
@require_http_methods(["GET", "POST"])
@recently_authenticated
def key_replace(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_change(membership, pk)
    ask = Ask(
        title=f"Replace the secret of {key.label}",
        text="The new key must belong to the same account at the market.",
        button="Replace the secret",
    )
    form = ReplaceSecretForm(_sent(request))
    if not form.is_valid():
        return _form_page(request, membership, form, ask)
    try:
        sentence = services.replace_secret(key=key, by=membership.user, **form.cleaned_data)
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _form_page(request, membership, form, ask)
    return key_cards.answer(request, membership, key.account_id, sentence, done=True)


@never_cache
@require_http_methods(["GET", "POST"])
@recently_authenticated
def key_trade_link(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_change(membership, pk)
    partner = key.trade_link_partner
    ask = Ask(
        title=f"Trade link of {key.label}",
        text=f"Stored now: account {partner}." if partner else "None is stored yet.",
        button="Store the trade link",
    )
    form = TradeLinkForm(_sent(request))
    if not form.is_valid():
        return _form_page(request, membership, form, ask)
    link = form.cleaned_data["trade_link"]
    try:
        set_trade_link(key=key, link=link, by=membership.user)
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _form_page(request, membership, form, ask)
    sentence = "The trade link is stored." if link else "The trade link is erased."
    return key_cards.answer(request, membership, key.account_id, sentence, done=True)


@never_cache
@require_http_methods(["GET", "POST"])
@recently_authenticated
def key_remove(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_stop(membership, pk)
    if request.method == "GET":
        return _form_page(request, membership, RemoveKeyForm(), _removal(key))

    def deed() -> str:
        remove_key(key=key, by=membership.user)
        return f"{key.label} is removed, its secret and trade link are erased."

    return _done(request, membership, key, deed)


def _removal(key: UpstreamKey) -> Ask:
    return Ask(
        title=f"Remove {key.label}?",
        text=(
            f"The stored secret (…{key.last_four}) and the trade link are erased for good. The"
            " trades read with it stay. The key itself lives on at the market: revoke it there too."
        ),
        button="Remove the key",
        is_grave=True,
    )


@require_POST
def key_pause(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_stop(membership, pk)

    def deed() -> str:
        pause_key(key=key, by=membership.user)
        return f"{key.label} is paused."

    return _done(request, membership, key, deed)


@require_POST
def key_resume(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_change(membership, pk)

    def deed() -> str:
        resume_key(key=key, by=membership.user)
        return f"{key.label} is in use again."

    return _done(request, membership, key, deed)


@require_POST
def key_sharing(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_OWN)
    key = key_to_change(membership, pk)
    form = SharingForm(request.POST)

    def deed() -> str:
        if not form.is_valid():
            raise UserError("Choose whether teammates may sell with this key.")
        allowed = form.cleaned_data["allowed"]
        set_team_may_sell(key=key, allowed=allowed, by=membership.user)
        who = "Teammates may" if allowed else "Only its owner may"
        return f"{who} {deed_of(key.account.upstream)} with {key.label} now."

    return _done(request, membership, key, deed)


@require_POST
@limited("sync")
def key_try_again(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SYNC)
    key = key_for(membership, pk)

    def deed() -> str:
        if key.state not in key_cards.CAN_TRY_AGAIN:
            raise UserError("There is nothing to try: the market does not refuse this key.")
        sentence = services.try_again(key=key, by=membership.user)
        if key.state != KeyState.ACTIVE:
            raise UserError(sentence)
        return sentence

    return _done(request, membership, key, deed)


def _done(
    request: HttpRequest, membership: Membership, key: UpstreamKey, deed: Callable[[], str]
) -> HttpResponse:
    """Do it and show the account again, with the sentence of the deed or of its refusal."""
    account_id = key.account_id  # the deed may find that it is another account of the team
    try:
        sentence, done = deed(), True
    except UserError as refusal:
        sentence, done = refusal.sentence, False
    return key_cards.answer(request, membership, account_id, sentence, done=done)


def _form_of_market(request: HttpRequest) -> AddKeyForm:
    """Each market asks for its own fields; the first one's where none is chosen."""
    sent = _sent(request)
    asked = (request.GET if sent is None else sent).get("upstream", "")
    market = asked if asked in KEY_FORMS else Upstream.values[0]
    return KEY_FORMS[market](sent, initial={"upstream": market})


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is an answer, a GET is none."""
    return request.POST if request.method == "POST" else None


def _form_page(
    request: HttpRequest,
    membership: Membership,
    form: forms.Form,
    ask: Ask,
    markets: Sequence[tuple[str, str]] = (),
) -> HttpResponse:
    name = f"{FORM_PAGE}#key-form" if wants_partial(request) else FORM_PAGE
    context = {"membership": membership, "form": form, "ask": ask, "markets": markets}
    return render(request, name, context, status=422 if form.is_bound else 200)
