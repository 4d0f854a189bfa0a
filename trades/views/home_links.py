"""Addresses of a team's pages; every figure leads to the list that proves it."""

from dataclasses import dataclass

from django.urls import reverse

from trades.filters import TradeFilter
from trades.models import Direction

SELLS = TradeFilter(directions=(Direction.SELL.value,))


@dataclass(frozen=True, slots=True)
class Links:
    slug: str

    def sells(self, *, phase: str = "", game: str = "", status: str = "", free: str = "") -> str:
        """Of all times."""
        wanted = SELLS.with_(
            phases=(phase,) if phase else (),
            games=(game,) if game else (),
            statuses=(status,) if status else (),
            free=free,
        )
        return self.history(wanted)

    def history(self, wanted: TradeFilter) -> str:
        return f"{reverse('history', args=[self.slug])}?{wanted.query()}"

    def bad_rows(self, account_id: int) -> str:
        return reverse("bad-rows", args=[self.slug, account_id])

    def differences(self, account_id: int) -> str:
        return reverse("differences", args=[self.slug, account_id])

    def keys(self, account_id: int | None = None) -> str:
        anchor = f"#account-{account_id}" if account_id else ""
        return reverse("keys", args=[self.slug]) + anchor

    def team(self) -> str:
        return reverse("team-home", args=[self.slug])

    def panel(self, name: str) -> str:
        return reverse("home-panel", args=[self.slug, name])
