r"""Answers with half a character (``\ud83d`` alone), which cut texts of other languages produce.

The JSON scanner refuses the whole page for one such escape, in whatever field. They are turned
into NUL escapes: the page can be scanned, and a row with one in a stored column is a bad row.
"""

import re

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)
_NUL = rb"\u0000"


def without_lone_surrogates(body: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: _NUL if found["lone"] else found[0], body)
