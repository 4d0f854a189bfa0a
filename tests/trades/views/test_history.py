import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import MarketAccount
from tests.factories import Cast, make_account, make_cast, make_sync_state, make_trade
from trades.columns import COLUMNS

pytestmark = pytest.mark.django_db

URL = "/t/harbour/history/"
MARKUP = "<script>alert('x')</script>"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team, label="Main desk")


@pytest.fixture
def victor(cast: Cast, client: Client) -> Client:
    client.force_login(cast.victor)
    return client


def text_of(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"{URL}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def shown(html: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'id="trade-(\d+)"', html)]


def test_anonymous_people_are_sent_to_sign_in(cast: Cast, client: Client) -> None:
    response = client.get(URL)
    assert response.status_code == 302
    assert "/login/" in response["Location"]


def test_a_stranger_meets_a_404(cast: Cast, client: Client) -> None:
    client.force_login(cast.charlie)
    assert client.get(URL).status_code == 404


def test_a_viewer_may_read(victor: Client) -> None:
    assert victor.get(URL).status_code == 200


def test_posting_is_refused(victor: Client) -> None:
    assert victor.post(URL).status_code == 405


def test_newest_first(victor: Client, account: MarketAccount) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    middle = make_trade(account=account, created_at=at)
    newest = make_trade(account=account, created_at=at + timedelta(hours=1))
    oldest = make_trade(account=account, created_at=at - timedelta(hours=1))
    assert shown(text_of(victor)) == [newest.pk, middle.pk, oldest.pk]


def test_it_hides_another_teams_trades(cast: Cast, victor: Client, account: MarketAccount) -> None:
    ours = make_trade(account=account)
    theirs = make_account(team=cast.others)
    make_trade(account=theirs, custom_id="theirs")
    assert shown(text_of(victor)) == [ours.pk]
    assert shown(text_of(victor, f"?account={theirs.pk}")) == [ours.pk]
    assert shown(text_of(victor, "?q=theirs")) == []


def test_pages_lead_to_the_older_and_back(victor: Client, account: MarketAccount) -> None:
    pks = [make_trade(account=account, items=()).pk for _ in range(51)]
    first = text_of(victor, "?direction=sell")
    older = unescape(re.findall(r'href="([^"]+)" rel="next"', first)[0])
    assert "direction=sell" in older
    second = victor.get(older).content.decode()
    assert sorted(shown(first) + shown(second)) == sorted(pks)
    newer = unescape(re.findall(r'href="([^"]+)" rel="prev"', second)[0])
    assert shown(victor.get(newer).content.decode()) == shown(first)


def test_the_fragment_is_the_pages_own_part(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account)
    page, fragment = text_of(victor), text_of(victor, **HTMX)
    assert fragment.strip().startswith('<section class="stack" id="trade-table"')
    assert "<html" not in fragment
    assert shown(fragment) == shown(page)
    assert " ".join(fragment.split()) in " ".join(page.split())


def test_the_form_puts_its_filter_into_the_address(victor: Client, account: MarketAccount) -> None:
    headers = {**HTMX, "HX-Trigger": "history-filter"}
    response = victor.get(f"{URL}?game=730&status=&since=&q=", headers=headers)
    assert response["HX-Push-Url"] == f"{URL}?game=730"
    assert "HX-Push-Url" not in victor.get(f"{URL}?game=730", headers=HTMX)


def test_chips_take_one_filter_off_each(victor: Client, account: MarketAccount) -> None:
    html = text_of(victor, "?game=730&phase=done")
    chips = {
        words.strip(): unescape(url)
        for url, words in re.findall(r'class="chip" href="([^"]+)">([^<]+)<', html)
    }
    assert chips == {"CS2": f"{URL}?phase=done", "Done": f"{URL}?game=730"}


def test_rows_say_what_they_are(victor: Client, account: MarketAccount) -> None:
    make_trade(
        account=account,
        status="declined",
        summary="CanceledByBuyer",
        items=({"name": "Key"}, {"name": "Case"}, {"name": "Case"}),
        custom_id="order-1",
        bot_name="VPSBot #5",
        value_milli=14_500,
    )
    make_trade(account=account, direction="purchase", created_at=None, value_milli=None)
    html = text_of(victor)
    for words in ("Key", "+ 2 more", "declined · CanceledByBuyer", "order-1", "VPSBot #5"):
        assert words in html
    for words in ("$14.50", "Purchase", "first seen", "unknown", "Failed", "CS2"):
        assert words in html


def test_foreign_text_is_escaped(victor: Client, account: MarketAccount) -> None:
    make_trade(
        account=account,
        items=({"name": MARKUP},),
        bot_name=MARKUP,
        custom_id=MARKUP,
        status=MARKUP,
        summary=MARKUP,
    )
    html = text_of(victor, f"?q={MARKUP}&since={MARKUP}&phase={MARKUP}")
    assert MARKUP not in html
    assert html.count("&lt;script&gt;") >= 7


@pytest.mark.parametrize(
    "query",
    ["game=%00", "game[]=730", "game=730&game=x", "status=%00", "status=%F0%28", "phase[]=done",
     "account=1e9", "account=99999999999999999999999", "account=%00", "since=%00",
     "since=0000-00-00", "until=9999-12-31", "until=99999999-12-31", "free=%00", "free=9999-12-31",
     "page=%00", "page=%F0%9F%98%80", f"page={'A' * 23}", f"page={'A' * 4000}", "page[]=x",
     "q=%00", f"q={'9' * 5000}", "q=%25%27%22%3B--", "q=_", "direction=sell%00", "seen=%00",
     "since=2026-11-02&until=2026-11-01", "=&&==", "%00=%00", "account=-1", "game=2147483648"],
)  # fmt: skip
def test_no_address_breaks_the_page(victor: Client, account: MarketAccount, query: str) -> None:
    trade = make_trade(account=account)
    html = text_of(victor, f"?{query}")
    assert 'role="alert"><div><p>' in html or shown(html) in ([trade.pk], [])


def test_a_bad_day_is_said_and_loses_nothing(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account, game_id=570)
    trade = make_trade(account=account)
    html = text_of(victor, "?since=2026-02-31&game=730")
    assert "“2026-02-31” is not a day" in html
    assert 'value="2026-02-31"' in html
    assert re.search(r'value="730"[^>]* checked', html)
    assert shown(html) == [trade.pk]


def test_days_are_the_teams_and_times_the_persons(
    cast: Cast, victor: Client, account: MarketAccount
) -> None:
    late = make_trade(account=account, created_at=datetime(2026, 11, 9, 23, 30, tzinfo=UTC))
    query = "?since=2026-11-10&until=2026-11-10"
    cast.victor.time_zone = "Asia/Tokyo"
    cast.victor.save(update_fields=["time_zone"])
    assert shown(text_of(victor, query)) == []
    cast.team.time_zone = "Europe/Berlin"
    cast.team.save(update_fields=["time_zone"])
    html = text_of(victor, query)
    assert shown(html) == [late.pk]
    assert "2026-11-10 08:30" in html


@pytest.mark.parametrize("zone", ["Nowhere/City", "", "../etc", "America"])
def test_a_zone_that_is_none_reads_as_utc(
    cast: Cast, victor: Client, account: MarketAccount, zone: str
) -> None:
    cast.victor.time_zone = zone
    cast.victor.save(update_fields=["time_zone"])
    assert "(UTC)" in text_of(victor)


@pytest.mark.parametrize(
    ("prepare", "query", "title"),
    [
        ("", "", "No trades yet"),
        ("account", "", "Nothing mirrored yet"),
        ("arriving", "", "The first trades are on their way"),
        ("trade", "?game=570", "No trade matches"),
    ],
)
def test_each_emptiness_has_its_own_sentence(
    cast: Cast, victor: Client, prepare: str, query: str, title: str
) -> None:
    account = make_account(team=cast.team) if prepare else None
    if prepare == "arriving":
        make_sync_state(account=account, stream="backfill", due_at=datetime.now(UTC))
    if prepare == "trade":
        make_trade(account=account)
    assert title in text_of(victor, query)


def test_only_a_key_adder_is_asked_to_add_one(cast: Cast, client: Client) -> None:
    client.force_login(cast.bob)
    assert "/t/harbour/keys/add/" in text_of(client)
    client.force_login(cast.victor)
    assert "/t/harbour/keys/add/" not in text_of(client)


def test_the_first_page_asks_again_while_a_trade_is_open(
    victor: Client, account: MarketAccount
) -> None:
    for _ in range(51):
        make_trade(account=account, items=())
    assert "every 10s" not in text_of(victor)
    make_trade(account=account, items=(), status="processing")
    html = text_of(victor)
    assert "every 10s" in html
    older = unescape(re.findall(r'href="([^"]+)" rel="next"', html)[0])
    assert "every 10s" not in victor.get(older).content.decode()


def test_a_poll_swaps_nothing_in_while_nothing_is_new(
    victor: Client, account: MarketAccount
) -> None:
    make_trade(account=account, status="processing")
    url = unescape(re.findall(r'hx-get="([^"]+seen=[^"]+)"', text_of(victor))[0])
    headers = {**HTMX, "HX-Trigger": "trade-table"}
    assert victor.get(url, headers=headers).status_code == 204
    assert victor.get(url, headers=HTMX).status_code == 200
    make_trade(account=account)
    answer = victor.get(url, headers=headers)
    assert answer.status_code == 200
    assert "data-announce" not in answer.content.decode()


def test_a_longer_list_asks_for_its_count(victor: Client, account: MarketAccount) -> None:
    for _ in range(51):
        make_trade(account=account, items=())
    html = text_of(victor, "?game=730")
    assert "51 trades" not in html
    url = re.findall(r'hx-get="([^"]+count/[^"]*)"', html)[0]
    assert "51 trades" in victor.get(url, headers=HTMX).content.decode()
    plain = victor.get(url, follow=True)
    assert plain.redirect_chain == [(f"{URL}?game=730&count=1", 302)]
    assert "51 trades" in plain.content.decode()


def test_a_list_of_one_page_counts_itself(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account)
    assert ">1 trade<" in text_of(victor)


def test_headings_sort_and_say_how(victor: Client, account: MarketAccount) -> None:
    dear = make_trade(account=account, value_milli=9_000)
    cheap = make_trade(account=account, value_milli=1_000)
    unknown = make_trade(account=account, value_milli=None)
    html = text_of(victor, "?game=730")
    assert re.search(r'<th[^>]*trades__created[^>]*aria-sort="descending"', html)
    up = unescape(re.findall(r'trades__value num"><a href="([^"]+)"', html)[0])
    html = victor.get(up).content.decode()
    assert shown(html) == [dear.pk, cheap.pk, unknown.pk]
    assert "game=730" in up
    turned = unescape(re.findall(r'aria-sort="descending"><a href="([^"]+)"', html)[0])
    html = victor.get(turned).content.decode()
    assert shown(html) == [cheap.pk, dear.pk, unknown.pk]
    assert 'aria-sort="ascending"' in html


def test_columns_are_chosen_and_stay(victor: Client, account: MarketAccount) -> None:
    make_trade(account=account, error="Escrow would apply", offer_id="6001", custom_id="mine")
    keys = [column.key for column in COLUMNS]
    html = text_of(victor, "?" + "&".join(f"col={key}" for key in keys))
    assert re.findall(r'<th scope="col" class="trades__(\w+)', html) == keys
    assert "Escrow would apply" in html
    html = text_of(victor, "?col=offer&col=nonsense&game=730")
    assert re.findall(r'<th scope="col" class="trades__(\w+)', html) == ["items", "offer"]
    chip = unescape(re.findall(r'class="chip" href="([^"]+)"', html)[0])
    assert chip == f"{URL}?col=items&col=offer"


def test_a_double_account_shows_no_trade_twice(
    cast: Cast, victor: Client, account: MarketAccount
) -> None:
    trade = make_trade(account=account, upstream_id="one")
    make_trade(account=make_account(team=cast.team, is_active=False), upstream_id="one")
    assert shown(text_of(victor)) == [trade.pk]


def test_the_query_count_does_not_grow(
    cast: Cast, victor: Client, account: MarketAccount, django_assert_max_num_queries: Any
) -> None:
    text_of(victor)
    for number in range(60):
        make_trade(account=account, status=f"s{number}", items=({"name": "a"}, {"name": "b"}))
    make_trade(account=make_account(team=cast.team, is_active=False))
    for _ in range(5):
        make_trade(account=make_account(team=cast.team))
    with django_assert_max_num_queries(12):
        text_of(victor, "?direction=sell&q=")
    with django_assert_max_num_queries(12):
        text_of(victor, "?q=1000001")
