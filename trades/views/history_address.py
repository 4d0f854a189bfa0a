"""The history's address: the filter, the columns, and the saved view they came from."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from trades import columns
from trades.filters import COLUMNS, Sort, TradeFilter
from trades.models import SavedView


@dataclass(frozen=True, slots=True)
class Address:
    """Makes addresses of a team's history that keep the columns and the view."""

    slug: str
    shown: tuple[str, ...] = columns.DEFAULT
    view: str = ""

    def __call__(self, wanted: TradeFilter, *, route: str = "history", **more: str) -> str:
        query = "&".join(part for part in (self.query(wanted), _encoded(more)) if part)
        path = reverse(route, args=[self.slug])
        return f"{path}?{query}" if query else path

    def query(self, wanted: TradeFilter) -> str:
        """The part after "?", as saved views keep it too."""
        shown = () if self.shown == columns.DEFAULT else self.shown
        own = [(columns.PARAM, key) for key in shown]
        own += [("view", self.view)] if self.view else []
        return urlencode([*wanted.params(), *own])


def address_of(slug: str, view: SavedView) -> str:
    own = f"view={view.pk}"
    query = f"{view.query}&{own}" if view.query else own
    return f"{reverse('history', args=[slug])}?{query}"


def _encoded(more: dict[str, str]) -> str:
    return urlencode([(name, value) for name, value in more.items() if value])


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: where it is a link, that sorts by it, the other way when it does."""

    label: str
    css: str
    url: str = ""
    order: str = ""  # aria-sort where the list is sorted by it


def headings(wanted: TradeFilter, address: Address) -> list[Heading]:
    return [_heading(columns.BY_KEY[key], wanted, address) for key in address.shown]


def _heading(column: columns.Column, wanted: TradeFilter, address: Address) -> Heading:
    css = f"trades__{column.key}{' num' if column.is_number else ''}"
    if not column.sort:
        return Heading(column.label, css)
    is_on = wanted.sort == column.sort
    turned = wanted.with_(sort=column.sort, is_ascending=is_on and not wanted.is_ascending)
    order = ("ascending" if wanted.is_ascending else "descending") if is_on else ""
    return Heading(column.label, css, address(turned), order)


def sorted_by(wanted: TradeFilter) -> str:
    return COLUMNS[Sort(wanted.sort)]
