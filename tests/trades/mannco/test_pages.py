"""Mannco on the pages: what is missing is loud, what failed is counted by the list it links to."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from accounts.models import AuditEntry
from dashboard import clock
from tests.trades.mannco.conftest import START, Desk

pytestmark = pytest.mark.usefixtures("stopped_clock")


def page(client: Client, desk: Desk, path: str = "") -> str:
    client.force_login(desk.cast.bob)
    return client.get(path if path.startswith("/") else f"/t/harbour/{path}").content.decode()


def test_a_gap_is_said_on_home_and_beside_the_sync(desk: Desk, client: Client) -> None:
    desk.insert(status=3)
    desk.sync()
    desk.insert(500, begin=START + timedelta(days=2), status=3)
    desk.sync()
    for path in ("", "keys/"):
        assert "From 2026-03-01 to 2026-03-03 trades may be missing" in page(client, desk, path)
    assert "with a gap, 501 trades" in page(client, desk, "keys/")


def test_a_gap_that_was_seen_is_quiet_and_stays_on_record(desk: Desk, client: Client) -> None:
    desk.insert(status=3)
    desk.sync()
    desk.insert(500, begin=START + timedelta(days=2), status=3)
    desk.sync()
    [(begin, _)] = desk.state("newest").gaps
    address = f"/t/harbour/accounts/{desk.account.pk}/gap-seen/"
    client.force_login(desk.cast.victor)
    assert "I have seen the gap" not in client.get("/t/harbour/keys/").content.decode()
    client.force_login(desk.cast.bob)
    assert "I have seen the gap" in client.get("/t/harbour/keys/").content.decode()
    for told, gap in (("no such gap", ""), ("is marked as seen", begin), ("seen before", begin)):
        assert told in client.post(address, {"gap": gap}, follow=True).content.decode()
    entry = AuditEntry.objects.get(verb="account.gap-seen")
    assert (entry.actor, entry.detail["from"]) == (desk.cast.bob, begin)
    keys = page(client, desk, "keys/")
    assert "trades may be missing" in keys
    assert "Seen by bob@example.com just now." in keys
    assert "I have seen the gap" not in keys
    assert "trades may be missing" not in page(client, desk)
    desk.insert(500, begin=START + timedelta(days=9), status=3)
    desk.sync()  # the sync leaves it alone, and another gap is another one
    assert "Seen by bob@example.com" in page(client, desk, "keys/")
    assert "From 2026-03-03 to 2026-03-10 trades may be missing" in page(client, desk)


def test_failed_withdrawals_on_home_are_those_of_the_list(desk: Desk, client: Client) -> None:
    now = clock.now()
    desk.insert(2, begin=now - timedelta(days=1), status=5, items_send="1")
    desk.insert(1, begin=now - timedelta(days=30), status=5, items_send="2")
    desk.insert(1, begin=now - timedelta(days=1), status=5, items_received="3")
    desk.sync()
    html = page(client, desk)
    assert "2 withdrawals failed in the last 7 days" in html
    found = re.search(r'href="(/t/harbour/history/[^"]*direction=withdrawal[^"]*)"', html)
    assert found
    listed = page(client, desk, unescape(found[1]))
    assert len(set(re.findall(r"/t/harbour/trades/\d+/", listed))) == 2


def test_home_compares_no_figures_with_a_market_that_has_none(desk: Desk, client: Client) -> None:
    desk.insert(status=3)
    desk.sync()
    assert "statistics beside" not in page(client, desk)


def test_adding_a_mannco_key_asks_for_no_trade_link(desk: Desk, client: Client) -> None:
    form = page(client, desk, "keys/add/?upstream=mannco")
    assert 'name="secret"' in form
    assert 'name="trade_link"' not in form
    assert 'name="trade_link"' in page(client, desk, "keys/add/")
