"""Pages with money on them are asked for anew each time, also by the back button."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import (
    TRADE_LINK,
    make_account,
    make_cast,
    make_draft,
    make_key,
    make_sell_list,
    make_sell_request,
)


@pytest.mark.django_db
def test_no_page_of_selling_is_kept_by_a_browser(client: Client) -> None:
    cast = make_cast()
    key = make_key(account=make_account(team=cast.team), owner=cast.alice, trade_link=TRADE_LINK)
    rows = {
        "sell-draft": make_draft(key=key, by=cast.alice).pk,
        "sell": make_sell_request(key=key).pk,
        "sell-list": make_sell_list(team=cast.team).pk,
        "key-replace": key.pk,
        "key-remove": key.pk,
        "key-trade-link": key.pk,
    }
    names = ("inventory", "inventory-names", "sells", "sell-lists", "sell-defaults", "keys")
    client.force_login(cast.alice)
    links = [reverse(name, args=[cast.team.slug]) for name in (*names, "key-add")]
    links += [reverse(name, args=[cast.team.slug, pk]) for name, pk in rows.items()]
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200, link
        assert "no-store" in answer.headers["Cache-Control"], link
    review = reverse("sell-review", args=[cast.team.slug, rows["sell-draft"]])
    refused = client.post(review)
    assert refused.status_code == 422
    assert "no-store" in refused.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["keys", "sells"])
def test_the_defaults_are_one_click_from_keys_and_sells_for_who_may_set_them(
    client: Client, name: str
) -> None:
    cast = make_cast()
    make_key(account=make_account(team=cast.team))
    link = reverse("sell-defaults", args=[cast.team.slug])
    for person, is_there in ((cast.maria, True), (cast.bob, False)):
        client.force_login(person)
        html = client.get(reverse(name, args=[cast.team.slug])).content.decode()
        assert (f'href="{link}"' in html) is is_there
