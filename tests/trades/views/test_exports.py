import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, MarketAccount
from tests.factories import Cast, make_account, make_cast, make_export, make_trade
from trades.exports.columns import OF_A_TAX_YEAR, USUAL
from trades.models import Export, ExportState
from trades.services import exporting

pytestmark = pytest.mark.django_db(transaction=True)
WANTED = {"format": "csv", "preface": "on", "columns": ["trade_id", "value"]}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team)


@pytest.fixture
def victor(cast: Cast, client: Client) -> Client:
    client.force_login(cast.victor)
    return client


def new(cast: Cast, query: str = "") -> str:
    return f"{reverse('export-new', args=[cast.team.slug])}?{query}"


def test_a_small_file_comes_at_once_and_is_noted(
    cast: Cast, account: MarketAccount, victor: Client
) -> None:
    kept = make_trade(account=account, status="completed")
    make_trade(account=account, status="declined")
    response = victor.post(new(cast, "status=completed"), WANTED)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="sellside-harbour-')
    assert "no-store" in response["Cache-Control"]
    lines = b"".join(response.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[-2:] == ["Trade id,Value", f"{kept.upstream_id},"]
    entry = AuditEntry.objects.get(verb="export.asked")
    assert (entry.actor, entry.detail["filter"]) == (cast.victor, [["status", "completed"]])


def test_a_large_one_is_made_by_a_worker_and_fetched(
    cast: Cast, account: MarketAccount, victor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trades.queries.COUNT_CAP", 1)
    for _ in range(3):
        make_trade(account=account)
    page = victor.post(new(cast), WANTED | {"format": "jsonl"}, follow=True)
    export = Export.objects.get()
    assert "Waiting" in page.content.decode()
    assert "hx-get" in page.content.decode()
    assert exporting.make(export.pk) == ExportState.READY
    assert "Download" in victor.get(reverse("exports", args=[cast.team.slug])).content.decode()
    file = victor.get(reverse("export-file", args=[cast.team.slug, export.pk]))
    body = b"".join(file.streaming_content)  # type: ignore[attr-defined]
    assert len(body.splitlines()) == 4
    assert int(file["Content-Length"]) == len(body)


def test_a_filter_that_cannot_be_used_makes_no_file(
    cast: Cast, account: MarketAccount, victor: Client
) -> None:
    make_trade(account=account)
    html = victor.post(new(cast, "since=2026-02-31"), WANTED).content.decode()
    assert "is not a day" in html
    assert "Mend the filter first" in html
    assert not AuditEntry.objects.filter(verb__startswith="export").exists()


def test_no_column_is_no_file(cast: Cast, victor: Client) -> None:
    html = victor.post(new(cast), WANTED | {"columns": []}).content.decode()
    assert "Choose at least one column." in html


def test_an_expired_file_is_gone(cast: Cast, victor: Client) -> None:
    export = make_export(team=cast.team, by=cast.victor, state="ready")
    Export.objects.update(expires_at=export.created_at)
    assert victor.get(reverse("export-file", args=["harbour", export.pk])).status_code == 404


def test_the_tax_year_asks_for_settled_sells_of_the_year(cast: Cast, victor: Client) -> None:
    html = victor.get(reverse("exports", args=[cast.team.slug])).content.decode()
    assert "phase=done&amp;direction=sell&amp;since=2026-01-01&amp;until=2026-12-31" in html


@pytest.mark.parametrize(
    ("query", "chosen"),
    [
        ("col=value&col=items&col=nonsense",
         {"counted_at", "trade_id", "items", "item_count", "value", "unit"}),
        ("preset=tax-year", set(OF_A_TAX_YEAR)),
        ("", set(USUAL)),
    ],
)  # fmt: skip
def test_the_columns_of_the_history_come_along(
    cast: Cast, victor: Client, query: str, chosen: set[str]
) -> None:
    html = victor.get(new(cast, query)).content.decode()
    assert set(re.findall(r'name="columns" value="(\w+)"[^>]* checked', html)) == chosen
