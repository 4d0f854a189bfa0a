"""What a sell's state means for the person who agreed to it: in words, with what happens next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from dashboard import clock
from dashboard.templatetags.ui import moment_text, money_text, phase_class
from trades.models import Phase, SellRequest, SellState, Trade
from trades.refusals import Mend, Refusal, read

STATE_CLASSES = {
    SellState.QUEUED: "is-wait",
    SellState.SENDING: "is-wait",
    SellState.CREATED: "is-good",
    SellState.REFUSED: "is-bad",
    SellState.UNKNOWN: "is-wait",
    SellState.EXPIRED: "is-none",
}
NOBODY_KNOWS = "Nobody knows yet whether the market made the trade."
NOTHING_SENT = "Nothing was sold, and your items are free again."


@dataclass(frozen=True, slots=True)
class Story:
    """``lines`` say what happened and what will; ``market_text`` is foreign."""

    sentence: str
    lines: tuple[str, ...] = ()
    market_text: str = ""
    mends: tuple[Mend, ...] = ()
    dropped_item: str = ""


def story_of(request: SellRequest) -> Story:
    match request.state:
        case SellState.QUEUED:
            return _queued(request)
        case SellState.SENDING:
            return _sending(request)
        case SellState.UNKNOWN:
            return _unknown(request)
        case SellState.REFUSED:
            return _refused(request)
        case SellState.EXPIRED:
            return _expired(request)
        case _:
            return _created(request)


def state_label(request: SellRequest) -> str:
    return str(dict(SellState.choices).get(request.state, request.state))


def state_class(request: SellRequest) -> str:
    """A trade's own badge stands beside "Created", which then needs no colour."""
    if request.state == SellState.CREATED and request.trade:
        return "is-none"
    return STATE_CLASSES.get(SellState(request.state), "is-none")


def phase_badge(trade: Trade | None) -> tuple[str, str]:
    """Word and class; ("", "") before there is a trade."""
    if trade is None:
        return "", ""
    word = Phase(trade.phase).label if trade.phase in Phase.values else trade.phase
    return str(word), phase_class(trade.phase)


def differences(request: SellRequest) -> Iterator[str]:
    """Where the market's receipt says something else than what was agreed to."""
    theirs, ours = request.market_items_count, request.items_count
    if theirs is not None and theirs != ours:
        yield f"You agreed to sell {_items(ours)}, the market's receipt says {_items(theirs)}."
    total = request.market_total_milli
    if total is not None and total != request.total_milli:
        agreed = money_text(request.total_milli)
        yield f"You agreed to {agreed}, the market's receipt says {money_text(total)}."
    trade = request.trade
    if trade and trade.bot_steamid and request.bot_steamid not in {"", trade.bot_steamid}:
        yield (
            f"The receipt named the bot {request.bot_steamid}, the trade now names"
            f" {trade.bot_steamid}."
        )


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"


def when(at: datetime) -> str:
    """The time alone today, with its day on any other."""
    local, today = timezone.localtime(at), timezone.localtime(clock.now())
    return f"{local:%H:%M:%S}" if local.date() == today.date() else moment_text(at)


def _later(at: datetime, text: str, now_text: str) -> str:
    return now_text if at <= clock.now() else text.format(when(at))


def _queued(request: SellRequest) -> Story:
    expires = request.created_at + timedelta(seconds=settings.SELL_EXPIRE_SECONDS)
    lines = [f"If it cannot be sent by {when(expires)}, it expires and your items are free again."]
    if not request.reason:
        return Story("It is sent to the market in a moment.", tuple(lines))
    if request.due_at:
        again = _later(request.due_at, "It is tried again at {}.", "It is tried again any moment.")
        lines.insert(0, again)
    return Story(f"It could not be sent so far. {request.reason}", tuple(lines))


