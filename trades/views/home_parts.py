"""How far the mirror of each account is, and what wants a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from accounts.models import KeyState, MarketAccount, Membership, Team
from dashboard.templatetags.ui import ago_html, count_text
from trades import queries, stats
from trades.filters import TradeFilter
from trades.models import Direction, Phase
from trades.models.sync import HISTORY
from trades.services.abilities import resending
from trades.settling import Settling
from trades.stats import Total
from trades.views import key_cards
from trades.views.drift_state import DriftState
from trades.views.home_links import SELLS, Links
from trades.views.reach import gaps_in

WITHDRAWAL_DAYS = 7
FAILED_WITHDRAWALS = TradeFilter(
    directions=(Direction.WITHDRAWAL.value,), phases=(Phase.FAILED.value,)
)


@dataclass(frozen=True, slots=True)
class Mirror:
    """How far one account is."""

    pk: int
    label: str
    market: str
    word: str
    word_class: str
    sentence: str
    shows_bar: bool
    done: int
    total: int | None
    last_good: str
    drift: DriftState | None


@dataclass(frozen=True, slots=True)
class Concern:
    text: str
    detail: str
    state: str
    url: str
    action: str
    at: str = ""  # markup: the age of it


def accounts_of(team: Team) -> list[MarketAccount]:
    """As the keys page has them, with what home says of each."""
    accounts, able = key_cards.accounts_of(team), resending()
    wanted = _failed_withdrawals()
    return list(queries.with_count(accounts, "failed_withdrawals", wanted, able))


def mirror(membership: Membership, account: MarketAccount) -> Mirror:
    card = key_cards.sync_card(membership, account)
    history = next((row for row in account.sync_states.all() if row.stream in HISTORY), None)
    good = [row.last_good_at for row in account.sync_states.all() if row.last_good_at]
    return Mirror(
        pk=account.pk,
        label=account.label,
        market=account.get_upstream_display(),
        word=card.word,
        word_class=card.word_class,
        sentence=card.sentence,
        shows_bar=history is not None and key_cards.shows_bar(history),
        done=history.progress_done if history else 0,
        total=history.progress_total if history else None,
        last_good=ago_html(max(good, default=None), "not yet"),
        drift=card.drift,
    )


def concerns(
    membership: Membership,
    accounts: Sequence[MarketAccount],
    totals: Sequence[Total],
    frozen: Settling,
    link: Links,
    today: date,
) -> list[Concern]:
    """What wants a person, the worst first; ``today`` in the team's accounting zone."""
    found = [
        *(concern for account in accounts for concern in _of_keys(account, link)),
        *(concern for account in accounts for concern in _of_gaps(account, link)),
        *(concern for account in accounts for concern in _of_streams(membership, account, link)),
        *_of_trades(totals, frozen, link, today),
        *_of_zones(membership, accounts, link),
        *(concern for account in accounts for concern in _of_withdrawals(account, link)),
        *(concern for account in accounts for concern in _of_drift(membership, account, link)),
        *(concern for account in accounts for concern in _of_rows(account, link)),
    ]
    return sorted(found, key=lambda concern: concern.state != "is-bad")


def _of_keys(account: MarketAccount, link: Links) -> Iterator[Concern]:
    keys = [key for key in account.keys.all() if key.state != KeyState.REMOVED]
    url = link.keys(account.pk)
    if not keys:
        text = f"{account.label} has no key left"
        yield Concern(text, "Nothing new is read until one is added.", "is-wait", url, "Keys")
    for key in keys:
        detail = key_cards.key_sentence(key)
        if key.state == KeyState.REJECTED:
            text = f"The market refuses the key {key.label} (…{key.last_four})"
            yield Concern(
                text, detail, "is-bad", url, "Mend the key", ago_html(key.last_error_at, "")
            )
        elif key.state == KeyState.UNVERIFIED:
            text = f"The key {key.label} (…{key.last_four}) is not verified yet"
            yield Concern(
                text, detail, "is-wait", url, "Look at the key", ago_html(key.last_error_at, "")
            )


