"""The admin: what operators see, what nobody sees there, and that its lists stay cheap."""

import base64
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Membership, Role, UpstreamKey, User
from dashboard import clock, operators
from tests.factories import (
    TRADE_LINK,
    TRADE_TOKEN,
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sell_list,
    make_sell_request,
    make_sync_state,
    make_trade,
    make_user,
)
from trades.models import BadRecord, SellItem, SellRequest, Trade

pytestmark = pytest.mark.django_db
SECRET = "planted-secret-of-the-key-0001"
RAW = "planted answer of the market"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(make_user(email="operator@example.com", is_staff=True))
    return client


@pytest.fixture
def superuser() -> Client:
    client = Client()
    client.force_login(make_user(email="root@example.com", is_staff=True, is_superuser=True))
    return client


def names_of(model: Any) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


def listed(client: Client, model: Any, **query: str) -> str:
    response = client.get(reverse(f"{names_of(model)}_changelist"), query)
    assert response.status_code == 200
    return response.content.decode()


def planted(cast: Cast) -> tuple[UpstreamKey, SellRequest]:
    key = make_key(
        account=make_account(team=cast.team), owner=cast.bob, secret=SECRET, trade_link=TRADE_LINK
    )
    sell = make_sell_request(key=key, payload=f'{{"message": "{RAW}"}}'.encode())
    make_trade(account=key.account, raw=RAW.encode())
    make_sync_state(account=key.account)
    make_sell_list(team=cast.team)
    BadRecord.objects.create(
        account=key.account, reason="no id", packed=RAW.encode(), content_hash=b"1" * 16,
        first_seen_at=sell.created_at, last_seen_at=sell.created_at,
    )  # fmt: skip
    return key, sell


def forbidden(key: UpstreamKey, sell: SellRequest) -> list[str]:
    sealed = [bytes(key.secret_sealed), bytes(key.trade_link_sealed), bytes(sell.trade_link_sealed)]
    written = [text.decode() for text in sealed] + [
        base64.b64encode(text).decode() for text in sealed
    ]
    tokens = [key.seal_id, sell.seal_id, sell.quote.draft.yes_token if sell.quote.draft else ""]
    hashes = User.objects.values_list("password", flat=True)
    return [SECRET, TRADE_TOKEN, RAW, *written, *map(str, tokens), *hashes]


def test_every_model_of_ours_is_registered() -> None:
    ours = {
        *apps.get_app_config("accounts").get_models(),
        *apps.get_app_config("trades").get_models(),
    }
    assert ours <= set(admin.site._registry)
    assert all(isinstance(one, operators.OperatorAdmin) for one in admin.site._registry.values())


