"""The parts of home, in words and numbers that are ready to print."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from accounts.models import KeyState, MarketAccount, Membership
from dashboard import clock
from dashboard.templatetags.ui import Bar, ago_html, count_text, money_text, phase_class
from trades import queries, stats
from trades.filters import UNKNOWN, TradeFilter
from trades.models import Direction, Phase
from trades.models.sync import HISTORY
from trades.queries import FreeDay
from trades.services.abilities import resends
from trades.stats import Tally, Total
from trades.views import key_cards
from trades.views.drift_state import DriftState
from trades.views.reach import gap_sentences

CHART_DAYS = 30
CALENDAR_ROWS = 9
WITHDRAWAL_DAYS = 7


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the team's pages; every figure leads to the list that proves it."""

    slug: str

    def sells(self, *, phase: str = "", game: str = "", status: str = "", free: str = "") -> str:
        wanted = TradeFilter(
            directions=(Direction.SELL.value,),
            phases=(phase,) if phase else (),
            games=(game,) if game else (),
            statuses=(status,) if status else (),
            free=free,
        )
        return f"{reverse('history', args=[self.slug])}?{wanted.query()}"

    def bad_rows(self, account_id: int) -> str:
        return reverse("bad-rows", args=[self.slug, account_id])

    def differences(self, account_id: int) -> str:
        return reverse("differences", args=[self.slug, account_id])

    def history(self, wanted: TradeFilter) -> str:
        return f"{reverse('history', args=[self.slug])}?{wanted.query()}"

    def keys(self, account_id: int | None = None) -> str:
        anchor = f"#account-{account_id}" if account_id else ""
        return reverse("keys", args=[self.slug]) + anchor


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    label: str
    number: str
    note: str
    state: str
    url: str


@dataclass(frozen=True, slots=True)
class CalendarRow:
    day: str
    weekday: str
    sells: str
    value: str
    is_late: bool
    url: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: Sequence[Bar]
    zone: str
    sells: str
    note: str


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


def tiles(totals: Sequence[Total], frozen: Sequence[FreeDay], link: Links) -> list[Tile]:
    """A tile a phase; a phase nobody needs to know of stays away while it is empty."""
    shown = [
        ("Sold", Phase.DONE, ""),
        ("Frozen", Phase.FROZEN, _next_free(frozen)),
        ("In progress", Phase.OPEN, ""),
        ("Failed", Phase.FAILED, ""),
        ("Rolled back", Phase.REVERTED, ""),
        ("Unknown status", Phase.UNKNOWN, ""),
    ]
    counted = [
        (label, phase, note, stats.tally(totals, phases=[phase])) for label, phase, note in shown
    ]
    return [
        Tile(
            name=phase.value,
            label=label,
            number=count_text(counts.count),
            note=note or value_note(counts),
            state=phase_class(phase),
            url=link.sells(phase=phase.value),
        )
        for label, phase, note, counts in counted
        if counts.count or phase != Phase.UNKNOWN
    ]


def value_note(counts: Tally) -> str:
    """What is known of the value; what is not is said, never counted as nothing."""
    if not counts.count:
        return "none"
    if counts.value_milli is None:
        return "value unknown"
    if counts.unknown_count:
        return f"{money_text(counts.value_milli)}, unknown for {count_text(counts.unknown_count)}"
    return money_text(counts.value_milli)


def _next_free(frozen: Sequence[FreeDay]) -> str:
    today = timezone.localdate()
    coming = next((row.day for row in frozen if row.day and row.day >= today), None)
    return f"next free {_day_word(coming)}" if coming else ""


def _day_word(day: date) -> str:
    today = timezone.localdate()
    if day == today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    return f"{day:%a} {day.day} {day:%b}"


def calendar(frozen: Sequence[FreeDay], link: Links) -> list[CalendarRow]:
    return [_calendar_row(row, link) for row in frozen[:CALENDAR_ROWS]]


def _calendar_row(row: FreeDay, link: Links) -> CalendarRow:
    asked = row.day.isoformat() if row.day else UNKNOWN
    counts = Tally(row.sells, row.value_milli, row.unknown_count)
    return CalendarRow(
        day=_day_word(row.day) if row.day else "no day given",
        weekday=row.day.isoformat() if row.day else "",
        sells=count_text(row.sells),
        value=value_note(counts),
        is_late=row.day is not None and row.day < timezone.localdate(),
        url=link.sells(phase=Phase.FROZEN.value, free=asked),
    )