def _of_streams(membership: Membership, account: MarketAccount, link: Links) -> Iterator[Concern]:
    for trouble in key_cards.sync_card(membership, account).troubles:
        yield Concern(
            text=f"{account.label}: reading {trouble.streams.lower()} fails",
            detail=f"{trouble.sentence} The last good data stays. {trouble.again}".strip(),
            state="is-wait",
            url=link.keys(account.pk),
            action="Look at the sync",
            at=trouble.at,
        )


def _of_drift(membership: Membership, account: MarketAccount, link: Links) -> Iterator[Concern]:
    drift = key_cards.sync_card(membership, account).drift
    if drift and not drift.agrees:
        text = f"{account.label} and its market differ"
        url = link.differences(account.pk)
        yield Concern(text, drift.sentence, "is-wait", url, "What differs")


def _of_gaps(account: MarketAccount, link: Links) -> Iterator[Concern]:
    for gap in gaps_in(account.sync_states.all()):
        text = f"{account.label}: a gap in the history"
        if not gap.seen:
            yield Concern(text, gap.sentence, "is-bad", link.keys(account.pk), "Look at it")


def _of_withdrawals(account: MarketAccount, link: Links) -> Iterator[Concern]:
    """Items that are still at the market, of which somebody thinks that they are on their way."""
    failed: int = getattr(account, "failed_withdrawals", 0)
    if failed:
        withdrawals = "1 withdrawal" if failed == 1 else f"{count_text(failed)} withdrawals"
        yield Concern(
            text=f"{account.label}: {withdrawals} failed in the last {WITHDRAWAL_DAYS} days",
            detail="The items are still at the market; such a withdrawal can be sent again.",
            state="is-wait",
            url=link.history(_failed_withdrawals().with_(accounts=(account.pk,))),
            action="Show them",
        )


def _failed_withdrawals() -> TradeFilter:
    """By the days of the person who looks."""
    since = timezone.localdate() - timedelta(days=WITHDRAWAL_DAYS)
    return FAILED_WITHDRAWALS.with_(since=since, zone=timezone.get_current_timezone())


def _of_rows(account: MarketAccount, link: Links) -> Iterator[Concern]:
    bad: int = getattr(account, "bad_rows", 0)
    if bad:
        rows = "1 row" if bad == 1 else f"{count_text(bad)} rows"
        text = f"{account.label}: {rows} of the market could not be read"
        detail = "Kept with the reason, and counted in no figure."
        yield Concern(text, detail, "is-wait", link.bad_rows(account.pk), "Look at them")


def _of_trades(
    totals: Sequence[Total], frozen: Settling, link: Links, today: date
) -> Iterator[Concern]:
    unknown = stats.tally(totals, phases=[Phase.UNKNOWN]).count
    if unknown:
        yield Concern(
            text=f"{count_text(unknown)} {_sells(unknown)} with a status that no document names",
            detail="Shown as they came; the mirror keeps asking how they go on.",
            state="is-wait",
            url=link.sells(phase=Phase.UNKNOWN.value),
            action="Show them",
        )
    if frozen.late:
        number, since = frozen.late, frozen.late_since
        yesterday = today - timedelta(days=1)
        wanted = SELLS.with_(phases=(Phase.FROZEN.value,), settles_until=yesterday)
        yield Concern(
            text=f"{count_text(number)} {_sells(number)} should be free since {since}",
            detail="The settlement day has passed and the market has not confirmed it yet.",
            state="is-wait",
            url=link.history(wanted),
            action="Show them",
        )


def _of_zones(
    membership: Membership, accounts: Sequence[MarketAccount], link: Links
) -> Iterator[Concern]:
    """A period of theirs is by the days of the zone before, and so not quite what its list says."""
    zone = membership.team.time_zone
    moving = [account for account in accounts if account.stat_zone != zone]
    if moving:
        names = ", ".join(f"{account.label} (still {account.stat_zone})" for account in moving)
        yield Concern(
            text=f"The figures are being counted anew by the days of {zone}",
            detail=f"Account by account, in a moment. Not there yet: {names}.",
            state="is-wait",
            url=link.keys(moving[0].pk),
            action="Look at the account",
        )


def _sells(number: int) -> str:
    return "sell" if number == 1 else "sells"
