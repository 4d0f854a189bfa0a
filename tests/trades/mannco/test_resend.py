"""One yes, one call: whatever is lost, refused, doubled or killed on the way."""

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import AuditEntry
from dashboard import clock
from dashboard.errors import UserError
from tests.trades.mannco.conftest import START, Desk
from trades.models import ResendParameter, ResendRequest, ResendState, Trade
from trades.sandbox.faults import Fault
from trades.services import resending
from trades.services.resending import request_resend
from trades.services.rounds import serve_round
from trades.sync.resends import MAY_ARRIVE_FOR

RESEND = "/trade/resend"


@pytest.fixture
def failed(desk: Desk) -> Trade:
    (number,) = desk.insert(status=5, items_send="11,12", code="OLDCODE1")
    desk.sync()
    return desk.trade(number)


def agree(desk: Desk, trade: Trade, token: uuid.UUID | None = None) -> ResendRequest:
    return request_resend(trade=trade, by=desk.cast.bob, yes_token=token or uuid.uuid4())


def go(desk: Desk, trade: Trade) -> ResendRequest:
    request = agree(desk, trade)
    resending.step(request.pk)
    request.refresh_from_db()
    return request


def code_at_market(desk: Desk, trade: Trade) -> str:
    found = desk.book.find(int(trade.upstream_id))
    assert found
    return found.code


def age(request: ResendRequest, by: timedelta) -> None:
    assert request.sent_at
    ResendRequest.objects.filter(pk=request.pk).update(sent_at=request.sent_at - by)


def test_a_resend_shows_the_new_code_and_the_list_follows(desk: Desk, failed: Trade) -> None:
    request = go(desk, failed)
    assert (request.state, request.is_live, request.sends) == (ResendState.RESENT, False, 1)
    assert request.code == code_at_market(desk, failed) != "OLDCODE1"
    assert AuditEntry.objects.filter(verb="trade.resend").count() == 1
    serve_round()
    failed.refresh_from_db()
    assert (failed.status, failed.phase, failed.code) == ("0", "open", request.code)
    assert desk.asked(RESEND) == 1


@pytest.mark.parametrize(
    "columns",
    [{"status": 0, "items_send": "1"}, {"status": 3, "items_send": "1"},
     {"status": 8, "items_send": "1"}, {"status": -12, "items_send": "1"},
     {"status": 5, "items_received": "1"}, {"status": -1, "items_send": ""}],
)  # fmt: skip
def test_what_the_contract_does_not_allow_is_never_asked(
    desk: Desk, columns: dict[str, Any]
) -> None:
    (number,) = desk.insert(**columns)
    desk.sync()
    with pytest.raises(UserError, match="Only a withdrawal"):
        agree(desk, desk.trade(number))
    assert not ResendRequest.objects.exists()


def test_the_same_yes_twice_is_one_request(desk: Desk, failed: Trade) -> None:
    token = uuid.uuid4()
    first = agree(desk, failed, token)
    resending.step(first.pk)
    assert agree(desk, failed, token) == first
    with pytest.raises(UserError, match="a moment ago"):
        agree(desk, failed)
    resending.step(first.pk)
    assert desk.asked(RESEND) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_once(desk: Desk, failed: Trade) -> None:
    desk.server.sandbox.faults.add(Fault("slow", path=RESEND, seconds=0.3))
    request = agree(desk, failed)

    def work() -> None:
        try:
            resending.step(request.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    request.refresh_from_db()
    assert (request.state, desk.asked(RESEND)) == (ResendState.RESENT, 1)


@pytest.mark.parametrize("kind", ["lost", "html", "status"])
@pytest.mark.parametrize("committed", [True, False])
def test_a_lost_answer_is_settled_by_the_list_and_never_sent_again(
    desk: Desk, failed: Trade, kind: str, *, committed: bool
) -> None:
    desk.server.sandbox.faults.add(Fault(kind, path=RESEND, commit=committed))
    request = go(desk, failed)
    assert (request.state, request.is_live) == (ResendState.UNKNOWN, True)
    with pytest.raises(UserError, match="already"):
        agree(desk, failed)
    serve_round()
    request.refresh_from_db()
    if committed:
        assert (request.state, request.code) == (
            ResendState.RESENT, code_at_market(desk, failed)
        )  # fmt: skip
    else:
        assert request.state == ResendState.UNKNOWN
        age(request, MAY_ARRIVE_FOR)
        desk.sync()
        request.refresh_from_db()
        assert (request.state, request.is_live) == (ResendState.REFUSED, False)
    assert desk.asked(RESEND) == 1


def test_a_trade_that_the_list_forgot_leaves_it_open(desk: Desk, failed: Trade) -> None:
    desk.server.sandbox.faults.add(Fault("lost", path=RESEND))
    request = go(desk, failed)
    desk.book.change(int(failed.upstream_id), status=-11)
    age(request, MAY_ARRIVE_FOR)
    desk.sync()
    request.refresh_from_db()
    assert request.state == ResendState.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("rate_limited", path=RESEND), "slow down"),
        (Fault("status", path=RESEND, status=403), "does not accept this key"),
    ],
)
def test_a_refusal_to_listen_means_that_nothing_was_sent(
    desk: Desk, failed: Trade, fault: Fault, words: str
) -> None:
    desk.server.sandbox.faults.add(fault)
    request = go(desk, failed)
    assert (request.state, request.is_live) == (ResendState.REFUSED, False)
    assert words in request.reason
    serve_round()
    assert desk.asked(RESEND) == 1


