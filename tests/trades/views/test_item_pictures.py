"""Steam's picture of an item on the way to a sell, as far as the team's inventory tells it."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import TRADE_LINK, make_account, make_cast, make_draft, make_key
from tests.factories import make_sell_request as make_sell
from trades.models import Inventory, InventoryItem

NAME = "AK-47 | Redline (Field-Tested)"


@pytest.mark.django_db
def test_pictures_go_along_until_they_are_switched_off(client: Client) -> None:
    cast = make_cast()
    key = make_key(account=make_account(team=cast.team), owner=cast.bob, trade_link=TRADE_LINK)
    slug = cast.team.slug
    pages = [
        reverse("sell-draft", args=[slug, make_draft(key=key, by=cast.bob).pk]),
        reverse("sell", args=[slug, make_sell(key=key).pk]),
        reverse("sells", args=[slug]),
    ]
    client.force_login(cast.bob)
    shown = [client.get(page).content.decode() for page in pages]
    assert not any('<img class="picture"' in html for html in shown)
    held = Inventory.objects.create(team=cast.team, steamid64="7", app_id=730)
    InventoryItem.objects.create(inventory=held, asset_id="1", name=NAME, icon="the-icon")
    shown = [client.get(page).content.decode() for page in pages]
    assert all("/the-icon/96fx96f" in html for html in shown)
    client.post(reverse("inventory-pictures", args=[slug]), {"show": "no"})
    shown = [client.get(page).content.decode() for page in pages]
    assert not any("the-icon" in html for html in shown)
