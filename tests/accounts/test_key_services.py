from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.crypto import SealBroken
from accounts.models import AuditEntry, KeyState, MarketAccount, Team, UpstreamKey, User
from accounts.services import (
    pause_key,
    remove_key,
    replace_secret,
    resume_key,
    set_team_may_sell,
    set_trade_link,
    store_key,
)
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import TRADE_LINK, TRADE_TOKEN, make_account, make_cast, make_key, make_trade
from trades.models import Trade

pytestmark = pytest.mark.django_db
SECRET = "vpsbot-key-0123456789"
PARTNER = "76561198000001001"


def stored(team: Team, owner: User, **given: object) -> UpstreamKey:
    asked = {"upstream": "vpsbot", "label": "Main", "secret": SECRET, "state": KeyState.ACTIVE}
    return store_key(team=team, owner=owner, **{**asked, **given})  # type: ignore[arg-type]


def last_entry() -> AuditEntry:
    return AuditEntry.objects.latest("id")


def test_a_stored_key_opens_again_and_is_noted() -> None:
    cast = make_cast()
    key = stored(cast.team, cast.bob, trade_link=f" {TRADE_LINK} ")
    key.refresh_from_db()
    assert key.open_secret().reveal() == SECRET
    assert (key.owner, key.state, key.last_four) == (cast.bob, KeyState.ACTIVE, "6789")
    assert key.trade_link_partner == PARTNER
    assert key.verified_at is not None
    entry = last_entry()
    assert (entry.verb, entry.team, entry.actor) == ("key.added", cast.team, cast.bob)
    assert (entry.object_type, entry.object_id) == ("upstreamkey", str(key.pk))
    assert SECRET not in str(entry.detail)


def test_an_unverified_key_keeps_the_reason_and_is_due_for_another_try() -> None:
    cast = make_cast()
    key = stored(cast.team, cast.bob, state=KeyState.UNVERIFIED, reason="The market is away.")
    assert (key.verified_at, key.last_error) == (None, "The market is away.")
    assert key.last_error_at is not None
    assert key.try_again_at is not None


def test_a_key_without_identity_gets_an_account_of_its_own() -> None:
    cast = make_cast()
    first, second = stored(cast.team, cast.bob), stored(cast.team, cast.bob)
    assert first.account != second.account
    assert first.account.identity == ""


def test_two_keys_of_one_identity_share_the_account_within_the_team_only() -> None:
    cast = make_cast()
    first = stored(cast.team, cast.bob, identity="u1", identity_name="Bob")
    second = stored(cast.team, cast.maria, identity="u1")
    elsewhere = stored(cast.others, cast.charlie, identity="u1")
    assert first.account == second.account
    assert first.account.identity_name == "Bob"
    assert elsewhere.account != first.account


def test_a_given_account_is_taken_and_a_foreign_one_refused() -> None:
    cast = make_cast()
    mine, foreign = make_account(team=cast.team), make_account(team=cast.others)
    assert stored(cast.team, cast.bob, account=mine).account == mine
    with pytest.raises(ValueError, match="another team"):
        stored(cast.team, cast.bob, account=foreign)


def test_the_accounts_day_figures_are_kept_in_the_teams_zone() -> None:
    cast = make_cast()
    cast.team.time_zone = "Europe/Warsaw"
    cast.team.save()
    assert stored(cast.team, cast.bob).account.stat_zone == "Europe/Warsaw"


@pytest.mark.parametrize("name", ["victor", "charlie"])
def test_who_may_not_keep_keys_here_stores_none(name: str) -> None:
    cast = make_cast()
    with pytest.raises(PermissionDenied):
        stored(cast.team, getattr(cast, name))
    assert not MarketAccount.objects.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"secret": ""},
        {"secret": "   "},
        {"secret": "two words"},
        {"secret": "line\nbreak"},
        {"secret": "nul\x00"},
        {"secret": "ключ"},
        {"secret": "x" * 5000},
        {"label": ""},
        {"label": "x" * 81},
        {"label": "nul\x00"},
        {"label": f"my {SECRET}"},
        {"label": "0123456789abcdef0123456789abcdef"},
        {"label": TRADE_LINK},
        {"trade_link": "https://example.com/"},
    ],
)
def test_what_is_no_key_label_or_link_leaves_nothing_behind(given: dict[str, str]) -> None:
    cast = make_cast()
    with pytest.raises(UserError) as refused:
        stored(cast.team, cast.bob, **given)
    assert SECRET not in refused.value.sentence
    assert TRADE_TOKEN not in refused.value.sentence
    assert not MarketAccount.objects.exists()
    assert not AuditEntry.objects.filter(verb="key.added").exists()


def test_spaces_around_a_pasted_key_are_dropped() -> None:
    cast = make_cast()
    assert stored(cast.team, cast.bob, secret=f"  {SECRET}\n").open_secret().reveal() == SECRET


def test_the_owner_replaces_a_secret_and_starts_afresh() -> None:
    key = make_key(state=KeyState.REJECTED, refusals=2, last_error="The market says 401.")
    replace_secret(key=key, secret="vpsbot-key-abcdefghij", by=key.owner, state=KeyState.ACTIVE)
    key.refresh_from_db()
    assert key.open_secret().reveal() == "vpsbot-key-abcdefghij"
    assert (key.last_four, key.state, key.refusals, key.last_error) == (
        "ghij",
        KeyState.ACTIVE,
        0,
        "",
    )
    assert last_entry().verb == "key.secret-replaced"


def test_a_replaced_secret_is_unverified_unless_it_was_proved() -> None:
    key = make_key()
    replace_secret(key=key, secret=SECRET, by=key.owner)
    assert (key.state, key.verified_at) == (KeyState.UNVERIFIED, None)
    assert key.try_again_at is not None


