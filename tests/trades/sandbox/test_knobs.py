"""Every open question of the documents, both ways."""

import pytest

from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.catalog import FIRST_BUYER
from trades.sandbox.knobs import Knobs, UnknownKnob
from trades.sandbox.sandbox import Sandbox


def insert(sandbox: Sandbox, **fields: object) -> str:
    return sandbox.world.trades.insert(KEY, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("created_desc", ["new", "middle", "old"]),
        ("created_asc", ["old", "middle", "new"]),
        ("updated_desc", ["old", "new", "middle"]),
    ],
)
def test_the_order_of_the_trades_page_is_a_knob(
    caller: Caller, sandbox: Sandbox, order: str, expected: list[str]
) -> None:
    insert(sandbox, trade_id="middle", created=20, updated=21)
    insert(sandbox, trade_id="old", created=10, updated=99)
    insert(sandbox, trade_id="new", created=30, updated=31)

    sandbox.knobs.order = order

    assert caller.get("/api/trades").ids == expected


def test_no_order_is_a_stable_one_that_follows_no_date(caller: Caller, sandbox: Sandbox) -> None:
    ids = [insert(sandbox, created=number, updated=number) for number in range(30)]
    sandbox.knobs.order = "none"

    whole = caller.get("/api/trades").ids

    assert whole not in (ids, ids[::-1])
    assert sorted(whole) == sorted(ids)
    pages = [caller.get("/api/trades", limit=7, offset=offset).ids for offset in range(0, 30, 7)]
    assert [one for page in pages for one in page] == whole


@pytest.mark.parametrize(
    ("nulls", "descending", "ascending"),
    [
        ("largest", "first", "last"),
        ("smallest", "last", "first"),
        ("first", "first", "first"),
        ("last", "last", "last"),
    ],
)
def test_rows_without_a_date_come_first_or_last(
    caller: Caller, sandbox: Sandbox, nulls: str, descending: str, ascending: str
) -> None:
    dated, undated = insert(sandbox, created=10), insert(sandbox, created=None)
    sandbox.knobs.nulls = nulls
    orders = {"first": [undated, dated], "last": [dated, undated]}

    assert caller.get("/api/trades").ids == orders[descending]
    sells = caller.get("/api/sell/trades", sort_by="created_at", sort_direction="asc")
    assert sells.ids == orders[ascending]
    sandbox.knobs.order = "created_asc"
    assert caller.get("/api/trades").ids == orders[ascending]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [("inclusive", [30, 20, 10]), ("exclusive", [20]), ("half_open", [20, 10])],
)
def test_bounds_are_inclusive_exclusive_or_half_open(
    caller: Caller, sandbox: Sandbox, bounds: str, expected: list[int]
) -> None:
    ids = {second: insert(sandbox, created=second) for second in (10, 20, 30)}
    sandbox.knobs.bounds = bounds
    since, until = "1970-01-01T00:00:10Z", "1970-01-01T00:00:30Z"

    wanted = [ids[second] for second in expected]
    assert caller.get("/api/trades", start_date=since, end_date=until).ids == wanted
    assert caller.get("/api/sell/trades", date_from=since, date_to=until).ids == wanted


def test_dates_of_the_trades_page_may_act_on_the_last_update(
    caller: Caller, sandbox: Sandbox
) -> None:
    moved = insert(sandbox, created=10, updated=5000)
    insert(sandbox, created=4000, updated=None)
    sandbox.knobs.date_field = "updated"

    assert caller.get("/api/trades", start_date="1970-01-01T01:00:00Z").ids == [moved]
    assert moved not in caller.get("/api/sell/trades", date_from="1970-01-01T01:00:00Z").ids


def test_purchases_appear_in_the_trades_page_alone(caller: Caller, sandbox: Sandbox) -> None:
    sell = insert(sandbox, created=1)
    bought = insert(
        sandbox, created=2, purchase=1, custom_id=None, receives=[], gives=[{"assetid": "1"}]
    )
    assert caller.get("/api/trades").ids == [sell]

    sandbox.knobs.purchases = True

    page = caller.get("/api/trades").data
    assert [one["trade_id"] for one in page["trades"]] == [bought, sell]
    assert page["total"] == 2
    assert page["trades"][0]["processed_trade"]["items_to_give"] == [{"assetid": "1"}]
    assert caller.get("/api/sell/trades").ids == [sell]
    assert caller.get(f"/api/sell/trades/by-id/{bought}").status == 404
    assert caller.get("/api/sell/trades/dashboard").data["total_transactions"] == 1
    assert list(sandbox.world.trades.truth(KEY)) == [sell]


def test_a_server_may_serve_fewer_rows_than_asked(caller: Caller, sandbox: Sandbox) -> None:
    for _ in range(5):
        insert(sandbox)
    sandbox.knobs.page_cap = 2

    for path in ("/api/trades", "/api/sell/trades"):
        data = caller.get(path, limit=4).data
        assert (len(data["trades"]), data["limit"], data["total"]) == (2, 2, 5)


