"""Whatever comes, a read gives records, bad rows or an UpstreamError, and nothing else."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.trades.upstreams.vpsbot.market import Market, client, good
from tests.trades.upstreams.vpsbot.rows import ITEM, PROCESSED, TRADE
from trades.upstreams.errors import UpstreamError
from trades.upstreams.records import MatchAsk, SellAsk, TradeQuery
from trades.upstreams.redaction import cut_tokens
from trades.upstreams.scalars import BIG, SMALL

EXAMPLES = 150
ANY_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["\0", "\ud800", "x" * 300, "1e999999", "NaN", "-", "٣", "9" * 30]),
    st.sampled_from(["0000-00-00", "2026-W01-1", "9999-12-31T23:59:59-23:59", "T", "token=a"]),
)
ANY_SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**40]),
    st.floats(allow_nan=False, allow_infinity=False),
    ANY_TEXT,
)
ANY_JSON = st.recursive(
    ANY_SCALAR,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY_TEXT, inner, max_size=2),
    max_leaves=5,
)


@st.composite
def odd_rows(draw: st.DrawFn) -> dict[str, Any]:
    def shaken(shape: dict[str, Any]) -> dict[str, Any]:
        names = draw(st.lists(st.sampled_from(sorted(shape)), max_size=2))
        return {**shape, **{name: draw(ANY_JSON) for name in names}}

    processed = shaken({**PROCESSED, "items_to_receive": [shaken(ITEM)]})
    return shaken({**TRADE, "processed_trade": processed})


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.one_of(odd_rows(), ANY_JSON), max_size=4))
def test_no_row_is_lost_and_what_is_read_fits_its_columns(rows: list[object]) -> None:
    with client(Market(content=json.dumps(good({"trades": rows})).encode())) as opened:
        page = opened.trades(TradeQuery())
    assert len(page) == len(rows)
    for record in page.trades:
        texts = (record.upstream_id, record.status, record.summary, record.error, record.bot_name)
        assert not any("\0" in each for each in (*texts, *(item.name for item in record.items)))
        "".join(texts).encode()
        assert all(n is None or -SMALL <= n < SMALL for n in (record.game_id, record.steam_status))
        for moment in (record.created_at, record.updated_at, record.settles_at):
            assert moment is None or (moment.tzinfo is UTC and 1970 <= moment.year <= 2100)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.sampled_from([200, 201, 300, 400, 401, 404, 409, 500]),
    st.one_of(
        st.binary(max_size=40),
        ANY_JSON.map(lambda value: json.dumps(value).encode()),
        ANY_JSON.map(lambda value: json.dumps(good(value)).encode()),
        st.dictionaries(
            st.sampled_from(["success", "data", "error", "message", "id", "items"]), ANY_JSON
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_every_answer_is_understood_or_named(status: int, body: bytes) -> None:
    with client(Market(status, content=body)) as opened:
        for call in (
            lambda: opened.trades(TradeQuery()),
            lambda: opened.trade_by_id("x"),
            lambda: opened.match(730, [MatchAsk("AK")]),
            opened.identity,
            opened.wallet,
            lambda: opened.create(
                custom_id="c", buyer_id="b", tradelink="t", game_id=1, items=[SellAsk("1", "AK", 5)]
            ),
        ):
            with suppress(UpstreamError):
                call()
        with suppress(UpstreamError):
            volume = opened.statistics().total_volume
            assert volume is None or -BIG <= volume < BIG


@settings(max_examples=EXAMPLES, deadline=None)
@given(ANY_JSON)
def test_cutting_keeps_json_readable(value: object) -> None:
    left = json.loads(cut_tokens(json.dumps({"a": value}).encode()))
    assert list(left) == ["a"]


def test_the_clock_of_a_page_is_aware() -> None:
    with client(Market(json=good({"trades": []}))) as opened:
        asked_at = opened.trades(TradeQuery()).asked_at
    assert asked_at.tzinfo is UTC
    assert abs((datetime.now(UTC) - asked_at).total_seconds()) < 60
