"""A stored raw answer as a page shows it: indented, never more than a page can hold."""

import json
from contextlib import suppress

from trades.raw_answers import NotReadableError, unpack

RAW_SHOWN = 200_000  # characters


def raw_text(packed: bytes, most: int = RAW_SHOWN) -> str:
    """As it is stored when it is no JSON; "" when it cannot be unpacked."""
    try:
        text = unpack(packed).decode(errors="replace")
    except NotReadableError:
        return ""
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    text = text.encode(errors="backslashreplace").decode()  # a lone half of a pair is no UTF-8
    return text if len(text) <= most else f"{text[:most]}\n… (cut)"
