"""Whatever the mirror has wrong is named and put right; what the market has wrong is said so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from dashboard import clock
from tests.trades.sync.conftest import Desk
from trades.models import DayStat, Difference, DifferenceKind, Trade
from trades.sync import engine

STILL = {"completed": 6, "cancelled": 2, "declined": 1, "accepted": 1}
ROTATION = timedelta(minutes=8)  # five questions a minute apart, and the time to follow an answer


def named() -> list[tuple[str, str]]:
    return sorted(Difference.objects.values_list("kind", "upstream_id"))


@dataclass
class Life:
    """Time that passes for the mirror alone, a slice at each step of it."""

    desk: Desk
    passed: timedelta = timedelta()

    def go_on(self, span: timedelta, every: timedelta = timedelta(minutes=1)) -> None:
        end = self.passed + span
        while self.passed < end:
            self.passed += every
            with clock.shifted(self.passed):
                engine.run_slice(self.desk.account.pk)


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