def _sending(request: SellRequest) -> Story:
    wait = f"{settings.SELL_SEND_SECONDS:g}"
    sent = f" at {when(request.last_sent_at)}" if request.last_sent_at else ""
    line = f"It was sent{sent}; the answer is waited for up to {wait} s."
    return Story("The market has it now.", (line,))


def _unknown(request: SellRequest) -> Story:
    lines = (*_so_far(request), *_next(request))
    if not request.market_text:
        return Story(f"{NOBODY_KNOWS} {request.reason}".strip(), lines)
    known = read(request.market_text)
    if request.reason:
        lines = (request.reason, *lines)
    return Story(f"{NOBODY_KNOWS} {known.sentence}", lines, request.market_text)


def _so_far(request: SellRequest) -> Iterator[str]:
    times = {1: "once", 2: "twice"}.get(request.sends, f"{request.sends} times")
    sent = ""
    if request.last_sent_at:
        last = ", the last time" if request.sends > 1 else ""
        sent = f"; sent {times}{last} at {when(request.last_sent_at)}"
    yield f"Unresolved since {when(request.state_at)}{sent}."
    if request.not_found_at:
        yield f"At {when(request.not_found_at)} the market did not know of it; once proves nothing."


def _next(request: SellRequest) -> Iterator[str]:
    if request.due_at:
        yield _later(request.due_at, "Next look at {}.", "The market is asked again any moment.")
    if request.last_sent_at is None:
        return
    resend = request.last_sent_at + timedelta(seconds=settings.SELL_RESEND_SECONDS)
    settled = request.last_sent_at + timedelta(seconds=settings.SELL_SETTLE_SECONDS)
    if settled > clock.now():
        yield _later(
            resend,
            "The same request may be sent again at {}, under the same id.",
            "The same request may be sent again, under the same id: the market makes one trade"
            " of it at most.",
        )
    yield _later(
        settled,
        "If the market still does not know of it after {}, it counts as refused.",
        "If the market still does not know of it then, it counts as refused.",
    )


def _refused(request: SellRequest) -> Story:
    if not request.market_text:
        sentence = request.reason or "The market refused it."
        return Story(sentence, (NOTHING_SENT,), mends=(Mend.SAME,))
    known: Refusal = read(request.market_text)
    sentence = known.sentence
    if known.item:
        sentence = f"{known.sentence} The market names {known.item}."
    lines = (f"{NOTHING_SENT} {known.next_step}",)
    return Story(sentence, lines, request.market_text, known.mends, known.item)


def _expired(request: SellRequest) -> Story:
    sentence = request.reason or "It could not be sent in time, so it was not sent at all."
    return Story(sentence, (NOTHING_SENT,), mends=(Mend.SAME,))


def _created(request: SellRequest) -> Story:
    trade = request.trade
    if trade is None:
        return Story("The market made the trade. Its bot prepares the Steam offer.")
    if trade.phase == Phase.OPEN:
        if not trade.offer_id:
            return Story("The market made the trade. Its bot prepares the Steam offer.")
        if any(differences(request)):
            return Story("The Steam offer is there. Do not accept it before you know what differs.")
        return Story(
            "The Steam offer is there: accept it in Steam.",
            ("Compare the bot's name and Steam id before you accept.",),
        )
    return Story(*_ended_or_moving(trade))


def _ended_or_moving(trade: Trade) -> tuple[str, tuple[str, ...], str, tuple[Mend, ...]]:
    told = trade.error
    match trade.phase:
        case Phase.FROZEN:
            return "Accepted. The money is frozen until settlement.", (), told, ()
        case Phase.DONE:
            return "Sold: the market has completed the trade.", (), told, ()
        case Phase.FAILED:
            return "The trade failed.", (NOTHING_SENT,), told, (Mend.SAME,)
        case Phase.REVERTED:
            line = "Look in Steam whether the items came back before you sell them again."
            return "The trade was rolled back.", (line,), told, (Mend.SAME,)
        case _:
            line = f"The market says “{trade.status}”, which its documents do not name."
            return "The trade stands in a way that is not known.", (line,), told, ()
