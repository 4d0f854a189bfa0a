"""Tokens cut out of an answer, by pattern, before anything of it is stored or shown.

Cut are trade link tokens (plain, percent-encoded, JSON-escaped), session tokens, keys in query
strings and JSON members, JWTs and VPSBot keys. ``partner`` stays. What remains is still JSON.
"""

import re

CUT = b"[cut]"

_IS = rb'(?:=|%3d|%253d|\\u003d|\\*"\s*:\s*\\*")'
_VALUE = (
    rb"(?:[a-z0-9._~+/=-]"
    rb"|%(?!2[026]|3[ce])[0-9a-f]{2}"
    rb"|\\u00(?!2[026]|3[ce])[2-7][0-9a-f]"
    rb"|\\/)+"
)
_MEMBER = rb'"\s*:\s*"((?:[^"\\]|\\.)+)'
_NAMED = rb"(?:" + _MEMBER + rb"|" + _IS + rb"(" + _VALUE + rb"))"

_JWT = (
    rb"(?:(?<![a-z0-9_-])|(?<=%7c))"  # Steam's cookies have an escaped | before it
    rb"(ey[aj][a-z0-9_-]{8,}\.[a-z0-9_-]{8,}(?:\.[a-z0-9_-]*)?)"
)

# A needle found in the lower-cased bytes, and what must stand there; its last group is cut.
# A table that can be emptied: the test that finds nothing must find something without it.
PATTERNS = tuple(
    (needle, re.compile(pattern, re.IGNORECASE | re.DOTALL).match)
    for needle, pattern in (
        (b"token", rb"token" + _NAMED),
        (b"key", rb"key" + _NAMED),
        (b"eyj", _JWT),
        (b"eya", _JWT),  # Steam puts a space behind its brace
        (b"vpsbot_", rb"(vpsbot_[a-z0-9_-]{6,})"),
    )
)


def cut_tokens(raw: bytes) -> bytes:
    """The same bytes with every token replaced by ``[cut]``; applying it twice changes nothing."""
    spans = _spans(raw)
    if not spans:
        return raw
    kept: list[bytes] = []
    end = 0
    for start, stop in sorted(spans):
        if start >= end:
            kept += (raw[end:start], CUT)
        end = max(end, stop)
    return b"".join((*kept, raw[end:]))


def cut_tokens_from_text(text: str) -> str:
    return cut_tokens(text.encode("utf-8", "replace")).decode()


def _spans(raw: bytes) -> list[tuple[int, int]]:
    lowered = raw.lower()
    spans = []
    for needle, match in PATTERNS:
        at = lowered.find(needle)
        while at >= 0:
            found = match(raw, at)
            if found:
                spans.append(found.span(found.lastindex or 0))
            at = lowered.find(needle, found.end() if found else at + len(needle))
    return spans