@pytest.mark.parametrize("kind", ["operator", "superuser"])
def test_no_secret_is_on_any_page(kind: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(kind)
    words = forbidden(*planted(make_cast()))
    seen = 0
    for model in admin.site._registry:
        names = names_of(model)
        addresses = [reverse(f"{names}_changelist")]
        for pk in model._base_manager.values_list("pk", flat=True):
            addresses += [reverse(f"{names}_{page}", args=[pk]) for page in ("change", "history")]
        for address in addresses:
            html = client.get(address).content.decode()
            assert [word for word in words if word in html] == [], address
            seen += 1
    assert seen > 3 * len(admin.site._registry) / 2


def test_a_page_does_not_even_load_what_its_row_keeps_sealed(operator: Client) -> None:
    columns = {"secret_sealed", "trade_link_sealed", "payload", "content_hash"}
    key, sell = planted(make_cast())
    for thing in (key, sell, sell.account.trades.get()):
        with CaptureQueriesContext(connection) as asked:
            operator.get(reverse(f"{names_of(thing)}_change", args=[thing.pk]))
        sql = " ".join(query["sql"] for query in asked)
        table = thing._meta.db_table
        assert f'"{table}"."id"' in sql
        assert [column for column in columns if f'"{table}"."{column}"' in sql] == []


def test_an_address_cannot_probe_what_is_hidden(operator: Client) -> None:
    planted(make_cast())
    for lookup in ("secret_sealed__startswith", "seal_id__startswith", "last_four"):
        address = reverse("admin:accounts_upstreamkey_changelist")
        response = operator.get(address, {lookup: "a"})
        assert response.status_code in {302, 400}
    address = reverse("admin:accounts_user_changelist")
    assert operator.get(address, {"password__startswith": "m"}).status_code in {302, 400}


def test_a_long_list_is_counted_no_further_than_it_is_paged(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operators, "MOST_LISTED", 3)
    account = make_account()
    for _ in range(5):
        make_trade(account=account)
    with CaptureQueriesContext(connection) as asked:
        html = listed(operator, Trade)
    counts = [query["sql"] for query in asked if "COUNT(" in query["sql"].upper()]
    assert counts
    assert all("LIMIT 3" in sql for sql in counts)
    assert "The newest 3: search or filter for others" in html


def test_the_newest_come_first_whatever_the_address_asks(operator: Client) -> None:
    account = make_account()
    first, second = (make_trade(account=account) for _ in range(2))
    html = listed(operator, Trade, o="1")
    assert html.index(second.upstream_id) < html.index(first.upstream_id)


def test_a_list_asks_the_same_number_of_questions_however_long(operator: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            listed(operator, Trade)
        return len(asked)

    make_trade()
    before = questions()
    for _ in range(5):
        make_trade()
    assert questions() == before


@pytest.mark.parametrize("column", ["upstream_id", "custom_id", "offer_id", "steam_trade_key"])
def test_a_trade_is_found_by_each_of_its_exact_ids(operator: Client, column: str) -> None:
    wanted = make_trade(upstream_id="u-17", custom_id="c-17", offer_id="517", steam_trade_id="417")
    make_trade(upstream_id="u-170", custom_id="c-170", offer_id="5170", steam_trade_id="4170")
    html = listed(operator, Trade, q=f" {getattr(wanted, column)} ")
    assert "u-17<" in html
    assert "u-170" not in html


@pytest.mark.parametrize("term", ["9" * 40, "'", "½", "no such thing", "%"])
def test_a_search_for_anything_else_finds_nothing(operator: Client, term: str) -> None:
    trade = make_trade()
    assert trade.upstream_id in listed(operator, Trade)
    assert trade.upstream_id not in listed(operator, Trade, q=term)


@pytest.mark.parametrize(
    "term", ["1", "9" * 18, "9" * 40, "9" * 5000, "-1", "x", "½", "'", "%", "a" * 5000]
)
def test_every_list_bears_any_search(operator: Client, term: str) -> None:
    planted(make_cast())
    for model in admin.site._registry:
        listed(operator, model, q=term)


def test_what_belongs_to_a_row_is_found_by_its_number(operator: Client) -> None:
    _, sell = planted(make_cast())
    other = make_sell_request()
    html = listed(operator, SellItem, q=str(sell.pk))
    assert sell.items.get().asset_id in html
    assert other.pk != sell.pk
    assert other.items.get().asset_id not in html


def test_a_search_that_no_database_takes_breaks_nothing(operator: Client) -> None:
    assert "Null characters are not allowed" in listed(operator, Trade, q="\0")


def test_days_and_phases_narrow_a_list(operator: Client) -> None:
    open_one, done = make_trade(status="processing"), make_trade(status="completed")
    html = listed(operator, Trade, phase="open")
    assert open_one.upstream_id in html
    assert done.upstream_id not in html
    assert open_one.upstream_id not in listed(operator, Trade, since="1", phase="done")


def test_an_operator_who_is_no_superuser_changes_nothing(operator: Client) -> None:
    cast = make_cast()
    address = reverse("admin:accounts_user_change", args=[cast.bob.pk])
    assert operator.post(address, {"is_active": "on", "is_superuser": "on"}).status_code == 403


def test_a_superuser_shuts_a_person_out_and_it_is_audited(superuser: Client) -> None:
    bob = make_cast().bob
    address = reverse("admin:accounts_user_change", args=[bob.pk])
    assert superuser.post(address, {}).status_code == 302
    bob.refresh_from_db()
    assert not bob.is_active
    entry = AuditEntry.objects.get(verb="person.changed-by-operator")
    assert entry.actor_email == "root@example.com"
    assert entry.detail == {"fields": ["is_active"]}


def test_a_team_is_renamed_and_nothing_else_of_it_changes(superuser: Client) -> None:
    team = make_cast().team
    address = reverse("admin:accounts_team_change", args=[team.pk])
    assert superuser.post(address, {"name": "Pier", "slug": "taken"}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.slug) == ("Pier", "harbour")
    assert AuditEntry.objects.filter(verb="team.changed-by-operator", team=team).exists()


def test_a_team_keeps_an_owner(superuser: Client) -> None:
    cast = make_cast()
    owner = Membership.objects.get(team=cast.team, role=Role.OWNER)
    address = reverse("admin:accounts_membership_change", args=[owner.pk])
    response = superuser.post(address, {"role": Role.VIEWER})
    assert "A team keeps at least one owner." in response.content.decode()
    Membership.objects.filter(team=cast.team, user=cast.maria).update(role=Role.OWNER)
    assert superuser.post(address, {"role": Role.VIEWER}).status_code == 302
    owner.refresh_from_db()
    assert owner.role == Role.VIEWER


def test_password_and_sign_out_are_the_products_own(operator: Client) -> None:
    response = operator.get(reverse("admin:password_change"))
    assert response.headers["Location"] == reverse("account_change_password")
    response = operator.post(reverse("admin:logout"))
    assert response.headers["Location"] == reverse("account_login")
    assert operator.get(reverse("admin:index")).status_code == 302


def test_operators_find_the_way_and_others_do_not(operator: Client, client: Client) -> None:
    cast = make_cast()
    client.force_login(cast.alice)
    assert reverse("admin:index") not in client.get(reverse("me")).content.decode()
    assert reverse("admin:index") in operator.get(reverse("me")).content.decode()


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("path", "column"),
    [
        ("account>upstream_id", "upstream_id"),
        ("team>custom_id", "custom_id"),
        ("team>offer_id", "offer_id"),
        ("team>steam_trade_key", "steam_trade_key"),
    ],
)
def test_a_search_reads_an_index_and_no_table(path: str, column: str) -> None:
    assert path in admin.site._registry[Trade].exact  # type: ignore[attr-defined]
    rows = operators.through(Trade.objects.all(), path.partition(">")[0])
    plan = rows.filter(**{column: "x"}).order_by().explain()
    assert "SEARCH trades_trade USING" in plan
    assert "SCAN trades_trade" not in plan


@pytest.mark.sqlite
def test_a_filter_by_day_reads_an_index() -> None:
    rows = operators.through(Trade.objects.all(), "team")
    plan = rows.filter(sort_at__gte=clock.now()).order_by("-pk")[:50].explain()
    assert "trade_newest" in plan or "SEARCH trades_trade" in plan
