"""Steam's picture of an item where the inventory told it, else a drawn stand-in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from accounts.models import Team
from trades.services import stock

_WEARS = re.compile(r"\s*\((Factory New|Minimal Wear|Field-Tested|Well-Worn|Battle-Scarred)\)$")
_NOT_INITIAL = re.compile(r"^(?:★|StatTrak™|Souvenir|Genuine|Strange|Unusual|The|\s)+")
_GAME_CLASSES = {
    730: "picture--cs2",
    570: "picture--dota",
    440: "picture--tf2",
    252490: "picture--rust",
}
_WORD_SHORT_ENOUGH = 3
WITHOUT_PICTURES = "without_pictures"
PICTURE_SIZE = "96fx96f"


@dataclass(frozen=True, slots=True)
class Picture:
    """Up to three letters on the game's colour; ``url`` is Steam's own, "" where there is none."""

    letters: str
    game_class: str
    url: str = ""


Icons = Mapping[tuple[int, str], str]  # by game and name


def picture_of(name: str, app_id: int | None, icons: Icons | None = None) -> Picture:
    icon = (icons or {}).get((app_id or 0, name), "")
    return Picture(
        letters=_letters(name),
        game_class=_GAME_CLASSES.get(app_id or 0, "picture--none"),
        url=picture_address(icon) if icon else "",
    )


def icons_for(request: HttpRequest, team: Team, goods: Iterable[tuple[int, str]]) -> Icons:
    """What the team's inventories show of these games and names; nothing with pictures off."""
    return stock.icons(team, set(goods)) if shows_pictures(request) else {}


def picture_address(icon: str) -> str:
    return f"{settings.STEAM_IMAGE_URL}/{quote(icon, safe='')}/{PICTURE_SIZE}"


def shows_pictures(request: HttpRequest) -> bool:
    """Each person's own switch, for their session."""
    return not request.session.get(WITHOUT_PICTURES, False)


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
