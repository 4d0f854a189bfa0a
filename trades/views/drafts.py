"""From a selection to a yes: one page, from matching to the agreed sells."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from accounts.access import Can, may, team_for
from accounts.limits import limited
from accounts.models import KeyState, Membership, UpstreamKey
from dashboard import clock
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from trades.models import SellDefaults, SellDraft, SellRequest
from trades.services import drafts as selections
from trades.services.matching import match
from trades.services.reviewing import review
from trades.services.selling import agree
from trades.tasks import step_sell, wake
from trades.views.draft_forms import DefaultsForm, YesForm, selection_of
from trades.views.draft_rows import board_of
from trades.views.key_cards import key_sentence

PAGE = "trades/draft.html"
DEFAULTS_PAGE = "trades/sell_defaults.html"
POLL_SECONDS = 5
CHANGED = "The selection changed: look at its prices again and agree then."
State = SellDraft.State


@never_cache  # the back button after a yes shows what became of it
@require_safe
def sell_draft(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    draft = _draft(membership, pk)
    if not wants_partial(request):
        return _page(request, membership, draft)
    if draft.state != State.REVIEWED or request.GET.get("yes") != str(draft.yes_token):
        return HttpResponseClientRefresh()  # it went on in another tab
    context = _context(request, membership, draft) | {"is_poll": True}
    return render(request, f"{PAGE}#quote-age", context)


@never_cache
@require_POST
@limited("match")
def sell_match(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    draft = _draft(membership, pk)
    try:
        _take(request, draft)
        trouble = match(draft=draft, by=membership.user)
    except UserError as refusal:
        return _page(request, membership, draft, refusal.sentence)
    if trouble:
        sentence = (
            f"Not everything could be asked about again, so matching may find more. {trouble}"
        )
        messages.warning(request, sentence)
    return _done(request, membership, draft)


@never_cache
@require_POST
@limited("match")
def sell_review(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    draft = _draft(membership, pk)
    try:
        _take(request, draft)
        message = request.POST.get("message", draft.message)
        review(draft=draft, by=membership.user, message=message)
    except UserError as refusal:
        return _page(request, membership, draft, refusal.sentence)
    return _done(request, membership, draft)


@never_cache
@require_POST
@limited("sell")
def sell_agree(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    draft = _draft(membership, pk)
    try:
        if draft.state != State.SOLD:
            _agree(request, membership, draft)
    except UserError as refusal:
        draft.refresh_from_db()
        if draft.state != State.SOLD:  # else the same yes came twice, and one was enough
            return _page(request, membership, draft, refusal.sentence)
    if wants_partial(request):
        return HttpResponseClientRedirect(reverse("sells", args=[team]))
    return redirect("sells", team)


@never_cache
@require_http_methods(["GET", "POST"])
def sell_defaults(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.PEOPLE)
    stored = SellDefaults.objects.filter(team=membership.team).first()
    initial = {"floor": stored.floor_milli, "message": stored.message} if stored else {}
    form = DefaultsForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_valid():
        context = {"membership": membership, "form": form}
        return render(request, DEFAULTS_PAGE, context, status=422 if form.is_bound else 200)
    selections.save_defaults(
        team=membership.team,
        by=membership.user,
        floor_milli=form.cleaned_data["floor"],
        message=form.cleaned_data["message"],
    )
    messages.success(request, "The team's defaults are stored; the next sells start from them.")
    return redirect("sell-defaults", team)


def _agree(request: HttpRequest, membership: Membership, draft: SellDraft) -> None:
    yes_token, accepts_lower = YesForm(request.POST).answer()
    if _take(request, draft):
        raise UserError(CHANGED)
    for agreed in agree(
        draft=draft, by=membership.user, yes_token=yes_token, accepts_lower=accepts_lower
    ):
        wake(step_sell, agreed.pk)


def _take(request: HttpRequest, draft: SellDraft) -> bool:
    """Keep what the person selected, typed and wrote; True when items or floors changed."""
    if "rows" not in request.POST:
        return False
    sent = selection_of(request.POST, draft)
    changed = selections.choose(
        draft=draft, asset_ids=sent.asset_ids, floors=sent.floors, message=sent.message
    )
    if sent.wrong:
        raise UserError(" ".join(sent.wrong))
    return changed


def _draft(membership: Membership, pk: int) -> SellDraft:
    drafts = SellDraft.objects.select_related("key__account__team", "key__owner", "by", "team")
    return get_object_or_404(drafts, team=membership.team, pk=pk)


def _done(request: HttpRequest, membership: Membership, draft: SellDraft) -> HttpResponse:
    if wants_partial(request):
        return _page(request, membership, draft)
    return redirect("sell-draft", membership.team.slug, draft.pk)


def _page(
    request: HttpRequest, membership: Membership, draft: SellDraft, refusal: str = ""
) -> HttpResponse:
    """The page as it stands now; with a refusal it is a 422 that says why."""
    draft.refresh_from_db(fields=["state", "message", "yes_token"])
    name = f"{PAGE}#sell-draft" if wants_partial(request) else PAGE
    context = _context(request, membership, draft) | {"refusal": refusal}
    return render(request, name, context, status=422 if refusal else 200)


def _context(request: HttpRequest, membership: Membership, draft: SellDraft) -> dict[str, object]:
    board = board_of(draft, request)
    age = (clock.now() - board.asked_at).total_seconds() if board.asked_at else 0.0
    is_reviewed = draft.state == State.REVIEWED
    is_old = is_reviewed and age >= settings.SELL_QUOTE_SECONDS
    return {
        "membership": membership,
        "draft": draft,
        "board": board,
        "age": max(0, int(age)),
        "seconds_left": int(settings.SELL_QUOTE_SECONDS) - int(age),
        "is_reviewed": is_reviewed,
        "is_old": is_old,
        "may_agree": is_reviewed and not is_old and board.count > 0,
        "poll_seconds": POLL_SECONDS if is_reviewed and not is_old else 0,
        "requests": _requests(draft),
        "key_trouble": _key_trouble(draft.key),
        "may_set_defaults": may(membership, Can.PEOPLE),
        "longest_message": selections.LONGEST_MESSAGE,
    }


def _key_trouble(key: UpstreamKey) -> str:
    """Why the key may not sell, with its cure; "" while the market accepts it."""
    return key_sentence(key) if key.refusals or key.state != KeyState.ACTIVE else ""


def _requests(draft: SellDraft) -> list[SellRequest]:
    if draft.state != State.SOLD:
        return []
    return list(SellRequest.objects.filter(quote__draft=draft).order_by("id"))
