"""Seeds: Trades API, Get Trade History, and Sell API, List Trades."""

import pytest

from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.sandbox import Sandbox

BOTH = pytest.mark.parametrize("path", ["/api/trades", "/api/sell/trades"])


def insert(sandbox: Sandbox, **fields: object) -> str:
    return sandbox.world.trades.insert(KEY, **fields)  # type: ignore[arg-type]


def insert_example(sandbox: Sandbox) -> str:
    """The trade of both pages."""
    return insert(
        sandbox,
        trade_id="a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        custom_id="sell-001",
        status="accepted",
        offer_id="5234567890",
        steam_trade_id="4012345678_76561198012345678",
        tradelink="https://steamcommunity.com/tradeoffer/new/?partner=XXXXX&token=YYYYY",
        receives=[
            {
                "appid": 730,
                "contextid": "2",
                "assetid": "30000000001",
                "market_hash_name": "AK-47 | Redline (Field-Tested)",
                "amount": "1",
            }
        ],
        created="2026-03-13T10:00:00Z",
        updated="2026-03-13T10:05:00Z",
        settles="2026-03-20T10:05:00Z",
    )


@BOTH
def test_a_trade_looks_as_on_the_page_and_has_no_price(
    caller: Caller, sandbox: Sandbox, path: str
) -> None:
    insert_example(sandbox)

    (trade,) = caller.get(path).data["trades"]

    bot = trade.pop("selected_bot")
    assert set(bot) == {"steamid64", "avatar", "profile_name"}
    assert bot["steamid64"] == "76561198000000001"
    assert bot["avatar"].startswith("https://avatars.steamstatic.com/")
    assert trade == {
        "trade_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
        "custom_id": "sell-001",
        "summary": "Accepted",
        "processed_trade": {
            "market": "market-vpsbot",
            "trade_id": "4012345678_76561198012345678",
            "tradeoffer_id": "5234567890",
            "request_id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
            "partner_id": "https://steamcommunity.com/tradeoffer/new/?partner=XXXXX&token=YYYYY",
            "items_to_give": [],
            "items_to_receive": [
                {
                    "appid": 730,
                    "contextid": "2",
                    "assetid": "30000000001",
                    "market_hash_name": "AK-47 | Redline (Field-Tested)",
                    "amount": "1",
                }
            ],
            "status": 3,
            "game_id": 730,
            "settlement": "2026-03-20T10:05:00Z",
        },
        "status": "accepted",
        "created_at": "2026-03-13T10:00:00Z",
        "updated_at": "2026-03-13T10:05:00Z",
        "error": None,
    }


@pytest.mark.parametrize(("path", "default"), [("/api/trades", 50), ("/api/sell/trades", 20)])
def test_a_page_has_its_default_length(
    caller: Caller, sandbox: Sandbox, path: str, default: int
) -> None:
    ids = [insert(sandbox, created=number) for number in range(60)]

    data = caller.get(path).data

    assert {name: data[name] for name in ("total", "limit", "offset")} == {
        "total": 60,
        "limit": default,
        "offset": 0,
    }
    assert [trade["trade_id"] for trade in data["trades"]] == ids[::-1][:default]


def test_the_trades_page_holds_2000_at_most(caller: Caller, sandbox: Sandbox) -> None:
    with sandbox.world.store.write():
        for _ in range(2001):
            insert(sandbox)

    data = caller.get("/api/trades", limit=5000).data

    assert (len(data["trades"]), data["limit"], data["total"]) == (2000, 2000, 2001)


@BOTH
def test_limit_and_offset_walk_through_all_trades_once(
    caller: Caller, sandbox: Sandbox, path: str
) -> None:
    ids = [insert(sandbox, created=number) for number in range(7)]

    pages = [caller.get(path, limit=3, offset=offset) for offset in (0, 3, 6, 9)]

    assert [len(page.ids) for page in pages] == [3, 3, 1, 0]
    assert [one for page in pages for one in page.ids] == ids[::-1]
    assert pages[1].data["limit"] == 3
    assert pages[1].data["offset"] == 3


@BOTH
@pytest.mark.parametrize(
    ("parameter", "column"),
    [
        ("trade_ids", "trade_id"),
        ("custom_ids", "custom_id"),
        ("steam_trade_offer_ids", "offer_id"),
        ("steam_trade_ids", "steam_trade_id"),
    ],
)
def test_comma_lists_look_up_many_trades(
    caller: Caller, sandbox: Sandbox, path: str, parameter: str, column: str
) -> None:
    first, _, third = (insert(sandbox) for _ in range(3))
    asked = [str(sandbox.world.trades.column(one, column)) for one in (first, third)]

    answer = caller.get(path, **{parameter: ", ".join([*asked, "unknown"])})

    assert set(answer.ids) == {first, third}
    assert answer.data["total"] == 2


