"""Tokens cut out of an answer, by pattern, before anything of it is stored or shown.

Cut are trade link tokens (plain, percent-encoded, JSON-escaped), session tokens, keys in query
strings and JSON members, JWTs and VPSBot keys. ``partner`` stays. What remains is still JSON.
"""

import re
from collections.abc import Callable

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

_AHEAD = 1  # bytes of a needle before what it shares with others


def _compiled(pattern: bytes) -> Callable[[bytes, int], re.Match[bytes] | None]:
    return re.compile(pattern, re.IGNORECASE | re.DOTALL).match


# A needle found in the lower-cased bytes, and what must stand there; its last group is cut. Before
# them what several needles share, as most answers have none of them and are searched once then.
# A table that can be emptied: the test that finds nothing must find something without it.
PATTERNS = (
    (b"token", ((b"token", _compiled(rb"token" + _NAMED)),)),
    (
        b"ey",
        (
            (b"key", _compiled(rb"key" + _NAMED)),
            (b"eyj", _compiled(_JWT)),
            (b"eya", _compiled(_JWT)),  # Steam puts a space behind its brace
        ),
    ),
    (b"vpsbot_", ((b"vpsbot_", _compiled(rb"(vpsbot_[a-z0-9_-]{6,})")),)),
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
    for shared, needles in PATTERNS:
        first = lowered.find(shared)
        if first < 0:
            continue
        for needle, match in needles:
            at = lowered.find(needle, max(0, first - _AHEAD))
            while at >= 0:
                found = match(raw, at)
                if found:
                    spans.append(found.span(found.lastindex or 0))
                at = lowered.find(needle, found.end() if found else at + len(needle))
    return spans
