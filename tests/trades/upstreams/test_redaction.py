import json
import time

import pytest

from trades.upstreams.redaction import cut_tokens, cut_tokens_from_text

URL = "https://steamcommunity.com/tradeoffer/new/?partner=52079950"
STEAM_JWT = "eyAidHlwIjogIkpXVCIsICJhbGciOiAiRWREU0EiIH0.eyAiaXNzIjogInN0ZWFtIiB9.c2_-9"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3NjU2MTE5OCJ9.s5_Qx-1"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (f"{URL}&token=aB3-_xYz", f"{URL}&token=[cut]"),
        (f"?token=aB3-_xYz&{URL}", f"?token=[cut]&{URL}"),
        (f"{URL}&TOKEN=aB3-_xYz#x", f"{URL}&TOKEN=[cut]#x"),
        (f"{URL}\\u0026token=aB3-_xYz", f"{URL}\\u0026token=[cut]"),
        (f"{URL}\\u0026token\\u003daB3-_xYz\\u0026a=1", f"{URL}\\u0026token\\u003d[cut]\\u0026a=1"),
        (f"{URL}&token=aB3\\u002dxYz", f"{URL}&token=[cut]"),
        ("partner%3D5%26token%3DaB3%2DxYz%26a%3D1", "partner%3D5%26token%3D[cut]%26a%3D1"),
        ("token%3daB3%26partner%3d5", "token%3d[cut]%26partner%3d5"),
        ("%2526token%253DaB3-_xYz", "%2526token%253D[cut]"),
        ("?access_token=abc.def&x=1", "?access_token=[cut]&x=1"),
        ("?key=0123456789ABCDEF&format=json", "?key=[cut]&format=json"),
        ("apikey=abc api_key=def", "apikey=[cut] api_key=[cut]"),
        ('{"access_token":"a b\\"c","b":1}', '{"access_token":"[cut]","b":1}'),
        ('{"token" : "aB3", "x": 2}', '{"token" : "[cut]", "x": 2}'),
        ('{"api_key":"vpsbot_1"}', '{"api_key":"[cut]"}'),
        ('{"said":"{\\"token\\":\\"aB3\\"}"}', '{"said":"{\\"token\\":\\"[cut]\\"}"}'),
        (f'{{"jwt":"{JWT}"}}', '{"jwt":"[cut]"}'),
        (f"Bearer {JWT}", "Bearer [cut]"),
        (f"76561198000000042%7C%7C{STEAM_JWT}", "76561198000000042%7C%7C[cut]"),
        (f"not {STEAM_JWT}, try again", "not [cut], try again"),
        ("the key vpsbot_A1b2-C3d4_e5 is bad", "the key [cut] is bad"),
        ("token=a token=b", "token=[cut] token=[cut]"),
    ],
)
def test_tokens_are_cut_and_the_rest_is_kept(raw: str, kept: str) -> None:
    assert cut_tokens(raw.encode()) == kept.encode()
    assert cut_tokens_from_text(raw) == kept


@pytest.mark.parametrize("raw", ["token=aB3", '{"token":"aB3"}', JWT, "key=1"])
def test_cutting_twice_changes_nothing_more(raw: str) -> None:
    once = cut_tokens(raw.encode())
    assert once != raw.encode()
    assert cut_tokens(once) == once


@pytest.mark.parametrize(
    "raw",
    [
        '{"market":"market-vpsbot","name":"Mann Co. Supply Crate Key","keyed":1}',
        '{"partner_id":"https://steamcommunity.com/tradeoffer/new/?partner=5"}',
        '{"token_type":"bearer","tokens":3,"token":null,"key":7,"monkey":["a"]}',
        '{"name":"eyJ","custom_id":"vpsbot_1","x":"heyJude.is-a-long-name.by-them"}',
        "token= key=",
        "★ StatTrak™",
    ],
)
def test_what_only_looks_like_a_token_stays(raw: str) -> None:
    assert cut_tokens(raw.encode()) == raw.encode()


@pytest.mark.parametrize("token", ["aB3-_xYz", "a\\b", 'a"b', "ünï", "a/b", "x" * 500, "\u2028"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_stays_json(token: str, ascii_only: bool) -> None:
    row = {"token": token, "url": f"{URL}&token=aB3&z=1", "error": f'say "token={token}"', "n": [1]}
    left = json.loads(cut_tokens(json.dumps(row, ensure_ascii=ascii_only).encode()))
    assert left["token"] == "[cut]"
    assert left["url"] == f"{URL}&token=[cut]&z=1"
    assert left["n"] == [1]
    assert list(left) == list(row)


def test_bytes_that_are_no_text_are_no_trouble() -> None:
    assert cut_tokens(b"\xff\xfetoken=abc\xff") == b"\xff\xfetoken=[cut]\xff"


@pytest.mark.parametrize(
    "hostile", ["token=", "token", "eyJ", "vpsbot_", 'token"', "key\\", "eyJ."]
)
def test_a_hostile_answer_costs_no_more_than_its_length(hostile: str) -> None:
    raw = (hostile * 40_000).encode()
    began = time.process_time()
    cut_tokens(raw)
    assert time.process_time() - began < 2.0
