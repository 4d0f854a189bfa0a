"""A mirrored account whose market changes, and time that passes from one due time to the next."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

from accounts.models import MarketAccount
from dashboard import clock
from tests.bench._numbered import Numbered
from trades.models import Stream, SyncState, Trade
from trades.sync import engine
from trades.sync.bulk import bulk

SECOND = timedelta(seconds=1)


class Life:
    def __init__(self, market: Numbered, account: MarketAccount, passed: timedelta) -> None:
        """``passed``: how far our clock is moved at first."""
        self.market, self.account = market, account
        self.passed = passed
        self.calls: Counter[Stream] = Counter()
        self.changed = 0  # rows, in the last slice
        self.slices = 0

    def go_on(self, span: timedelta, until: Callable[[], bool] = lambda: False) -> timedelta:
        """Returns how long it was until ``until`` held."""
        began, end = self.passed, self.passed + span
        self.calls.clear()
        while not until() and (due := self._next_due()) <= end:
            self.passed = due
            self.work()
        else:
            self.passed = end if not until() else self.passed
        return self.passed - began

    def work(self) -> None:
        self.slices += 1
        with clock.shifted(self.passed):
            report = engine.run_slice(self.account.pk, transport=self.market.transport)
        tallies = report.tallies if report else {}
        self.changed = sum(tally.outcome.changed for tally in tallies.values())
        for stream, tally in tallies.items():
            self.calls[stream] += tally.calls
            if tally.error:
                raise SystemExit(f"{stream}: {tally.error}")

    def _next_due(self) -> timedelta:
        states = SyncState.objects.filter(account=self.account, due_at__isnull=False)
        due = min(at for at in states.values_list("due_at", flat=True) if at)
        return max(self.passed + SECOND, due - clock.now() + SECOND / 10)

    def told(self) -> str:
        parts = [f"{stream.value} {count}" for stream, count in sorted(self.calls.items()) if count]
        return f"{self.calls.total()} calls ({', '.join(parts)})"

    def is_mirrored(self, numbers: Sequence[int]) -> Callable[[], bool]:
        expected = {self.market.name(each): self.market.status(each) for each in numbers}

        def holds() -> bool:
            found = Trade.objects.filter(bulk().named(self.account.pk, list(expected)))
            return dict(found.values_list("upstream_id", "status")) == expected

        return holds
