"""Where the mirror and the market differ: what stands, what is looked for, what was mended."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Can, account_for, team_for
from dashboard.templatetags.ui import ago_html, count_text, game_text
from trades.models import Difference, DifferenceKind
from trades.views.drift_state import drift_state

PAGE = "trades/differences.html"
LOG_SHOWN = 100
STANDING_SHOWN = 200

MEANINGS = {
    DifferenceKind.LOST: "The market listed a trade that the mirror did not hold.",
    DifferenceKind.PHANTOM: "The market says that there is no such trade any more. It stays here.",
    DifferenceKind.STATUS: "The mirror held another status than the market.",
    DifferenceKind.GAME: "The mirror held the trade under another game.",
    DifferenceKind.CONTENT: "Other details of the row were not what the market had told.",
    DifferenceKind.FIGURES: "The figures by day did not count our own rows. Counted anew.",
    DifferenceKind.UNKNOWN_STATUS: "No document names it; the market counts it as an error.",
    DifferenceKind.MANY: "So many more at the market that their time is read again as a whole.",
    DifferenceKind.MARKET: "Its statistics disagree with its own list, which equals the mirror.",
    DifferenceKind.UNEXPLAINED: "The counts differ and no single trade could be found to blame.",
}
CLASSES = {
    DifferenceKind.UNEXPLAINED: "is-bad",
    DifferenceKind.MARKET: "is-none",
    DifferenceKind.UNKNOWN_STATUS: "is-none",
}


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    kind: str
    kind_class: str
    meaning: str
    about: str
    words: str
    since: str  # markup
    ended: str  # markup; when it was mended, or last found to stand
    trade_pk: int | None


@require_safe
def differences(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    account = account_for(membership, pk)
    found = Difference.objects.filter(account=account).order_by("-since", "-id")
    standing = found.filter(mended_at__isnull=True)
    counted = standing.exclude(kind=DifferenceKind.UNKNOWN_STATUS)
    context = {
        "membership": membership,
        "account": account,
        "state": drift_state(account, counted.count()),
        "standing": [_row(each) for each in standing[:STANDING_SHOWN]],
        "not_shown": max(0, standing.count() - STANDING_SHOWN),
        "mended": [_row(each) for each in found.filter(mended_at__isnull=False)[:LOG_SHOWN]],
    }
    return render(request, PAGE, context)


def _row(found: Difference) -> Row:
    kind = DifferenceKind(found.kind)
    return Row(
        pk=found.pk,
        kind=str(kind.label),
        kind_class=CLASSES.get(kind, "is-wait"),
        meaning=MEANINGS[kind],
        about=_about(found),
        words=_words(found),
        since=ago_html(found.since),
        ended=ago_html(found.mended_at or found.seen_at),
        trade_pk=found.trade_id,
    )


def _about(found: Difference) -> str:
    """The trade, or the count that differs."""
    if found.upstream_id:
        return found.upstream_id
    game = game_text(found.game_id) if found.game_id else "all games"
    status = found.status or "all statuses"
    trades = "1 trade" if found.size == 1 else f"{count_text(found.size)} trades"
    return f"{trades}, {game}, {status}"


def _words(found: Difference) -> str:
    if found.kind in {DifferenceKind.STATUS, DifferenceKind.GAME}:
        return f"ours: {found.ours or 'none'}; the market's: {found.theirs or 'none'}"
    if found.kind in {DifferenceKind.MANY, DifferenceKind.MARKET, DifferenceKind.UNEXPLAINED}:
        return f"the market counts {found.theirs}"
    return ""
