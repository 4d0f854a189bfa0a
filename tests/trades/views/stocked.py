"""Inventories for the tests of their pages, and how those tests ask for the pages."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.models import UpstreamKey, User
from dashboard import clock
from trades.models import Inventory, InventoryItem, Quote, SellDraft, SellItem, SellRequest

URL = "/t/harbour/inventory/"
CHOOSE, REFRESH, NAMES = f"{URL}choose/", f"{URL}refresh/", f"{URL}names/"
HTMX = {"HX-Request": "true"}
MARKUP = "<script>alert('x')</script>"
REDLINE, SLATE = "AK-47 | Redline (Field-Tested)", "AK-47 | Slate (Field-Tested)"
State = Inventory.State


def stocked(
    key: UpstreamKey, *, app_id: int = 730, context_id: str = "2", **columns: Any
) -> Inventory:
    columns = {"state": State.READ, "read_at": clock.now() - timedelta(minutes=9), **columns}
    return Inventory.objects.create(
        team=key.account.team,
        steamid64=key.trade_link_partner,
        app_id=app_id,
        context_id=context_id,
        **columns,
    )


def put(row: Inventory, name: str, number: int = 1, **columns: Any) -> list[str]:
    """Some equal items; returns their asset ids."""
    first = InventoryItem.objects.count() + 9_998
    ids = [str(first + place) for place in range(number)]
    columns = {"is_tradable": True, **columns}
    for asset_id in ids:
        InventoryItem.objects.create(inventory=row, asset_id=asset_id, name=name, **columns)
    return ids


def in_a_sell(key: UpstreamKey, asset_id: str, by: User, name: str = REDLINE) -> SellRequest:
    team = key.account.team
    quote = Quote.objects.create(
        team=team, account=key.account, game_id=730, asked_at=clock.now(), buyer_id="7"
    )
    request = SellRequest.objects.create(
        team=team,
        account=key.account,
        key=key,
        by=by,
        quote=quote,
        custom_id=f"sell-{asset_id}",
        buyer_id="7",
        game_id=730,
        items_count=1,
        total_milli=1000,
        payload=b"{}",
        trade_link_sealed=b"",
    )
    SellItem.objects.create(
        request=request,
        claim_scope="team:1:2",
        app_id=730,
        context_id="2",
        asset_id=asset_id,
        name=name,
        price_milli=1000,
    )
    return request


def text_of(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"{URL}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def names_in(html: str) -> list[str]:
    found = re.findall(r'stock__words">\s*<(?:label|span) class="strong"[^>]*>([^<]+)', html)
    return [unescape(name) for name in found]


def choose(client: Client, amounts: dict[str, int], do: str = "", **fields: Any) -> HttpResponse:
    sent = {f"many:{name}": str(amount) for name, amount in amounts.items()}
    headers = fields.pop("headers", {})
    response: HttpResponse = client.post(CHOOSE, {**sent, "do": do, **fields}, headers=headers)
    return response


def drafted(response: HttpResponse) -> SellDraft:
    draft = SellDraft.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/t/harbour/sell/{draft.pk}/"
    return draft
