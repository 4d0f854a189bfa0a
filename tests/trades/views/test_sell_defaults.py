"""What a team's sells start from, and prices as people type them."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry
from tests.factories import make_cast
from trades.models import SellDefaults
from trades.views.dollars import milli_of, typed


@pytest.mark.django_db
def test_managers_set_what_sells_start_from(client: Client) -> None:
    cast = make_cast()
    client.force_login(cast.maria)
    link = reverse("sell-defaults", args=[cast.team.slug])
    assert client.post(link, {"floor": "0.255", "message": "From us"}).status_code == 302
    defaults = SellDefaults.objects.get(team=cast.team)
    assert (defaults.floor_milli, defaults.message) == (255, "From us")
    assert 'value="0.255"' in client.get(link).content.decode()
    assert client.post(link, {"floor": "-1", "message": "m" * 129}).status_code == 422
    assert client.post(link, {"floor": "", "message": ""}).status_code == 302
    defaults.refresh_from_db()
    assert (defaults.floor_milli, defaults.message) == (None, "")
    assert AuditEntry.objects.filter(verb="sell-defaults.changed").count() == 2


@pytest.mark.parametrize(
    ("text", "milli"),
    [("", None), ("0", 0), ("1", 1_000), ("$1.5", 1_500), ("1,25", 1_250), (" 0.001 ", 1)],
)
def test_prices_are_read_as_typed_and_written_back(text: str, milli: int | None) -> None:
    assert milli_of(text) == milli
    assert milli_of(typed(milli)) == milli


@pytest.mark.parametrize(
    "text", ["-1", "1.2345", "1,000.00", "ten", "1e3", "\0", "١", "9" * 10, "$"]
)
def test_what_is_no_price_is_said_never_guessed(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a price in dollars"):
        milli_of(text)
