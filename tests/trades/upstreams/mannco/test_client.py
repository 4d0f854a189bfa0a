"""What goes over the wire, and what each answer means: the body decides, whatever the status."""

from typing import Any

import httpx
import pytest

from tests.trades.upstreams.mannco.market import JWT, KEY, ROW, Mannco, bad, client, good, rows
from trades.upstreams.errors import (
    Garbled,
    KeyRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    SessionRefused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.mannco.parse import with_game_if_missing
from trades.upstreams.records import BadRow, Direction, Phase, TradeRecord
from trades.upstreams.sentences import sentence

MISSING = "Missing resend parameter"
RESENT = good({"message": "Trade resent successfully", "trade_id": 123456, "code": "NEWCODE1"})


def read(row: dict[str, Any]) -> TradeRecord | BadRow:
    with client(Mannco((200, rows(row)))) as opened:
        page = opened.all()
    (found,) = (*page.trades, *page.bad)
    return found


def failure(mannco: Mannco, *, resend: bool = False) -> UpstreamError:
    with client(mannco) as opened, pytest.raises(UpstreamError) as caught:
        opened.resend("123456", parameter="resend") if resend else opened.all()
    assert JWT not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


def test_one_login_serves_every_call() -> None:
    mannco = Mannco((200, rows({})))
    with client(mannco) as opened:
        opened.active()
        opened.all()
    assert mannco.asked == ["POST /user/login", "GET /trades/active", "GET /trades/all"]
    login, *calls = mannco.requests
    assert login.content == b'{"apiKey":"' + KEY.encode() + b'"}'
    assert {each.headers["Authorization"] for each in calls} == {f"Bearer {JWT}"}
    assert "Authorization" not in login.headers


def test_a_row_of_the_page_becomes_a_record() -> None:
    record = read({"game": 440})
    assert isinstance(record, TradeRecord)
    assert (record.upstream_id, record.phase, record.direction) == (
        "123456", Phase.OPEN, Direction.DEPOSIT
    )  # fmt: skip
    assert (record.code, record.offer_id, record.game_id) == ("ABCDEFGH", "5678901234", 440)
    assert record.created_at is not None
    assert record.created_at.isoformat() == "2024-02-01T00:00:00+00:00"
    assert [item.asset_id for item in record.items] == ["123456789", "987654321"]


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"id": "77"}, "upstream_id", "77"),
        ({"status": "3"}, "phase", Phase.DONE),
        ({"status": "3"}, "status", "3"),
        ({"status": 8}, "phase", Phase.UNKNOWN),
        ({"status": "waiting"}, "status", "waiting"),
        ({"status": None}, "phase", Phase.UNKNOWN),
        ({"status": -11}, "phase", Phase.UNKNOWN),
        ({"status": -12}, "phase", Phase.REVERTED),
        ({"code": "COMPLETED"}, "code", ""),
        ({"code": None}, "code", ""),
        ({"lasterror": "no <room>"}, "error", "no <room>"),
        ({"offerid": ""}, "offer_id", ""),
        ({"offerid": 5678901234}, "offer_id", "5678901234"),
        ({"game": None}, "game_id", None),
        ({"items_received": ""}, "direction", Direction.UNKNOWN),
        ({"items_send": "4"}, "direction", Direction.UNKNOWN),
        ({"items_received": " ; ,", "items_send": "4;"}, "direction", Direction.WITHDRAWAL),
        ({"items_received": None, "items_send": None}, "items", ()),
        ({"timestamp": ""}, "created_at", None),
    ],
)
def test_odd_rows_are_read(change: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read(change), field) == value


@pytest.mark.parametrize("moment", ["1706745600000", 1706745600000, "1706745600", 1706745600])
def test_seconds_and_milliseconds_are_one_moment(moment: object) -> None:
    record = read({"timestamp": moment})
    assert isinstance(record, TradeRecord)
    assert record.created_at is not None
    assert record.created_at.timestamp() == 1706745600


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"id": ""}, {"id": "a\x00b"}, {"timestamp": "soon"}, {"timestamp": 10**17},
     {"game": "TF2"}, {"items_send": "9" * 40}, {"items_received": ["1"]},
     {"bot": "7" * 30}],
)  # fmt: skip
def test_a_bad_row_never_costs_its_page(change: dict[str, Any]) -> None:
    with client(Mannco((200, rows(change, {"id": 2})))) as opened:
        page = opened.active()
    assert ([each.upstream_id for each in page.trades], len(page.bad)) == (["2"], 1)


