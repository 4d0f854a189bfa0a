"""Steam's offers: what is active and what changed lately, each poll; everything now and then.

The cutoff is always sent. It lies 30 minutes before the last good poll, as Steam back-dates
changes, and never after the newest offer that we know: so each answer must hold at least that one,
and an answer without a row means that the key is blind and not that there are no offers.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from accounts.models import KeyState
from dashboard import clock
from trades.connect import narrowed
from trades.models import KeySight, Phase, SellState, SteamOffer, Trade
from trades.models.sell import SellRequest
from trades.sync import sight as sights
from trades.sync.guard.facts import LIVE_STATES, Sight
from trades.sync.guard.judge import LOOK_AGAIN
from trades.sync.guard.watch import review
from trades.sync.lease import fence
from trades.sync.offer_store import store_offers
from trades.sync.run import Run
from trades.upstreams.records import OfferPage
from trades.upstreams.steam.offers import OffersClient

OVERLAP = timedelta(minutes=30)
WHILE_BUSY = timedelta(seconds=10)
WHILE_QUIET = timedelta(seconds=30)
EVERYTHING_EVERY = timedelta(hours=6)
BETWEEN_PAGES = timedelta(seconds=1)
MOST_PAGES = 20  # of one poll; a longer answer is read on with the next one
MOST_GLITCHED = 3  # single offers asked for again after a poll
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
TROUBLE = "Steam answers nothing just after it was in trouble; on Tuesdays it is often serviced."


def step(run: Run) -> None:
    """A poll, a page of the pass over everything, or a second look at what waits."""
    notes = run.state.cursor
    now = clock.now()
    if _moment(notes, "poll_at") <= now:
        _poll(run)
    elif _moment(notes, "look_at", NEVER) <= now:
        _judge(run, [])
    elif _moment(notes, "all_at") <= now:
        _read_on(run)
    _sleep(run)


def _poll(run: Run) -> None:
    """What is active and what changed; before anything was seen, what is active alone."""
    notes, client = run.state.cursor, narrowed(run.client, OffersClient)
    cutoff = _cutoff(notes, _newest_change(run))
    changed: list[int] = []
    saw_rows = False
    cursor: int | None = int(notes.pop("poll_cursor", 0))
    if not cursor:
        notes["began"] = clock.now().isoformat()
    for _ in range(MOST_PAGES):
        page = run.ask(partial(_page, client, cutoff, cursor or 0))
        saw_rows = saw_rows or not page.is_empty
        changed += _store(run, page)
        changed += _glitched(run, client, page)
        cursor = page.next_cursor if (page.next_cursor or 0) > (cursor or 0) else None
        if cursor is None:
            break
    _plan_next_poll(run, cursor, saw_rows=saw_rows)
    if saw_rows or cutoff:  # without a cutoff, only the pass over everything can tell
        _note_sight(run, is_empty=not saw_rows, is_whole=False)
    _judge(run, changed)


def _page(client: OffersClient, cutoff: datetime | None, cursor: int) -> OfferPage:
    if cutoff is None:
        return client.active_offers(cursor=cursor)
    return client.offers(cutoff, cursor=cursor)


def _plan_next_poll(run: Run, cursor: int | None, *, saw_rows: bool) -> None:
    """A poll too long for one step goes on at once; only one that saw all moves the cutoff."""
    notes = run.state.cursor
    if cursor is not None:
        notes["poll_cursor"] = cursor
        notes["poll_at"] = clock.now().isoformat()
        return
    began = notes.pop("began")
    if saw_rows:
        notes["since"] = began
    notes["poll_at"] = (clock.now() + _wait(run)).isoformat()


def _cutoff(notes: dict[str, Any], anchor: datetime | None) -> datetime | None:
    """None: nothing was seen yet."""
    since = notes.get("since")
    if since is None or anchor is None:
        return None
    return min(datetime.fromisoformat(since) - OVERLAP, anchor)


def _read_on(run: Run) -> None:
    """One page of everything that Steam still tells, so that an urgent poll never waits long."""
    notes, client = run.state.cursor, narrowed(run.client, OffersClient)
    cursor = int(notes.get("all_cursor", 0))
    if not cursor:
        notes["all_began"] = clock.now().isoformat()
    page = run.ask(lambda: client.offers(None, active_only=False, cursor=cursor))
    changed = _store(run, page)
    goes_on = page.next_cursor is not None and page.next_cursor > cursor
    notes["all_cursor"] = page.next_cursor if goes_on else 0
    notes["all_seen"] = (notes.get("all_seen", 0) if cursor else 0) + len(page.offers)
    if not goes_on and not page.is_empty:
        notes.setdefault("since", notes["all_began"])
    wait = BETWEEN_PAGES if goes_on else EVERYTHING_EVERY
    notes["all_at"] = (clock.now() + wait).isoformat()
    if not cursor:
        _note_sight(run, is_empty=page.is_empty, is_whole=True)
    _judge(run, changed)


def _store(run: Run, page: OfferPage) -> list[int]:
    with transaction.atomic():
        fence(run.lease)
        outcome, changed = store_offers(run.account, page)
        run.save()
    run.tally.outcome.add(outcome)
    return changed


def _glitched(run: Run, client: OffersClient, page: OfferPage) -> list[int]:
    """Offers that came without items or partner are asked for one by one, and never stored so."""
    changed: list[int] = []
    for offer_id in page.glitched[:MOST_GLITCHED]:
        single = run.ask(partial(client.offer, offer_id))
        if single and single.offers:
            changed += _store(run, single)
    return changed


def _judge(run: Run, changed: list[int]) -> None:
    watch = review(run.account, run.lease, _sight(run), changed)
    run.state.cursor["look_at"] = (
        (clock.now() + LOOK_AGAIN).isoformat() if watch.looks_again else None
    )


def _note_sight(run: Run, *, is_empty: bool, is_whole: bool) -> None:
    """An answer from before the newest known change must hold it; an empty one saw nothing."""
    if run.key is None:
        return
    before = sights.sight_of(run.key)
    if is_empty:
        had_trouble = run.state.failures > 0
        sights.note(run.key, Sight.BLIND, why=TROUBLE if had_trouble else "")
    elif before is not Sight.PART or is_whole:
        sights.note(run.key, Sight.SEES)


def _sight(run: Run) -> Sight:
    """The best that any key of the account sees."""
    keys = run.account.keys.filter(state=KeyState.ACTIVE)
    found = KeySight.objects.filter(key__in=keys).order_by("rank").values_list("sight", flat=True)
    best = found.first()
    return Sight(best) if best else Sight.UNKNOWN


def _newest_change(run: Run) -> datetime | None:
    """None: no offer is known. What Steam's clock dates after ours counts as of now."""
    now = clock.now()
    moments = SteamOffer.objects.filter(account=run.account).values_list("updated_at", flat=True)
    past = moments.filter(updated_at__lte=now).order_by("-updated_at").first()
    return past or (now if moments.filter(updated_at__gt=now).exists() else None)


def _wait(run: Run) -> timedelta:
    """Soon while anything may move: a live offer, an open trade, a sell on its way."""
    team = run.account.team_id
    sells = SellRequest.objects.filter(team=team, due_at__isnull=False)
    busy = (
        SteamOffer.objects.filter(account=run.account, state__in=LIVE_STATES).exists()
        or Trade.objects.filter(account__team=team, phase=Phase.OPEN).exists()
        or sells.exclude(state=SellState.EXPIRED).exists()
    )
    return WHILE_BUSY if busy else WHILE_QUIET


def _moment(notes: dict[str, Any], name: str, unplanned: datetime = LONG_AGO) -> datetime:
    text = notes.get(name)
    return datetime.fromisoformat(text) if text else unplanned


def _sleep(run: Run) -> None:
    notes = run.state.cursor
    next_due = min(
        _moment(notes, "poll_at"), _moment(notes, "all_at"), _moment(notes, "look_at", NEVER)
    )
    run.state.due_at = max(next_due, clock.now())
    run.save()
