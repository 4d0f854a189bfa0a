"""A Steam credential is proved before it is stored, and tied to the account it opens."""

import pytest
from django.conf import LazySettings

from accounts.models import KeyState, MarketAccount
from dashboard.errors import UserError
from tests.factories import Cast, make_cast
from trades.models import SyncState
from trades.sandbox.server import SandboxServer
from trades.services import keys

pytestmark = pytest.mark.django_db
WEB_KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def owner(market: SandboxServer, settings: LazySettings) -> str:
    settings.STEAM_CALLS_A_MINUTE = 0
    world = market.sandbox.world
    steamid64 = world.accounts.add("seller", key="k").steamid64
    world.offers.add_key(WEB_KEY, steamid64)
    return steamid64


def add(cast: Cast, secret: str, steamid64: str = "") -> MarketAccount:
    added = keys.add_key(
        team=cast.team, by=cast.bob, upstream="steam", label="Steam", secret=secret,
        steamid64=steamid64,
    )  # fmt: skip
    assert added.key.state == KeyState.ACTIVE
    return added.key.account


def test_a_web_key_is_proved_and_takes_the_account_that_was_named(
    cast: Cast, owner: str, market: SandboxServer
) -> None:
    account = add(cast, WEB_KEY, owner)
    assert (account.identity, account.steamid64) == (owner, owner)
    streams = SyncState.objects.filter(account=account).values_list("stream", flat=True)
    assert set(streams) == {"offers", "exchanges"}
    asked = market.sandbox.requests[-1]
    assert asked.query["time_historical_cutoff"] == str(2**31 - 1)
    assert asked.query["key"] == "..."


def test_a_token_names_its_account_and_joins_the_web_key_of_the_same(
    cast: Cast, owner: str, market: SandboxServer
) -> None:
    first = add(cast, WEB_KEY, owner)
    second = add(cast, market.sandbox.world.offers.add_token(owner))
    assert first == second
    assert second.keys.count() == 2


@pytest.mark.parametrize(
    ("secret", "steamid64", "says"),
    [
        (WEB_KEY, "", "enter its Steam id as well"),
        (WEB_KEY, "12345", "17 digits"),
        ("not a key at all", "", "neither a web API key"),
        ("F" * 32, "76561198000000001", "does not accept this key"),
    ],
)
def test_what_cannot_be_a_key_is_refused_in_words(
    cast: Cast, owner: str, secret: str, steamid64: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        add(cast, secret, steamid64)
    assert not MarketAccount.objects.exists()


def test_a_token_of_another_account_and_one_that_has_ended_are_refused(
    cast: Cast, owner: str, market: SandboxServer
) -> None:
    offers = market.sandbox.world.offers
    with pytest.raises(UserError, match="belongs to the Steam account"):
        add(cast, offers.add_token(owner), "76561198000000001")
    with pytest.raises(UserError, match="has ended"):
        add(cast, offers.add_token(owner, expires=1_700_000_000))
