import pytest

from accounts.trade_link import parse
from dashboard.errors import UserError

GOOD = "https://steamcommunity.com/tradeoffer/new/?partner=39735273&token=aB3_x-9Z"


def test_it_gives_partner_token_and_one_spelling() -> None:
    link = parse(GOOD)
    assert (link.partner_steamid, link.token, link.url) == ("76561198000001001", "aB3_x-9Z", GOOD)


def test_the_documented_offset_holds() -> None:
    link = parse("https://steamcommunity.com/tradeoffer/new/?partner=1&token=aaaaaaaa")
    assert link.partner_steamid == "76561197960265729"


@pytest.mark.parametrize(
    "text",
    [
        f"  {GOOD}\n",
        GOOD.replace("https", "http"),
        GOOD.replace("steamcommunity", "SteamCommunity"),
        GOOD.replace("new/?", "new?"),
        "https://steamcommunity.com/tradeoffer/new/?token=aB3_x-9Z&partner=39735273",
        GOOD + "&for_item=730_2_1",
        GOOD.replace("partner=", "partner=00"),
        GOOD + "#top",
    ],
)
def test_other_spellings_become_the_one(text: str) -> None:
    assert parse(text).url == GOOD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "ftp://steamcommunity.com/tradeoffer/new/?partner=1&token=aaaaaaaa",
        "javascript://steamcommunity.com/tradeoffer/new/?partner=1&token=aaaaaaaa",
        GOOD.replace("steamcommunity.com", "steamcommunity.com.example.org"),
        GOOD.replace("steamcommunity.com", "steamcommunity.com:8080"),
        GOOD.replace("steamcommunity.com", "me@steamcommunity.com"),
        GOOD.replace("steamcommunity.com", "steamcommunity.com\\.example.org"),
        GOOD.replace("steamcommunity", "steamcornmunity"),
        GOOD.replace("/tradeoffer/new", "/tradeoffer"),
        GOOD.replace("/tradeoffer/new", "/tradeoffer/new/more"),
        GOOD.replace("39735273", ""),
        GOOD.replace("39735273", "0"),
        GOOD.replace("39735273", str(2**32)),
        GOOD.replace("39735273", "-1"),
        GOOD.replace("39735273", "3973527x"),
        GOOD.replace("39735273", "٣٩"),
        GOOD.replace("39735273", "9" * 400),
        GOOD.replace("aB3_x-9Z", "aB3_x-9"),
        GOOD.replace("aB3_x-9Z", "aB3_x-9ZZ"),
        GOOD.replace("aB3_x-9Z", "aB3_x.9Z"),
        GOOD.replace("aB3_x-9Z", "aB3_x-9%0A"),
        GOOD.replace("&token=aB3_x-9Z", ""),
        GOOD + "&token=bbbbbbbb",
        GOOD + "&partner=1",
        "https://[steamcommunity.com/",
        GOOD.replace("?", "?" + "x=1&" * 200),
    ],
)
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UserError) as refused:
        parse(text)
    assert "aB3_x-9Z" not in refused.value.sentence


def test_its_repr_shows_the_partner_alone() -> None:
    assert repr(parse(GOOD)) == "TradeLink(partner_steamid='76561198000001001')"
