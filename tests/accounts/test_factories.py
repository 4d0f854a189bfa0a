import pytest
from django.db.models import Sum

from accounts.models import Role
from tests.factories import make_cast, make_key, make_sync_state, make_team, make_trade
from trades.models import DayStat
from trades.raw_answers import unpack

pytestmark = pytest.mark.django_db


def test_the_cast_has_its_roles_and_a_stranger() -> None:
    cast = make_cast()
    roles = dict(cast.team.memberships.values_list("user__email", "role"))
    assert roles == {
        "alice@example.com": Role.OWNER,
        "maria@example.com": Role.MANAGER,
        "bob@example.com": Role.SELLER,
        "victor@example.com": Role.VIEWER,
    }
    assert cast.others.memberships.get().user == cast.charlie


def test_a_trade_comes_with_items_raw_answer_and_day_figures() -> None:
    trade = make_trade(team=make_team(), status="accepted", value_milli=14_500)
    make_trade(account=trade.account, status="accepted")
    assert (trade.phase, trade.items.count(), trade.item_count) == ("frozen", 1, 1)
    assert b"accepted" in unpack(trade.raw.packed)
    figures = DayStat.objects.filter(account=trade.account)
    assert figures.aggregate(n=Sum("count"), value=Sum("value_milli"), no=Sum("unknown_count")) == {
        "n": 2,
        "value": 14_500,
        "no": 1,
    }


def test_a_key_and_a_stream_fit_their_account() -> None:
    key = make_key(team=make_team())
    state = make_sync_state(account=key.account, stream="backfill")
    assert key.owner in key.account.team.members.all()
    assert state.account == key.account
