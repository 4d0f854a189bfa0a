"""The operator's commands, after ``migrate`` alone: no broker, no worker."""

import hashlib
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import KeyState, Membership, Role, UpstreamKey, User
from tests.factories import TRADE_LINK, TRADE_TOKEN
from trades.models import Trade
from trades.sandbox.faults import Fault
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer

SECRET = "operators-key-0001"
STATUSES = {"completed": 80, "accepted": 10, "cancelled": 5, "bartered": 5}
pytestmark = pytest.mark.django_db


def run(*words: str, stdin: str = "", monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    out = io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def add_key(monkeypatch: pytest.MonkeyPatch, secret: str = SECRET, *more: str) -> UpstreamKey:
    printed = run(
        "key", "add", "--team", "harbour", "--owner", "anna@example.com", "--upstream", "vpsbot",
        "--label", "Main", *more, stdin=f"{secret}\n{TRADE_LINK}\n", monkeypatch=monkeypatch,
    )  # fmt: skip
    return UpstreamKey.objects.get(pk=int(printed.splitlines()[-1]))


@pytest.fixture
def team() -> None:
    run("createteam", "--name", "Harbour", "--slug", "harbour", "--owner", "anna@example.com")


def mirror(key: UpstreamKey) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("mirror", "--key", str(key.pk), "--json"))
    return found


def test_createteam_makes_an_owner_who_cannot_sign_in_yet(team: None) -> None:
    owner = User.objects.get(email="anna@example.com")
    assert not owner.has_usable_password()
    assert Membership.objects.get(user=owner, team__slug="harbour").role == Role.OWNER


@pytest.mark.parametrize(
    ("slug", "email"),
    [("harbour", "anna@example.com"), ("No Slug!", "anna@example.com"), ("other", "nobody")],
)
def test_createteam_says_what_is_wrong_and_makes_nothing(team: None, slug: str, email: str) -> None:
    with pytest.raises(CommandError):
        run("createteam", "--name", "Harbour", "--slug", slug, "--owner", email)
    assert User.objects.count() == 1


def test_the_mirror_has_the_markets_counts_and_hashes(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = market.sandbox.world
    seed_account(world, SECRET, trades=2_500, statuses=STATUSES, null_dates=0.02, null_bots=0.02)
    key = add_key(monkeypatch)
    told = json.loads(run("sync", "--key", str(key.pk), "--wait", "--json"))
    truth = world.trades.truth(SECRET)
    found = mirror(key)
    assert told["ok"]
    assert found["trades"] == told["accounts"][0]["new"] == 2_500
    assert found["by_status"] == world.trades.count_by(SECRET, "status")
    assert found["by_game"] == world.trades.count_by(SECRET, "game")
    assert found["ids_sha256"] == sha256(sorted(truth))
    assert found["id_status_sha256"] == sha256(f"{each} {truth[each]}" for each in sorted(truth))
    moving = {"accepted", "bartered"}
    assert found["open"] == sum(status in moving for status in truth.values())
    assert (found["bad_records"], found["value_known"], found["value_milli"]) == (0, 0, None)
    assert found["gaps"] == []
    assert found["covered_from"] < found["covered_until"]


def sha256(lines: Any) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_trade_link_is_read_from_the_second_line(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_account(market.sandbox.world, SECRET, trades=1)
    key = add_key(monkeypatch, SECRET, "--trade-link-stdin")
    link = key.open_trade_link()
    assert link is not None
    assert TRADE_TOKEN in link.reveal()


def test_a_wrong_key_is_refused_in_a_sentence_and_not_stored(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match="does not accept this key"):
        add_key(monkeypatch, "wrong-key-000001")
    assert not UpstreamKey.objects.exists()


def test_a_key_given_while_the_market_is_down_is_verified_by_the_next_sync(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_account(market.sandbox.world, SECRET, trades=10)
    market.sandbox.faults.add(Fault("status", status=503, times=None))
    key = add_key(monkeypatch)
    assert key.state == KeyState.UNVERIFIED
    with pytest.raises(CommandError, match="cannot be reached"):
        run("sync", "--wait")
    market.sandbox.faults.clear()
    run("sync", "--wait")
    assert Trade.objects.count() == 10


def test_the_same_key_twice_leads_to_one_account(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_account(market.sandbox.world, SECRET, trades=30)
    first, second = add_key(monkeypatch), add_key(monkeypatch)
    run("sync", "--wait")
    assert first.account == second.account
    assert Trade.objects.count() == 30


def test_another_key_of_an_unnamed_account_is_told_by_its_trades(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = market.sandbox.world
    account = seed_account(world, SECRET, trades=30)
    world.accounts.add_key("another-key-0001", account.id)
    first = add_key(monkeypatch)
    run("sync", "--wait")
    assert add_key(monkeypatch, "another-key-0001").account == first.account


def test_another_key_of_a_named_account_is_told_by_its_name(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.sandbox.knobs.change({"identity": True})
    world = market.sandbox.world
    account = seed_account(world, SECRET, trades=0)
    world.accounts.add_key("another-key-0001", account.id)
    first = add_key(monkeypatch)
    assert first.account.identity
    assert add_key(monkeypatch, "another-key-0001").account == first.account


def test_sync_fails_with_a_sentence_when_the_market_does(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_account(market.sandbox.world, SECRET, trades=5)
    add_key(monkeypatch)
    market.sandbox.faults.add(Fault("html", status=200, times=None))
    with pytest.raises(CommandError, match="not its documented JSON"):
        run("sync", "--wait")


def test_sync_of_no_such_key_is_a_sentence() -> None:
    with pytest.raises(CommandError, match="no key 77"):
        run("sync", "--key", "77", "--wait")


def test_work_serves_one_round(
    team: None, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed_account(market.sandbox.world, SECRET, trades=40)
    add_key(monkeypatch)
    run("work", "--once")
    assert Trade.objects.count() == 40