def test_a_bad_replacement_keeps_the_old_secret() -> None:
    key = make_key(secret=SECRET)
    with pytest.raises(UserError):
        replace_secret(key=key, secret="two words", by=key.owner)
    key.refresh_from_db()
    assert key.open_secret().reveal() == SECRET


@pytest.mark.parametrize(
    "deed",
    [
        lambda key, by: replace_secret(key=key, secret=SECRET, by=by),
        lambda key, by: resume_key(key=key, by=by),
        lambda key, by: set_trade_link(key=key, link=TRADE_LINK, by=by),
        lambda key, by: set_team_may_sell(key=key, allowed=False, by=by),
    ],
)
def test_not_even_the_teams_owner_changes_another_persons_key(deed) -> None:  # noqa: ANN001
    cast = make_cast()
    key = make_key(team=cast.team, owner=cast.bob, state=KeyState.PAUSED)
    before = UpstreamKey.objects.filter(pk=key.pk).values().get()
    for person in (cast.alice, cast.maria):
        with pytest.raises(PermissionDenied):
            deed(key, person)
    assert UpstreamKey.objects.filter(pk=key.pk).values().get() == before
    assert not AuditEntry.objects.exists()


def test_a_manager_pauses_and_the_owner_resumes() -> None:
    cast = make_cast()
    key = make_key(team=cast.team, owner=cast.bob)
    pause_key(key=key, by=cast.maria)
    assert (key.state, last_entry().verb, last_entry().actor) == (
        KeyState.PAUSED,
        "key.paused",
        cast.maria,
    )
    resume_key(key=key, by=cast.bob)
    key.refresh_from_db()
    assert (key.state, last_entry().verb) == (KeyState.ACTIVE, "key.resumed")


@pytest.mark.parametrize(
    "columns", [{"verified_at": None}, {"refusals": 1}], ids=["never proved", "refused since"]
)
def test_a_key_in_doubt_resumes_as_unverified_and_is_tried_at_once(
    columns: dict[str, int | None],
) -> None:
    key = make_key(state=KeyState.PAUSED, **columns)
    resume_key(key=key, by=key.owner)
    assert key.state == KeyState.UNVERIFIED
    assert key.try_again_at is not None
    assert key.try_again_at <= clock.now() + timedelta(seconds=1)


def test_pausing_twice_or_resuming_a_running_key_is_no_deed() -> None:
    key = make_key()
    resume_key(key=key, by=key.owner)
    pause_key(key=key, by=key.owner)
    pause_key(key=key, by=key.owner)
    assert AuditEntry.objects.count() == 1


def test_removing_erases_secret_and_link_and_keeps_account_and_trades() -> None:
    cast = make_cast()
    key = make_key(team=cast.team, owner=cast.bob, trade_link=TRADE_LINK)
    make_trade(account=key.account)
    remove_key(key=key, by=cast.maria)
    key.refresh_from_db()
    assert (bytes(key.secret_sealed), bytes(key.trade_link_sealed)) == (b"", b"")
    assert (key.trade_link_partner, key.state) == ("", KeyState.REMOVED)
    assert key.removed_at is not None
    assert key.open_trade_link() is None
    with pytest.raises(SealBroken):
        key.open_secret()
    assert Trade.objects.filter(account=key.account).count() == 1
    assert (last_entry().verb, last_entry().actor) == ("key.removed", cast.maria)


@pytest.mark.parametrize(
    "deed",
    [
        lambda key: remove_key(key=key, by=key.owner),
        lambda key: pause_key(key=key, by=key.owner),
        lambda key: resume_key(key=key, by=key.owner),
        lambda key: replace_secret(key=key, secret=SECRET, by=key.owner),
        lambda key: set_trade_link(key=key, link=TRADE_LINK, by=key.owner),
        lambda key: set_team_may_sell(key=key, allowed=False, by=key.owner),
    ],
)
def test_a_removed_key_stays_removed_even_for_an_old_page(deed) -> None:  # noqa: ANN001
    key = make_key()
    in_an_old_page = UpstreamKey.objects.get(pk=key.pk)
    remove_key(key=key, by=key.owner)
    with pytest.raises(UserError, match="removed"):
        deed(in_an_old_page)
    key.refresh_from_db()
    assert bytes(key.secret_sealed) == b""
    assert AuditEntry.objects.count() == 1


def test_a_trade_link_is_set_shown_by_its_partner_and_taken_away() -> None:
    key = make_key()
    set_trade_link(key=key, link=TRADE_LINK, by=key.owner)
    key.refresh_from_db()
    link = key.open_trade_link()
    assert link is not None
    assert (link.reveal(), key.trade_link_partner) == (TRADE_LINK, PARTNER)
    assert last_entry().detail == {"label": key.label, "partner": PARTNER}
    set_trade_link(key=key, link="", by=key.owner)
    key.refresh_from_db()
    assert (key.open_trade_link(), key.trade_link_partner) == (None, "")


def test_a_bad_trade_link_keeps_the_old_one() -> None:
    key = make_key(trade_link=TRADE_LINK)
    with pytest.raises(UserError):
        set_trade_link(key=key, link="https://example.com/", by=key.owner)
    key.refresh_from_db()
    assert key.trade_link_partner == PARTNER


def test_sharing_is_on_at_first_and_switched_by_the_owner() -> None:
    key = make_key()
    assert key.team_may_sell
    set_team_may_sell(key=key, allowed=False, by=key.owner)
    key.refresh_from_db()
    assert not key.team_may_sell
    assert (last_entry().verb, last_entry().detail["team_may_sell"]) == ("key.sharing-set", False)
    set_team_may_sell(key=key, allowed=False, by=key.owner)
    assert AuditEntry.objects.count() == 1
