"""How Steam describes items, in inventories and offers alike, joined by class and instance."""

from typing import Any

import msgspec

from trades.upstreams.scalars import text

LONGEST_ID = 32
LONGEST_NAME = 256
LONGEST_ICON = 1000
Kind = tuple[str, str]


class Tag(msgspec.Struct):
    category: Any = None
    color: Any = None


class Look(msgspec.Struct):
    classid: Any = None
    instanceid: Any = None
    market_hash_name: Any = None
    name: Any = None
    tradable: Any = None
    icon_url: Any = None
    name_color: Any = None
    tags: list[Tag] | None = None


NO_LOOK = Look()


def kind(class_id: object, instance_id: object) -> Kind:
    """An absent instance is instance "0"."""
    return (
        text(class_id, "classid", LONGEST_ID),
        text(instance_id, "instanceid", LONGEST_ID) or "0",
    )


def rarity_colour(look: Look) -> str:
    """Six hexadecimal digits, of the rarity where there is one, else of the name, else ""."""
    tags = (tag.color for tag in look.tags or () if tag.category == "Rarity")
    for colour in (*tags, look.name_color):
        if isinstance(colour, str) and _is_colour(colour):
            return colour.lower()
    return ""


def _is_colour(colour: str) -> bool:
    return len(colour) == len("rrggbb") and all(each in "0123456789abcdefABCDEF" for each in colour)
