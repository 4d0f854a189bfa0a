"""A drawn stand-in for an item whose picture no upstream names (VPSBot gives names alone)."""

import re
from dataclasses import dataclass

_WEARS = re.compile(r"\s*\((Factory New|Minimal Wear|Field-Tested|Well-Worn|Battle-Scarred)\)$")
_NOT_INITIAL = re.compile(r"^(?:★|StatTrak™|Souvenir|Genuine|Strange|Unusual|The|\s)+")
_GAME_CLASSES = {
    730: "picture--cs2",
    570: "picture--dota",
    440: "picture--tf2",
    252490: "picture--rust",
}
_WORD_SHORT_ENOUGH = 3


@dataclass(frozen=True, slots=True)
class Picture:
    """Up to three letters on the game's colour."""

    letters: str
    game_class: str


def picture_of(name: str, app_id: int | None) -> Picture:
    return Picture(
        letters=_letters(name),
        game_class=_GAME_CLASSES.get(app_id or 0, "picture--none"),
    )


def _letters(name: str) -> str:
    """``AK-47 | Redline (Field-Tested)`` is "AK", ``Mann Co. Key`` is "MC", nothing is "?"."""
    bare = _NOT_INITIAL.sub("", _WEARS.sub("", name))
    words = re.findall(r"[^\W_]+", bare)
    if not words:
        return "?"
    first: str = words[0]
    if first.isupper() and len(first) <= _WORD_SHORT_ENOUGH:
        return first
    return "".join(word[0] for word in words[:2]).upper()
