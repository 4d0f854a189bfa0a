"""What a first visit loads in all, and what a fragment weighs, as they travel."""

import gzip
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from dashboard import clock
from tests.factories import make_account, make_cast, make_trade
from trades.columns import COLUMNS
from trades.views.home_panels import PANELS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

FIRST_VISIT, FRAGMENT = 120_000, 15_000  # bytes, compressed
ASSET = re.compile(r'(?:src|href)="/static/([^"?]+)')
BROWSER = {"Accept-Encoding": "gzip"}
HTMX = {**BROWSER, "HX-Request": "true"}


def compressed(content: bytes) -> int:
    return len(gzip.compress(content))


def travelled(client: Client, url: str, headers: dict[str, str]) -> bytes:
    """What is sent for an address, packed."""
    response = client.get(url, headers=headers)
    assert response.headers["Content-Encoding"] == "gzip"
    return response.content


@pytest.fixture
def alice(client: Client) -> Client:
    cast = make_cast()
    for number in range(4):
        account = make_account(team=cast.team, label=f"Desk {number}")
        for place in range(25):
            make_trade(
                account=account, game_id=(730, 570, 440, 252490, None)[place % 5],
                created_at=clock.now() - timedelta(days=7 * place),
                status=("completed", "accepted", "declined", "cancelled")[place % 4],
                bot_name=f"Bot #{place}", error=f"The offer {place} was declined by the buyer",
                items=[{"name": f"AK-47 | Redline number {place}"}],
                settles_at=clock.now() + timedelta(days=place),
            )  # fmt: skip
    client.force_login(cast.alice)
    return client


EVERY_COLUMN = "/t/harbour/history/?" + "&".join(f"col={column.key}" for column in COLUMNS)


@pytest.mark.parametrize("url", ["/t/harbour/?period=year", EVERY_COLUMN])
def test_a_first_visit_is_light(alice: Client, url: str) -> None:
    page = travelled(alice, url, BROWSER)
    html = gzip.decompress(page).decode()
    assets = {asset: finders.find(asset) for asset in ASSET.findall(html)}
    assert len(assets) > 6
    assert all(assets.values()), assets
    loaded = sum(compressed(Path(str(file)).read_bytes()) for file in assets.values())
    assert loaded + len(page) < FIRST_VISIT


def test_fragments_are_light(alice: Client) -> None:
    panels = [f"/t/harbour/panels/{name}/" for name in PANELS]
    for url in ("/t/harbour/?period=year", *panels, EVERY_COLUMN):
        assert len(travelled(alice, url, HTMX)) < FRAGMENT, url