def test_a_game_that_is_known_makes_the_row_of_the_other_list() -> None:
    with client(Mannco((200, rows({})), (200, rows({"game": 440})))) as opened:
        (active,), (listed,) = opened.active().trades, opened.all().trades
    assert active.content_hash != listed.content_hash
    assert with_game_if_missing(active, 440).content_hash == listed.content_hash


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (300, bad("Something is off"), Refused),
        (200, bad("Something is off"), Refused),
        (400, bad({"message": "Something is off"}), Refused),
        (300, {"err": 1, "message": "Something is off"}, Refused),
        (200, {"status": "error", "data": {"message": "Something is off"}}, Refused),
        (404, bad("notFound"), NotFound),
        (403, bad("Country blocked"), Refused),
        (300, bad("Slow down, try again in 152 seconds"), RateLimited),
        (429, bad("Slow down"), RateLimited),
        (500, bad("server error"), Unreachable),
        (300, b"<html>", Unreachable),
        (403, b"<html>", Unreachable),
        (200, b"<html>", Garbled),
        (200, {"content": {"trades": []}}, Garbled),
        (200, good({}), Garbled),
        (200, good("text"), Garbled),
        (200, b"[]", Garbled),
    ],
)
def test_the_body_decides_what_a_read_means(
    status: int, body: Any, kind: type[UpstreamError]
) -> None:
    found = failure(Mannco((status, body)))
    assert type(found) is kind
    if isinstance(found, Refused):
        assert found.text in {"Something is off", "Country blocked", "notFound"}


@pytest.mark.parametrize("status", [200, 300, 400])
@pytest.mark.parametrize("wrap", [good, lambda data: {"status": "success", "data": data}])
def test_a_success_is_one_under_any_status_and_in_either_envelope(status: int, wrap: Any) -> None:
    mannco = Mannco((status, wrap({"trades": [ROW]})), login=(status, wrap({"jwt": JWT})))
    with client(mannco) as opened:
        assert len(opened.all()) == 1


def test_a_wait_that_is_named_in_words_is_kept() -> None:
    found = failure(Mannco((300, bad("Please try again in 152 seconds"))))
    assert isinstance(found, RateLimited)
    assert found.retry_after == 152


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_session_is_renewed_once(status: int) -> None:
    mannco = Mannco((status, bad("forbidden")), (200, rows({})))
    with client(mannco) as opened:
        assert len(opened.all()) == 1
    assert mannco.asked == ["POST /user/login", "GET /trades/all"] * 2


def test_a_new_session_that_is_refused_too_ends_it_and_is_explained() -> None:
    mannco = Mannco((403, bad("forbidden")))
    found = failure(mannco)
    assert isinstance(found, SessionRefused)
    assert len(mannco.requests) == 4
    assert "internet address" in sentence(found, "Mannco.store")


@pytest.mark.parametrize(
    ("login", "kind"),
    [
        ((403, bad("Invalid API key")), KeyRejected),
        ((403, bad("Country blocked")), Refused),
        ((300, bad("Missing required parameter: apiKey")), Refused),
        ((429, bad("Too many")), RateLimited),
        ((200, good({"token": "x"})), Garbled),
    ],
)
def test_a_login_that_fails_is_told_apart(login: Any, kind: type[UpstreamError]) -> None:
    mannco = Mannco((200, rows({})), login=login)
    assert type(failure(mannco)) is kind
    assert mannco.asked == ["POST /user/login"]


def test_a_key_is_proved_by_login_and_list_and_named_by_its_rows() -> None:
    mannco = Mannco((200, rows({})))
    with client(mannco) as opened:
        proof = opened.prove()
    assert proof.identity is not None
    assert proof.identity.upstream_user_id == ROW["user"]
    assert len(proof.newest) == 1
    assert mannco.asked[:2] == ["POST /user/login", "GET /trades/active"]


def test_rows_of_several_users_name_nobody() -> None:
    with client(Mannco((200, rows({}, {"id": 2, "user": "76561198000000001"})))) as opened:
        assert opened.prove().identity is None


@pytest.mark.parametrize("parameter", ["resend", "id"])
def test_a_resend_is_one_get(parameter: str) -> None:
    mannco = Mannco((300, RESENT))
    with client(mannco) as opened:
        assert opened.resend("123456", parameter=parameter).code == "NEWCODE1"
    assert mannco.asked == ["POST /user/login", f"GET /trade/resend?{parameter}=123456"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (300, bad(MISSING), Refused),
        (200, bad({"message": MISSING}), Refused),
        (403, bad("forbidden"), KeyRejected),
        (429, bad("Slow down"), RateLimited),
        (0, httpx.ConnectError("no"), Unreachable),
        (0, httpx.ReadTimeout("late"), OutcomeUnknown),
        (0, httpx.RemoteProtocolError("cut"), OutcomeUnknown),
        (500, bad("server error"), OutcomeUnknown),
        (502, b"<html>", OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (403, b"<html>", OutcomeUnknown),
        (200, {"content": {}}, OutcomeUnknown),
        (200, good({"trade_id": 5, "code": "OTHER"}), OutcomeUnknown),
    ],
)
def test_only_manncos_own_refusal_proves_that_nothing_was_resent(
    status: int, body: Any, kind: type[UpstreamError]
) -> None:
    mannco = Mannco((status, body))
    assert type(failure(mannco, resend=True)) is kind
    assert len(mannco.requests) == 2
