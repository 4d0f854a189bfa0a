"""A key is proved before it is stored, and stays tied to the account that it opened."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, KeyState, MarketAccount, Team, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import make_account, make_cast, make_trade
from trades.models import SyncState
from trades.sandbox.faults import Fault
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.services import keys
from trades.services.keys import AddedKey
from trades.services.rounds import serve_until_idle

SECRET, OTHER, STRANGE = "key-number-one-0001", "key-number-two-0002", "key-of-a-stranger-3"
pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(market: SandboxServer) -> tuple[Team, User]:
    world = market.sandbox.world
    account = seed_account(world, SECRET, trades=20, statuses={"completed": 1})
    world.accounts.add_key(OTHER, account.id)
    seed_account(world, STRANGE, trades=20, seed=2, statuses={"completed": 1})
    people = make_cast()
    return people.team, people.bob


def add(cast: tuple[Team, User], secret: str = SECRET, link: str = "") -> AddedKey:
    team, by = cast
    return keys.add_key(
        team=team, by=by, upstream="vpsbot", label="Main", secret=secret, trade_link=link
    )


def mirror(key: UpstreamKey) -> None:
    serve_until_idle([key.account_id])


def test_a_working_key_is_active_and_its_history_is_due(cast: tuple[Team, User]) -> None:
    added = add(cast)
    assert added.key.state == KeyState.ACTIVE
    assert "account not named by the market" in added.sentence
    assert SyncState.objects.filter(account=added.key.account, due_at__isnull=False).exists()


def test_the_market_names_the_account_where_it_can(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    market.sandbox.knobs.change({"identity": True})
    added = add(cast)
    assert added.key.account.identity
    assert added.key.account.identity_name in added.sentence


def test_a_refused_key_is_not_stored(cast: tuple[Team, User]) -> None:
    with pytest.raises(UserError, match="does not accept this key"):
        add(cast, "a-key-nobody-gave-out")
    assert not UpstreamKey.objects.exists()
    assert not MarketAccount.objects.exists()


def test_a_bad_trade_link_stops_before_the_market_is_asked(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    with pytest.raises(UserError):
        add(cast, link="https://example.com/tradeoffer/new/?partner=1&token=abcdefgh")
    assert not market.sandbox.requests


@pytest.mark.parametrize(
    "fault",
    [Fault("status", status=500, times=None), Fault("html", status=200, times=None),
     Fault("html", status=403, times=None), Fault("rate_limited", times=None)],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)  # fmt: skip
def test_trouble_of_any_kind_stores_the_key_unverified_and_tries_again(
    cast: tuple[Team, User], market: SandboxServer, fault: Fault
) -> None:
    market.sandbox.faults.add(fault)
    added = add(cast)
    assert added.key.state == KeyState.UNVERIFIED
    assert added.sentence.startswith("Stored, not verified yet: VPSBot Market")
    market.sandbox.faults.clear()
    with clock.shifted(timedelta(minutes=2)):
        (waiting,) = keys.keys_to_verify()
        keys.verify(waiting)
    assert waiting.state == KeyState.ACTIVE


def test_an_unverified_key_joins_the_account_that_it_turns_out_to_open(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    first = add(cast).key
    mirror(first)
    market.sandbox.faults.add(Fault("status", status=503, times=None))
    second = add(cast, OTHER).key
    assert second.account != first.account
    market.sandbox.faults.clear()
    keys.verify(second)
    second.refresh_from_db()
    assert second.account == first.account
    assert MarketAccount.objects.filter(is_active=True).count() == 1


def test_a_rejected_key_is_probed_hourly_and_recovers(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    key = add(cast).key
    market.sandbox.world.accounts.revoke(SECRET)
    keys.verify(key)
    assert key.state == KeyState.REJECTED
    with clock.shifted(timedelta(minutes=50)):
        assert not keys.keys_to_verify().exists()
    market.sandbox.world.accounts.restore(SECRET)
    with clock.shifted(timedelta(minutes=61)):
        keys.verify(keys.keys_to_verify().get())
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE


def test_an_outage_does_not_make_a_rejected_key_look_better(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    key = add(cast).key
    market.sandbox.world.accounts.revoke(SECRET)
    keys.verify(key)
    market.sandbox.faults.add(Fault("status", status=503, times=None))
    keys.verify(key)
    assert key.state == KeyState.REJECTED


def test_trying_again_is_a_deed_on_record(cast: tuple[Team, User]) -> None:
    key = add(cast).key
    assert keys.try_again(key=key, by=cast[1]) == "The key works."
    assert AuditEntry.objects.filter(verb="key.tried-again").count() == 1


def test_another_secret_of_the_same_account_may_take_the_place(cast: tuple[Team, User]) -> None:
    key = add(cast).key
    mirror(key)
    keys.replace_secret(key=key, by=cast[1], secret=OTHER)
    key.refresh_from_db()
    assert key.open_secret().reveal() == OTHER


def test_a_secret_of_another_account_may_not(cast: tuple[Team, User]) -> None:
    key = add(cast).key
    mirror(key)
    with pytest.raises(UserError, match="same account"):
        keys.replace_secret(key=key, by=cast[1], secret=STRANGE)
    key.refresh_from_db()
    assert key.open_secret().reveal() == SECRET


def test_nothing_is_replaced_while_the_market_cannot_be_asked(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    key = add(cast).key
    market.sandbox.faults.add(Fault("status", status=503, times=None))
    with pytest.raises(UserError, match="try again later"):
        keys.replace_secret(key=key, by=cast[1], secret=OTHER)


def test_a_strangers_account_is_another_one(cast: tuple[Team, User]) -> None:
    first = add(cast).key
    mirror(first)
    assert add(cast, STRANGE).key.account != first.account


def test_a_buyer_and_a_seller_of_one_team_are_two_accounts(
    cast: tuple[Team, User], market: SandboxServer
) -> None:
    """Both see the same trade, from either side."""
    shared = market.sandbox.world.trades.truth(SECRET)
    buyers = make_account(team=cast[0], identity="")
    for trade_id in shared:
        make_trade(account=buyers, upstream_id=trade_id, direction="purchase")
    assert add(cast).key.account != buyers
