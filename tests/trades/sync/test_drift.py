"""Whatever the mirror has wrong is named and put right; what the market has wrong is said so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from dashboard import clock
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import DayStat, Difference, DifferenceKind, Stream, SyncState, Trade
from trades.sync import engine
from trades.sync.drift.search import LEAF_ROWS, MOST_MISSING

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 6, "cancelled": 2, "declined": 1, "accepted": 1}
ROTATION = timedelta(minutes=8)  # five questions a minute apart, and the time to follow an answer


def named() -> list[tuple[str, str]]:
    return sorted(Difference.objects.values_list("kind", "upstream_id"))


@dataclass
class Life:
    """Time that passes for the mirror alone, a slice at each step of it."""

    desk: Desk
    passed: timedelta = timedelta()
    market: httpx.BaseTransport | None = None  # in place of the sandbox

    def go_on(self, span: timedelta, every: timedelta = timedelta(minutes=1)) -> None:
        end = self.passed + span
        while self.passed < end:
            self.passed += every
            with clock.shifted(self.passed):
                engine.run_slice(self.desk.account.pk, transport=self.market)


@pytest.fixture
def life(desk: Desk) -> Life:
    return Life(desk)


def an_old(desk: Desk, **columns: object) -> Trade:
    trades = Trade.objects.filter(account=desk.account, created_at__isnull=False, **columns)
    return trades.order_by("sort_at")[3]


def lose(desk: Desk) -> str:
    trade = an_old(desk)
    trade.delete()
    return trade.upstream_id


def mistake_the_status(desk: Desk) -> str:
    trade = an_old(desk, status="completed")
    Trade.objects.filter(pk=trade.pk).update(status="cancelled", phase="failed")
    return trade.upstream_id


def mistake_the_game(desk: Desk) -> str:
    trade = an_old(desk, game_id=730)
    Trade.objects.filter(pk=trade.pk).update(game_id=570)
    return trade.upstream_id


def vanish(desk: Desk) -> str:
    trade = an_old(desk)
    desk.world.trades.remove(trade.upstream_id)
    return trade.upstream_id


def reverse_a_final_one(desk: Desk) -> str:
    trade = an_old(desk, status="completed")
    desk.world.trades.mutate(trade.upstream_id, status="rolled_back_by_bot")
    return trade.upstream_id


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        (lose, DifferenceKind.LOST),
        (mistake_the_status, DifferenceKind.STATUS),
        (mistake_the_game, DifferenceKind.GAME),
        (vanish, DifferenceKind.PHANTOM),
        (reverse_a_final_one, DifferenceKind.STATUS),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_drift_is_named_within_one_rotation(
    desk: Desk, life: Life, harm: Callable[[Desk], str], kind: DifferenceKind
) -> None:
    desk.seed(300, statuses=STILL)
    desk.sync()
    assert named() == []
    upstream_id = harm(desk)
    asked = desk.asked()
    life.go_on(ROTATION)
    assert (kind, upstream_id) in named()
    assert {each for each, _ in named()} <= {kind, DifferenceKind.FIGURES}
    assert desk.asked() - asked < 80
    stands = kind == DifferenceKind.PHANTOM
    assert Difference.objects.filter(mended_at__isnull=True).count() == stands
    if not stands:
        assert desk.mirrored() == desk.truth()
    held = Trade.objects.count()
    assert sum(DayStat.objects.values_list("count", flat=True)) == held


def test_two_wrong_statuses_that_cancel_are_found_within_a_day(desk: Desk, life: Life) -> None:
    desk.seed(200, statuses={"completed": 6, "cancelled": 2}, games={730: 1})
    desk.sync()
    one, other = an_old(desk, status="completed"), an_old(desk, status="cancelled")
    Trade.objects.filter(pk=one.pk).update(status="cancelled", phase="failed")
    Trade.objects.filter(pk=other.pk).update(status="completed", phase="done")
    asked = desk.asked()
    life.go_on(timedelta(hours=24), every=timedelta(hours=1))
    wrong = [(DifferenceKind.STATUS, each.upstream_id) for each in (one, other)]
    assert [each for each in named() if each[1]] == sorted(wrong)
    assert desk.mirrored() == desk.truth()
    assert desk.asked() - asked < 24 * 12


@pytest.mark.parametrize("trades", [30, 20], ids=["several windows", "one window"])
def test_rows_that_no_count_shows_are_found_however_few_an_answer_holds(
    desk: Desk, life: Life, trades: int
) -> None:
    desk.knobs(page_cap=7)
    desk.seed(trades, statuses={"completed": 1})
    desk.sync()
    Trade.objects.update(error="damaged here")
    life.go_on(timedelta(hours=12), every=timedelta(hours=1))
    assert [kind for kind, _ in named()] == [DifferenceKind.CONTENT] * trades
    assert not Trade.objects.filter(error="damaged here").exists()


def test_a_lost_row_among_thousands_is_found_by_halving(desk: Desk, life: Life) -> None:
    desk.knobs(sell_max_limit=100)
    desk.seed(1200, statuses={"completed": 6, "cancelled": 2}, null_dates=0.05)
    desk.sync()
    gone = Trade.objects.filter(status="completed").order_by("sort_at")[400]
    gone.delete()
    SyncState.objects.filter(stream=Stream.UNDATED).update(due_at=None)
    asked = desk.asked()
    life.go_on(ROTATION)
    assert (DifferenceKind.LOST, gone.upstream_id) in named()
    assert desk.asked() - asked < 100
    assert desk.mirrored() == desk.truth()


def test_a_wrong_row_without_a_date_is_found(desk: Desk, life: Life) -> None:
    desk.knobs(sell_max_limit=100)
    desk.seed(600, statuses={"completed": 6, "cancelled": 2}, null_dates=0.05)
    desk.sync()
    undated = Trade.objects.filter(created_at__isnull=True, status="completed")[0]
    Trade.objects.filter(pk=undated.pk).update(status="cancelled")
    life.go_on(ROTATION)
    assert (DifferenceKind.STATUS, undated.upstream_id) in named()
    assert desk.mirrored() == desk.truth()


def test_trades_that_vanished_are_found_where_no_count_shows_it(desk: Desk, life: Life) -> None:
    desk.seed(40, statuses={"completed": 1}, games={730: 1})
    desk.sync()
    gone = list(Trade.objects.order_by("sort_at")[3:5])
    Trade.objects.filter(pk=gone[0].pk).update(sort_at=clock.now())  # it had no date at first
    for trade in gone:
        desk.world.trades.remove(trade.upstream_id)
        desk.world.trades.insert(SECRET, status="completed", game=730)
    life.go_on(timedelta(hours=24), every=timedelta(hours=1))
    phantoms = [(DifferenceKind.PHANTOM, trade.upstream_id) for trade in gone]
    assert named() == sorted(phantoms)


def test_a_round_takes_no_longer_where_an_answer_holds_few(desk: Desk, life: Life) -> None:
    desk.knobs(page_cap=28)
    desk.seed(700, statuses={"completed": 1})
    desk.sync()
    life.go_on(timedelta(hours=3), every=timedelta(minutes=30))
    left = left_of_the_round(desk)
    life.go_on(timedelta(hours=3), every=timedelta(minutes=10))
    assert left - left_of_the_round(desk) >= 700 * 3 / 24


def left_of_the_round(desk: Desk) -> int:
    state = SyncState.objects.get(account=desk.account, stream=Stream.RECONCILE)
    return Trade.objects.filter(sort_at__lt=state.cursor["walk"]["end"]).count()


def test_an_unknown_status_is_named_and_is_no_drift(desk: Desk, life: Life) -> None:
    desk.seed(60, statuses=STILL)
    desk.sync()
    odd = [desk.world.trades.insert(SECRET, status="held") for _ in range(2)]
    life.go_on(ROTATION)
    (found,) = Difference.objects.all()
    assert (found.kind, found.status, found.size) == (DifferenceKind.UNKNOWN_STATUS, "held", 2)
    for trade_id in odd:
        desk.world.trades.mutate(trade_id, status="completed")
    life.go_on(ROTATION)
    found.refresh_from_db()
    assert found.mended_at


def test_a_purchase_and_an_unreadable_row_are_no_drift(desk: Desk, life: Life) -> None:
    desk.knobs(purchases=True)
    desk.seed(60, statuses=STILL, purchases=5)
    moved = desk.world.trades.insert(SECRET, status="processing")
    desk.world.trades.insert(SECRET, patch={"custom_id": "a\x00b"})
    desk.sync()
    desk.world.trades.mutate(moved, status="completed", patch={"custom_id": "a\x00b"})
    life.go_on(2 * ROTATION)
    assert named() == []


def test_a_lost_purchase_shows_in_the_total_of_all_directions(desk: Desk, life: Life) -> None:
    desk.knobs(purchases=True)
    desk.seed(60, statuses=STILL, purchases=5)
    desk.sync()
    gone = an_old(desk, direction="purchase")
    gone.delete()
    life.go_on(ROTATION)
    assert named() == [(DifferenceKind.LOST, gone.upstream_id)]
    assert Trade.objects.count() == 65


def test_a_market_that_contradicts_itself_is_said_to(desk: Desk, life: Life) -> None:
    desk.seed(60, statuses={"completed": 6, "cancelled": 2})
    desk.sync()
    life.market = a_market_that_counts_one_more()
    life.go_on(2 * ROTATION)
    found = Difference.objects.get(game_id=None)
    assert (found.kind, found.status, found.theirs) == (DifferenceKind.MARKET, "completed", "+1")
    assert {each.kind for each in Difference.objects.all()} == {DifferenceKind.MARKET}
    assert desk.mirrored() == desk.truth()
    life.market = None
    life.go_on(ROTATION)
    assert not Difference.objects.filter(mended_at__isnull=True).exists()


def a_market_that_counts_one_more() -> httpx.BaseTransport:
    """Its statistics count a completed trade too many; its lists are right."""
    wire = httpx.HTTPTransport()

    def answer(request: httpx.Request) -> httpx.Response:
        response = wire.handle_request(request)
        response.read()
        if not request.url.path.endswith("/dashboard"):
            return response
        told = response.json()
        told["data"]["completed_count"] += 1
        told["data"]["total_transactions"] += 1
        return httpx.Response(200, json=told)

    return httpx.MockTransport(answer)


def test_so_many_at_once_are_called_what_they_are(desk: Desk, life: Life) -> None:
    """By their ids as far as one answer shows them, of the rest the size; mended once all agree."""
    desk.knobs(sell_max_limit=100)
    desk.seed(LEAF_ROWS + 1, statuses={"cancelled": 1})
    desk.sync()
    harmed = MOST_MISSING + 1
    newest = Trade.objects.filter(created_at__isnull=False).order_by("-sort_at")
    ids = list(newest.values_list("pk", flat=True)[60 : 60 + harmed])
    Trade.objects.filter(pk__in=ids).update(status="completed", phase="done")
    life.go_on(ROTATION)
    together = Difference.objects.filter(upstream_id="", status="cancelled")
    kinds = {each.kind: each for each in together}
    assert kinds.keys() == {DifferenceKind.STATUS, DifferenceKind.MANY}
    assert sum(each.size for each in together) == harmed
    assert kinds[DifferenceKind.STATUS].ours == "completed"
    assert DifferenceKind.LOST not in {kind for kind, _ in named()}
    assert not Difference.objects.filter(mended_at=None).exists()
    assert desk.mirrored() == desk.truth()
