"""Steam's trade links: checked before they are sealed; only the partner is ever shown."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from dashboard.errors import UserError

STEAMID64_OFFSET = 76561197960265728
EXAMPLE = "https://steamcommunity.com/tradeoffer/new/?partner=…&token=…"
LONGEST = 500  # characters; Steam's own have about 80
_HOST = "steamcommunity.com"
_PATH = "/tradeoffer/new"
_PARTNER = re.compile(r"[0-9]{1,10}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{8}")


@dataclass(frozen=True, slots=True)
class TradeLink:
    """``token`` and ``url`` are secrets: they stay out of repr, pages and logs."""

    partner_steamid: str  # steamid64
    token: str = field(repr=False)
    url: str = field(repr=False)  # in its one canonical spelling


def parse(text: str) -> TradeLink:
    """Read a pasted trade link; ``UserError`` says what is wrong with it, never repeating it."""
    parts = _split(text.strip())
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != _HOST:
        raise UserError(f"A trade link starts with https://{_HOST}/, like {EXAMPLE}.")
    if parts.path.rstrip("/") != _PATH:
        raise UserError(f"This is not the address of a trade link; it looks like {EXAMPLE}.")
    answers = parse_qs(parts.query)
    partner, token = _only(answers, "partner"), _only(answers, "token")
    if not _PARTNER.fullmatch(partner) or not 0 < int(partner) < 2**32:
        raise UserError("The partner in this trade link is not a Steam account number.")
    if not _TOKEN.fullmatch(token):
        raise UserError("The token in this trade link is missing or not 8 characters long.")
    number = int(partner)
    return TradeLink(
        partner_steamid=str(STEAMID64_OFFSET + number),
        token=token,
        url=f"https://{_HOST}{_PATH}/?partner={number}&token={token}",
    )


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text[:LONGEST])
    except ValueError:
        raise UserError(f"This is not a web address; a trade link looks like {EXAMPLE}.") from None


def _only(answers: dict[str, list[str]], name: str) -> str:
    """The one value of a parameter; a repeated one is as good as none."""
    values = answers.get(name, [])
    return values[0] if len(values) == 1 else ""
