"""The search box: any id or an item's name leads to its trade; else the market can be asked."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import Can, may, team_for
from accounts.models import Membership
from dashboard.errors import UserError
from trades import queries
from trades.filters import IdKind, TradeFilter
from trades.models import Trade
from trades.services import finding
from trades.services.finding import Answer

PAGE = "trades/find.html"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, team: str) -> HttpResponse:
    """GET looks into the mirror alone; POST asks the market as well, which a viewer may not."""
    membership = team_for(request, team, need=Can.READ)
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("q", "").replace("\x00", "").strip()[: finding.LONGEST]
    address = _in_mirror(membership, text) if text else ""
    if address:
        return redirect(address)
    may_ask = may(membership, Can.SELL)
    answer = Answer(())
    has_asked = bool(request.method == "POST" and may_ask and text)
    if has_asked:
        answer = _from_market(membership, text)
    if answer.trades:
        return redirect("trade", team, answer.trades[0].pk)
    context = {"membership": membership, "text": text, "may_ask": may_ask}
    return render(request, PAGE, context | {"has_asked": has_asked, "sentences": answer.sentences})


def _in_mirror(membership: Membership, text: str) -> str:
    """Where what was found is shown; "" where nothing was."""
    team = membership.team
    accounts = queries.accounts_of(team)
    found = finding.in_mirror(team, accounts, text)
    if len(found) == 1:
        return reverse("trade", args=[team.slug, found[0]])
    history = reverse("history", args=[team.slug])
    if found:
        ids = Trade.objects.filter(pk__in=found).values_list("upstream_id", flat=True)
        return f"{history}?{TradeFilter(ids=tuple(ids), id_kind=IdKind.TRADE.value).query()}"
    if finding.names_an_item(team, accounts, text):
        return f"{history}?{TradeFilter(item=text).query()}"
    return ""


def _from_market(membership: Membership, text: str) -> Answer:
    try:
        return finding.ask_market(team=membership.team, by=membership.user, text=text)
    except UserError as refusal:
        return Answer((), (refusal.sentence,))
