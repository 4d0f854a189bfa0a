"""What the page of a trade says about its resends."""

from dataclasses import dataclass

from accounts.access import Can, may
from accounts.models import Membership
from dashboard.templatetags.ui import moment_text
from trades.models import ResendRequest, ResendState, Trade
from trades.services.abilities import resends
from trades.services.resending import awaits_the_list, may_be_resent

_WORDS = {
    ResendState.QUEUED: ("is-wait", "A worker sends it in a moment."),
    ResendState.SENDING: ("is-wait", "The market was asked; its answer is on the way."),
    ResendState.RESENT: ("is-good", "A new offer with the same items follows."),
    ResendState.REFUSED: ("is-bad", ""),
    ResendState.UNKNOWN: (
        "is-wait",
        "It is never sent twice: the market's next list shows whether it arrived.",
    ),
}


@dataclass(frozen=True, slots=True)
class ResendCard:
    """One yes and its fate."""

    word: str
    word_class: str
    when: str
    by: str
    code: str
    market_text: str
    sentence: str


def cards(trade: Trade) -> list[ResendCard]:
    """Newest first; no query for a market that resends nothing."""
    if not resends(trade.account.upstream):
        return []
    asked = trade.resends.select_related("by").order_by("-created_at", "-id")
    return [_card(request) for request in asked[:20]]


def is_going_on(trade: Trade) -> bool:
    if not resends(trade.account.upstream):
        return False
    return trade.resends.filter(is_live=True).exists() or awaits_the_list(trade)


def may_ask(membership: Membership, trade: Trade) -> bool:
    """Whether the page offers it: the contract, the role, and nothing under way."""
    return may(membership, Can.SELL) and may_be_resent(trade) and not is_going_on(trade)


def _card(request: ResendRequest) -> ResendCard:
    state = ResendState(request.state)
    word_class, words = _WORDS[state]
    return ResendCard(
        word=str(state.label),
        word_class=word_class,
        when=moment_text(request.created_at),
        by=request.by.email if request.by else "somebody who left",
        code=request.code,
        market_text=request.market_text,
        sentence=" ".join(part for part in (request.reason, words) if part),
    )
