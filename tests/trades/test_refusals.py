"""Every text of the market's table of refusals, and those that no table names."""

import pytest

from trades.refusals import Kind, Mend, read

REDLINE = "AK-47 | Redline (Field-Tested)"
SAME, WITHOUT, SPLIT = Mend.SAME, Mend.WITHOUT, Mend.SPLIT

# The seed page's table, row by row; "..." is where a name stands.
TABLE = [
    ("Invalid request body", Kind.BODY, (), ""),
    ("Buyer mismatch", Kind.BUYER, (SAME,), ""),
    (f"No buy order found for item: {REDLINE}", Kind.NO_ORDER, (WITHOUT, SAME), REDLINE),
    (f"Item {REDLINE} price exceeds buy order price", Kind.PRICE, (SAME, WITHOUT), REDLINE),
    ("Trade value must be positive", Kind.NO_VALUE, (SAME,), ""),
    ("Insufficient balance", Kind.BALANCE, (SAME, SPLIT), ""),
    ("No suitable purchase room found", Kind.ROOM, (SPLIT, SAME), ""),
    ("No suitable bot found", Kind.BOT, (SAME,), ""),
    ("Game not supported", Kind.GAME, (), ""),
    ("A trade with this custom_id already exists", Kind.TAKEN, (), ""),
    ("Internal error", Kind.BROKEN, (), ""),
]


@pytest.mark.parametrize(("text", "kind", "mends", "item"), TABLE, ids=lambda value: str(value))
def test_each_refusal_of_the_table_is_told(
    text: str, kind: Kind, mends: tuple[Mend, ...], item: str
) -> None:
    found = read(text)
    assert (found.kind, found.mends, found.item) == (kind, mends, item)


def test_each_has_its_own_sentence_and_next_step() -> None:
    found = [read(text) for text, *_ in TABLE]
    assert len({refusal.sentence for refusal in found}) == len(TABLE)
    assert len({refusal.next_step for refusal in found}) == len(TABLE)


@pytest.mark.parametrize("text", ["Insufficient balance.", " insufficient BALANCE ", TABLE[5][0]])
def test_spelling_of_no_weight_is_forgiven(text: str) -> None:
    assert read(text).kind == Kind.BALANCE


@pytest.mark.parametrize("name", ["Item price exceeds", "★ Karambit", "a: b", "Sticker\n| x", "("])
def test_an_items_name_is_read_whole(name: str) -> None:
    assert read(f"No buy order found for item: {name}").item == name
    assert read(f"Item {name} price exceeds buy order price").item == name


@pytest.mark.parametrize(
    "text", ["", "Insufficient balance of the seller", "Seller banned", "<b>no</b>", "9" * 300]
)
def test_a_text_that_no_table_names_is_none_of_them(text: str) -> None:
    found = read(text)
    assert found.kind == Kind.OTHER
    assert found.mends == (SAME,)


@pytest.mark.parametrize("text", ["No buy order found for item: ", "No buy order found for item"])
def test_a_refusal_without_its_name_names_none(text: str) -> None:
    found = read(text)
    assert (found.kind, found.item) == (Kind.NO_ORDER, "")


def test_only_409_and_500_leave_the_outcome_to_the_market() -> None:
    asking = [text for text, *_ in TABLE if "We are asking the market" in read(text).next_step]
    assert asking == ["A trade with this custom_id already exists", "Internal error"]
