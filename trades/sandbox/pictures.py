"""Pictures of items, drawn from nothing but their ``icon_url``."""

import binascii
import re
from base64 import urlsafe_b64decode

from trades.sandbox.exchange import Response, text_answer

PREFIX = "/image/"
A_YEAR = 31_536_000
_DRAWN = re.compile(r"([a-z]+)\.([0-9a-f]{6})\.(\d{1,3})")

# Each shape is drawn on a canvas of 120 x 90: (path, is it the pale part).
SHAPES: dict[str, tuple[tuple[str, bool], ...]] = {
    "rifle": (
        ("M6 42h66l6-6h30v5h8v5H80l-3 6H62l-5 14H47l4-14H30L16 62H6z", False),
        ("M34 34h26v6H34zM84 37h20v3H84z", True),
    ),
    "pistol": (
        ("M24 28h70v14H64l-4 8H50l-6 24H28l6-30h-10z", False),
        ("M30 31h58v4H30z", True),
    ),
    "knife": (
        ("M14 60 34 46l8 10-20 14z", False),
        ("M36 44C58 26 82 16 108 14 100 36 74 52 46 56z", True),
    ),
    "glove": (
        ("M38 78V44l-8-14 7-4 9 14V16h8v20h3V12h8v24h3V16h8v22h3V24h7v30L78 78z", False),
        ("M40 70h38v6H40z", True),
    ),
    "case": (
        ("M18 36 60 20l42 16v34L60 82 18 70z", False),
        ("M18 36 60 50l42-14-42-16zM57 52h6v12h-6z", True),
    ),
    "sticker": (
        ("M60 12a33 33 0 1 1 0 66 33 33 0 0 1 0-66z", False),
        ("m60 24 6 14 15 1-12 10 4 15-13-8-13 8 4-15-12-10 15-1z", True),
    ),
    "figure": (
        ("M44 80V54L30 60l-4-8 22-12h24l22 12-4 8-14-6v26H64V64h-8v16z", False),
        ("M60 10a13 13 0 1 1 0 26 13 13 0 0 1 0-26z", True),
    ),
    "sword": (
        ("M22 74l-6-6 12-12-7-7 6-5 20 20-5 6-7-7z", False),
        ("M38 50 92 8l12-2-3 12-45 50z", True),
    ),
    "garment": (
        ("M44 14 22 24 12 46l14 6 6-10v38h56V42l6 10 14-6-10-22-22-10c-4 10-28 10-32 0z", False),
        ("M57 26h6v50h-6z", True),
    ),
    "hat": (
        ("M8 64c20-8 84-8 104 0-8 14-96 14-104 0z", False),
        ("M32 58c0-30 10-42 28-42s28 12 28 42c-16-4-40-4-56 0z", True),
    ),
    "gem": (
        ("M60 10 96 34 60 82 24 34z", False),
        ("M60 10 76 34 60 82 44 34z", True),
    ),
    "key": (
        ("M56 40h54v10h-6v12h-9V50h-9v9h-9v-9H56z", False),
        ("M34 24a21 21 0 1 1 0 42 21 21 0 0 1 0-42zm0 12a9 9 0 1 0 0 18 9 9 0 0 0 0-18z", True),
    ),
}


def picture(path: str) -> Response:
    """``/image/{icon}``, a size behind it and ``economy/image/`` before it are taken as well."""
    icon = path.removeprefix(PREFIX).removeprefix("economy/image/").partition("/")[0]
    drawn = _DRAWN.fullmatch(_decoded(icon))
    if drawn is None or drawn[1] not in SHAPES:
        return text_answer("no such picture", 404, "text/plain; charset=utf-8")
    answer = text_answer(_svg(drawn[1], drawn[2], int(drawn[3])), 200, "image/svg+xml")
    answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    return answer


def _decoded(icon: str) -> str:
    try:
        return urlsafe_b64decode(icon + "=" * (-len(icon) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _svg(shape: str, colour: str, seed: int) -> str:
    hue = seed * 137 % 360
    fills = {False: "url(#skin)", True: f"#{colour}"}
    paths = "".join(f'<path d="{path}" fill="{fills[pale]}"/>' for path, pale in SHAPES[shape])
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 90" width="360" height="270">'
        '<defs><linearGradient id="skin" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="hsl({hue},55%,58%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 50) % 360},60%,34%)"/></linearGradient>'
        f'<radialGradient id="glow"><stop offset="0" stop-color="#{colour}" stop-opacity=".35"/>'
        f'<stop offset="1" stop-color="#{colour}" stop-opacity="0"/></radialGradient></defs>'
        '<ellipse cx="60" cy="46" rx="58" ry="42" fill="url(#glow)"/>'
        f'<g stroke="#1b1f27" stroke-width="1.2" stroke-linejoin="round">{paths}</g></svg>'
    )