@BOTH
def test_steam_trade_ids_wants_full_ids(caller: Caller, sandbox: Sandbox, path: str) -> None:
    insert_example(sandbox)

    assert caller.get(path, steam_trade_ids="4012345678").ids == []
    assert len(caller.get(path, steam_trade_ids="4012345678_76561198012345678").ids) == 1


@pytest.mark.parametrize(
    ("path", "since", "until"),
    [
        ("/api/trades", "start_date", "end_date"),
        ("/api/sell/trades", "date_from", "date_to"),
    ],
)
def test_dates_bound_the_creation_and_leave_out_rows_without_one(
    caller: Caller, sandbox: Sandbox, path: str, since: str, until: str
) -> None:
    days = {day: insert(sandbox, created=f"2026-01-{day:02d}T00:00:00Z") for day in range(1, 6)}
    undated = insert(sandbox, created=None)

    between = caller.get(path, **{since: "2026-01-02T00:00:00Z", until: "2026-01-04T00:00:00Z"})

    assert between.ids == [days[4], days[3], days[2]]
    assert caller.get(path, **{since: "2026-01-04"}).ids == [days[5], days[4]]
    assert caller.get(path, **{until: "2026-01-01T23:59:59+00:00"}).ids == [days[1]]
    assert undated in caller.get(path).ids


@BOTH
def test_a_number_or_date_that_is_none_is_refused(
    caller: Caller, sandbox: Sandbox, path: str
) -> None:
    date = "start_date" if path == "/api/trades" else "date_from"

    for name, value in (("limit", "ten"), ("limit", "-1"), ("offset", "-1"), (date, "yesterday")):
        status, error = caller.get(path, **{name: value}).refusal
        assert (status, error) == (400, f"Invalid query parameter: {name}")


def test_sells_are_filtered_by_game_status_and_value(caller: Caller, sandbox: Sandbox) -> None:
    cheap = insert(sandbox, game=570, status="completed", value=100)
    dear = insert(sandbox, game=730, status="accepted", value=900)
    lost = insert(sandbox, game=730, status="cancelled", value=500)

    def asked(**query: object) -> set[str]:
        answer = caller.get("/api/sell/trades", **query)
        assert answer.data["total"] == len(answer.ids)
        return set(answer.ids)

    assert asked(game_id=730) == {dear, lost}
    assert asked(status="cancelled") == {lost}
    assert asked(status="unheard_of") == set()
    assert asked(price_min=500) == {dear, lost}
    assert asked(price_max=500) == {cheap, lost}
    assert asked(price_min=200, price_max=899, game_id=730, status="cancelled") == {lost}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("desk", {"Desk-001", "desk_002"}),
        ("DESK-", {"Desk-001"}),
        ("k_0", {"Desk-001", "desk_002"}),
        ("d%2", {"desk_002"}),
        (r"k\_0", {"desk_002"}),
        ("sk-002", set()),
    ],
)
def test_custom_id_is_an_ilike_search(
    caller: Caller, sandbox: Sandbox, pattern: str, expected: set[str]
) -> None:
    for custom_id in ("Desk-001", "desk_002", "other", None):
        insert(sandbox, custom_id=custom_id)

    trades = caller.get("/api/sell/trades", custom_id=pattern).data["trades"]

    assert {trade["custom_id"] for trade in trades} == expected


def test_custom_ids_are_compared_whole(caller: Caller, sandbox: Sandbox) -> None:
    insert(sandbox, custom_id="desk-1")
    wanted = insert(sandbox, custom_id="desk_1")

    assert caller.get("/api/sell/trades", custom_ids="desk_1").ids == [wanted]


def test_sells_are_sorted_as_asked(caller: Caller, sandbox: Sandbox) -> None:
    old = insert(sandbox, created=10, value=300)
    new = insert(sandbox, created=30, value=100)
    middle = insert(sandbox, created=20, value=200)

    def order(**query: object) -> list[str]:
        return caller.get("/api/sell/trades", **query).ids

    assert order() == [new, middle, old]
    assert order(sort_by="created_at", sort_direction="asc") == [old, middle, new]
    assert order(sort_by="created_at", sort_direction="desc") == [new, middle, old]
    assert order(sort_by="purchase_price", sort_direction="asc") == [new, middle, old]
    assert order(sort_by="purchase_price") == [old, middle, new]
    assert order(sort_by="no_such_field") == [new, middle, old]


def test_the_trades_page_knows_no_filter_of_the_sells(caller: Caller, sandbox: Sandbox) -> None:
    insert(sandbox, game=570)

    assert len(caller.get("/api/trades", game_id=730, status="x", custom_id="zzz").ids) == 1


def test_an_account_sees_its_own_trades_only(caller: Caller, sandbox: Sandbox) -> None:
    mine = insert(sandbox)
    sandbox.world.accounts.add("other", key="other-key")
    theirs = sandbox.world.trades.insert("other-key")

    assert caller.get("/api/trades").ids == [mine]
    assert Caller(caller.port, "other-key").get("/api/sell/trades").ids == [theirs]
    assert caller.get(f"/api/sell/trades/by-id/{theirs}").status == 404