@pytest.mark.parametrize("status", [300, 200, 400])
def test_a_refusal_is_shown_in_the_markets_words(desk: Desk, failed: Trade, status: int) -> None:
    desk.knobs(mannco_refusals=status, mannco_later_shapes=status == 400)
    sandbox = desk.server.sandbox
    request = agree(desk, failed)
    desk.book.change(int(failed.upstream_id), items_send=" ")
    resending.step(request.pk)
    request.refresh_from_db()
    assert request.state == ResendState.REFUSED
    assert request.market_text.startswith("Failed to resend trade.")
    assert [seen.status for seen in sandbox.requests if seen.path == RESEND] == [status]


def test_a_trade_that_failed_no_more_is_not_asked_for(desk: Desk, failed: Trade) -> None:
    request = agree(desk, failed)
    desk.book.change(int(failed.upstream_id), status=0)
    resending.step(request.pk)
    request.refresh_from_db()
    assert (request.state, desk.asked(RESEND)) == (ResendState.REFUSED, 0)


def test_only_the_missing_parameter_is_sent_again_under_its_other_name_and_remembered(
    desk: Desk, failed: Trade
) -> None:
    desk.knobs(mannco_resend_parameter="id", mannco_ends_as=5)
    request = go(desk, failed)
    assert (request.state, request.sends) == (ResendState.RESENT, 2)
    assert ResendParameter.objects.get().name == "id"
    (other,) = desk.insert(status=5, items_send="13")
    desk.sync()
    assert go(desk, desk.trade(other)).sends == 1
    asked = [seen.query for seen in desk.server.sandbox.requests if seen.path == RESEND]
    assert [list(query) for query in asked] == [["resend"], ["id"], ["id"]]


def test_a_lost_second_call_is_the_last(desk: Desk, failed: Trade) -> None:
    desk.knobs(mannco_resend_parameter="id")
    faults = desk.server.sandbox.faults
    faults.add(Fault("slow", path=RESEND))
    faults.add(Fault("lost", path=RESEND, commit=True))
    assert go(desk, failed).state == ResendState.UNKNOWN
    serve_round()
    serve_round()
    assert desk.asked(RESEND) == 2
    assert ResendRequest.objects.get().state == ResendState.RESENT


def test_a_send_found_after_a_crash_is_unknown_and_the_list_decides(
    desk: Desk, failed: Trade
) -> None:
    request = agree(desk, failed)
    ResendRequest.objects.update(
        state=ResendState.SENDING, sends=1, sent_at=START, due_at=START,
        status_before="5", code_before="OLDCODE1",
    )  # fmt: skip
    resending.step(request.pk)
    request.refresh_from_db()
    assert request.state == ResendState.UNKNOWN
    serve_round()
    request.refresh_from_db()
    assert (request.state, desk.asked(RESEND)) == (ResendState.REFUSED, 0)


def test_a_list_that_cannot_be_read_first_sends_nothing(desk: Desk, failed: Trade) -> None:
    desk.server.sandbox.faults.add(Fault("status", path="/trades/all"))
    request = go(desk, failed)
    assert (request.state, desk.asked(RESEND)) == (ResendState.REFUSED, 0)
    assert "Nothing was sent" in request.reason


def test_what_waited_too_long_is_not_sent(desk: Desk, failed: Trade) -> None:
    request = agree(desk, failed)
    ResendRequest.objects.update(created_at=clock.now() - resending.EXPIRES_AFTER)
    resending.step(request.pk)
    assert (ResendRequest.objects.get().state, desk.asked(RESEND)) == (ResendState.REFUSED, 0)


def test_the_page_asks_first_and_shows_the_outcome(
    desk: Desk, failed: Trade, client: Client
) -> None:
    page, ask = f"/t/harbour/trades/{failed.pk}/", f"/t/harbour/trades/{failed.pk}/resend/"
    client.force_login(desk.cast.victor)
    assert ask not in client.get(page).content.decode()
    client.force_login(desk.cast.bob)
    html = client.get(page).content.decode()
    assert ask in html
    assert "OLDCODE1" in html
    assert "Withdrawal" in html
    assert "status 5" in html
    form = client.get(ask).content.decode()
    assert "Send this withdrawal again?" in form
    token = {"yes_token": str(uuid.uuid4())}
    assert client.post(ask, token).status_code == 302
    assert client.post(ask, token).status_code == 302
    assert ResendRequest.objects.count() == 1
    assert ask not in client.get(page).content.decode()
    resending.step(ResendRequest.objects.get().pk)
    html = client.get(page).content.decode()
    assert "Sent again" in html
    assert ResendRequest.objects.get().code in html
    assert client.post(ask, {"yes_token": str(uuid.uuid4())}).status_code == 422
    assert desk.asked(RESEND) == 1