def chart(accounts: Sequence[MarketAccount]) -> Chart:
    """Sells of the last thirty days, by the day the figures are kept in."""
    zones = {account.stat_zone for account in accounts}
    zone = ZoneInfo(accounts[0].stat_zone)
    until = clock.now().astimezone(zone).date()
    since = until - timedelta(days=CHART_DAYS - 1)
    found = {day.day: day for day in stats.days_of(accounts, since, until)}
    bars = [_bar(since + timedelta(days=place), found) for place in range(CHART_DAYS)]
    whole = sum(day.count for day in found.values())
    known = [day.value_milli for day in found.values() if day.value_milli is not None]
    unknown = sum(day.unknown_count for day in found.values())
    return Chart(
        bars=bars,
        zone=" and ".join(sorted(zones)),
        sells=count_text(whole),
        note=value_note(Tally(whole, sum(known) if known else None, unknown)),
    )


def _bar(day: date, found: dict[date, stats.Day]) -> Bar:
    label = f"{day.day} {day:%b}"
    counts = found.get(day)
    if counts is None:
        return Bar(label, 0, "no sells")
    parts = [f"{count_text(counts.count)} {'sell' if counts.count == 1 else 'sells'}"]
    parts += [f"{count_text(counts.won)} sold or frozen"] if counts.won else []
    parts += [f"{count_text(counts.open)} under way"] if counts.open else []
    parts += [f"{count_text(counts.lost)} failed or rolled back"] if counts.lost else []
    parts.append(value_note(Tally(counts.count, counts.value_milli, counts.unknown_count)))
    return Bar(label, counts.count, ", ".join(parts))


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
    frozen: Sequence[FreeDay],
    link: Links,
) -> list[Concern]:
    """What wants a person, the worst first."""
    found = [
        *(concern for account in accounts for concern in _of_keys(account, link)),
        *(concern for account in accounts for concern in _of_gaps(account, link)),
        *(concern for account in accounts for concern in _of_streams(membership, account, link)),
        *_of_trades(totals, frozen, link),
        *(
            concern
            for account in accounts
            for concern in _of_withdrawals(membership, account, link)
        ),
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
    for sentence in gap_sentences(account.sync_states.all()):
        text = f"{account.label}: a gap in the history"
        yield Concern(text, sentence, "is-bad", link.keys(account.pk), "Look at the account")


def _of_withdrawals(
    membership: Membership, account: MarketAccount, link: Links
) -> Iterator[Concern]:
    """Items that are still at the market, of which somebody thinks that they are on their way."""
    if not resends(account.upstream):
        return
    wanted = TradeFilter(
        accounts=(account.pk,),
        directions=(Direction.WITHDRAWAL.value,),
        phases=(Phase.FAILED.value,),
        since=timezone.localdate() - timedelta(days=WITHDRAWAL_DAYS),
        zone=timezone.get_current_timezone(),
    )
    failed = queries.matching(membership.team, wanted, [account]).count()
    if failed:
        withdrawals = "1 withdrawal" if failed == 1 else f"{count_text(failed)} withdrawals"
        yield Concern(
            text=f"{account.label}: {withdrawals} failed in the last {WITHDRAWAL_DAYS} days",
            detail="The items are still at the market; such a withdrawal can be sent again.",
            state="is-wait",
            url=link.history(wanted),
            action="Show them",
        )


def _of_rows(account: MarketAccount, link: Links) -> Iterator[Concern]:
    bad: int = getattr(account, "bad_rows", 0)
    if bad:
        rows = "1 row" if bad == 1 else f"{count_text(bad)} rows"
        text = f"{account.label}: {rows} of the market could not be read"
        detail = "Kept with the reason, and counted in no figure."
        yield Concern(text, detail, "is-wait", link.bad_rows(account.pk), "Look at them")


def _of_trades(
    totals: Sequence[Total], frozen: Sequence[FreeDay], link: Links
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
    today = timezone.localdate()
    for row in frozen:
        if row.day and row.day < today:
            yield Concern(
                text=f"{count_text(row.sells)} {_sells(row.sells)} should be free since {row.day}",
                detail="The settlement day has passed and the market has not confirmed it yet.",
                state="is-wait",
                url=link.sells(phase=Phase.FROZEN.value, free=row.day.isoformat()),
                action="Show them",
            )


def _sells(number: int) -> str:
    return "sell" if number == 1 else "sells"
