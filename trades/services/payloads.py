"""The bytes of a create are made once, at the yes, and kept: a repetition is byte-equal.

The trade link carries a token, so the kept bytes hold a placeholder where it goes and the link
itself is sealed beside them.
"""

import json
from collections.abc import Sequence

from accounts.crypto import Secret
from trades.upstreams.records import SellAsk
from trades.upstreams.vpsbot.sell import create_payload

PLACEHOLDER = "{trade-link}"
# A quotation mark inside another value is escaped, so this run of bytes stands there once only.
_SLOT = b'"tradelink":"' + PLACEHOLDER.encode() + b'"'


def kept_payload(
    *, custom_id: str, buyer_id: str, game_id: int, items: Sequence[SellAsk], message: str
) -> bytes:
    payload = create_payload(
        custom_id=custom_id,
        buyer_id=buyer_id,
        tradelink=PLACEHOLDER,
        game_id=game_id,
        items=items,
        message=message,
    )
    if payload.count(_SLOT) != 1:
        raise ValueError("a create has exactly one place for the trade link")
    return payload


def whole_payload(kept: bytes, link: Secret) -> bytes:
    return kept.replace(_SLOT, b'"tradelink":' + json.dumps(link.reveal()).encode())
