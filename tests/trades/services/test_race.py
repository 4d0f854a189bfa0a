"""Fifty people want the same ten assets at once: each asset is sold once, and nobody hangs."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.models import Role, User
from dashboard.errors import UserError
from tests.factories import make_cast, make_member, make_user
from tests.trades.services.seller import Seller, make_seller
from trades.models import SellDraft, SellItem, SellRequest
from trades.sandbox.server import SandboxServer
from trades.services.selling import agree

MEMBERS, ASSETS = 50, 10


def wishes() -> list[list[str]]:
    """Mostly one asset each, some want two of them, in either order."""
    singles = [[str(100 + number % ASSETS)] for number in range(MEMBERS - 10)]
    return singles + [["100", "101"], ["101", "100"]] * 5


def drafts(seller: Seller) -> list[tuple[SellDraft, User]]:
    made = []
    for assets in wishes():
        by = make_user()
        make_member(team=seller.team, user=by, role=Role.SELLER)
        seller.by = by
        made.append((seller.reviewed(assets), by))
    return made


@pytest.mark.django_db(transaction=True)
def test_one_asset_is_sold_once(market: SandboxServer) -> None:
    cast = make_cast()
    seller = make_seller(market, team=cast.team, by=cast.bob)
    racers = drafts(seller)
    start = Barrier(MEMBERS)

    def race(racer: tuple[SellDraft, User]) -> str:
        draft, by = racer
        start.wait(timeout=120)
        try:
            agree(draft=draft, by=by, yes_token=draft.yes_token, accepts_lower=False)
        except UserError as error:
            return error.sentence
        finally:
            connection.close()
        return "won"

    with ThreadPoolExecutor(MEMBERS) as people:
        told = list(people.map(race, racers))
    claimed = Counter(SellItem.objects.filter(is_live=True).values_list("asset_id", flat=True))
    assert claimed == Counter({str(100 + number): 1 for number in range(ASSETS)})
    assert told.count("won") == SellRequest.objects.count()
    assert all("another sell already: sellside-" in each for each in told if each != "won")