def test_the_longest_sell_page_and_the_shown_limit_are_knobs(
    caller: Caller, sandbox: Sandbox
) -> None:
    for _ in range(5):
        insert(sandbox)
    sandbox.knobs.change({"sell_max_limit": 3, "limit_in_answer": "default"})

    data = caller.get("/api/sell/trades", limit=4).data

    assert (len(data["trades"]), data["limit"]) == (3, 20)
    # as in the example of the Trades API, which asks for 10 and shows 50
    assert caller.get("/api/trades", limit=2).data["limit"] == 50


def test_rows_may_carry_milliseconds_and_fields_that_no_page_names(
    caller: Caller, sandbox: Sandbox
) -> None:
    insert(sandbox, status="accepted", created=0, updated=0, settles=10)
    usual = caller.get("/api/trades").data["trades"][0]

    sandbox.knobs.change({"milliseconds": True, "extra_fields": True})

    row = caller.get("/api/trades").data["trades"][0]
    assert row["created_at"] == "1970-01-01T00:00:00.000Z"
    assert row["processed_trade"]["settlement"] == "1970-01-01T00:00:10.000Z"
    assert set(row) > set(usual)


def test_a_patch_is_laid_over_a_row(caller: Caller, sandbox: Sandbox) -> None:
    insert(sandbox, patch={"selected_bot": None, "processed_trade": {"status": "Active"}, "new": 1})

    row = caller.get("/api/trades").data["trades"][0]

    assert (row["selected_bot"], row["new"]) == (None, 1)
    assert row["processed_trade"]["status"] == "Active"
    assert row["processed_trade"]["market"] == "market-vpsbot"


@pytest.mark.parametrize(
    "values",
    [
        {"no_such_knob": 1},
        {"order": "sideways"},
        {"identity": 1},
        {"page_cap": "2"},
        {"latency": "fast"},
    ],
)
def test_a_knob_refuses_what_it_cannot_take_and_nothing_is_turned(
    values: dict[str, object],
) -> None:
    knobs = Knobs()

    with pytest.raises(UnknownKnob):
        knobs.change({"purchases": True, **values})

    assert knobs == Knobs()


def test_knobs_are_turned_from_another_process(caller: Caller, sandbox: Sandbox) -> None:
    answer = caller.post("/_sandbox/knobs", {"identity": True, "latency": 0})

    assert answer.status == 200
    assert sandbox.knobs.identity is True
    assert caller.get("/_sandbox/knobs").json() == sandbox.knobs.as_dict()
    assert caller.post("/_sandbox/knobs", {"nonsense": 1}).status == 400


def test_trades_and_keys_are_changed_from_another_process(caller: Caller, sandbox: Sandbox) -> None:
    def change(**order: object) -> str:
        answer = caller.post("/_sandbox/trades", order)
        assert answer.status == 200, answer.body
        return str(answer.json()["trade_id"])

    trade_id = change(do="insert", key=KEY, status="accepted", custom_id="c-9", created=None)
    assert caller.get("/_sandbox/truth", key=KEY).json() == {trade_id: "accepted"}
    assert caller.get("/api/trades").data["trades"][0]["created_at"] is None
    change(do="mutate", trade_id=trade_id, status="cancelled")
    assert caller.get("/api/trades").data["trades"][0]["summary"] == "DeclinedBySeller"
    change(do="roll_back", trade_id=trade_id, side="bot")
    assert sandbox.world.trades.truth(KEY) == {trade_id: "rolled_back_by_bot"}
    change(do="remove", trade_id=trade_id)
    assert sandbox.world.trades.truth(KEY) == {}

    assert caller.post("/_sandbox/keys", {"key": KEY, "revoked": True}).status == 200
    assert caller.get("/api/trades").status == 403
    assert caller.post("/_sandbox/keys", {"key": "none", "revoked": True}).status == 404


def test_a_buy_order_is_changed_from_outside(caller: Caller, sandbox: Sandbox) -> None:
    change = {"game": 730, "name": "Fracture Case", "buyer": FIRST_BUYER, "price": 123}

    assert caller.post("/_sandbox/orders", change).status == 200
    assert caller.post("/_sandbox/orders", {**change, "price": "7"}).status == 400
    assert caller.post("/_sandbox/orders", {**change, "name": ""}).status == 400
    book = sandbox.world.market.book(730, {"Fracture Case"})
    assert book[FIRST_BUYER]["Fracture Case"].price == 123


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"do": "explode"}, 400),
        ({"do": "insert", "key": KEY, "no_such_column": 1}, 400),
        ({"do": "mutate", "trade_id": "none", "status": "x"}, 404),
        ({"do": "insert", "key": "none"}, 404),
        (b"not json", 400),
        ([], 400),
    ],
)
def test_a_wrong_order_is_refused(caller: Caller, body: object, status: int) -> None:
    assert caller.post("/_sandbox/trades", body).status == status


def test_orders_are_taken_as_json_alone_so_that_no_web_page_can_send_them(
    caller: Caller, sandbox: Sandbox
) -> None:
    answer = caller.send("POST", "/_sandbox/knobs", b'{"identity": true}')

    assert answer.status == 400
    assert sandbox.knobs.identity is False
