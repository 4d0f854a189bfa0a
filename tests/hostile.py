"""Input that no person types by accident, from a seed, and what it must never do to a page."""

import random
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

TAG, ATTRIBUTE = "hostile-tag", "onhostile"
VALUES = (
    *("", " ", "\x00", "a\x00b", "\ufeff", "\u202e\u2066txt", "e\u0301" * 40, "🏴‍☠️" * 30, "Ａ１"),
    *("-1", "0", "-0", "1e999", "nan", "inf", "١٢٣", "1_000", "0x10", "9" * 30, "9" * 5_000),
    *("2026-02-30", "0000-00-00", "9999-12-31", "2026-13-01", "2026-1-1", "10000-01-01", "now"),
    *(f"<{TAG}>", f'"><{TAG} x="', f"' {ATTRIBUTE}=1 '", f'" {ATTRIBUTE}="1', f"</title><{TAG}>"),
    *("' OR 1=1 --", '"; DROP TABLE trades_trade; --', "%' AND pg_sleep(9) --", "%", "_", "\\"),
    *("=1+1", "@SUM(A1:A9)", "+cmd|' /C calc'!A0", "-2+3", "{{ 7*7 }}", "{% debug %}", "${7*7}"),
    *("../../etc/passwd", "a\r\nSet-Cookie: hostile=1", "//hostile.example", "javascript:alert(1)"),
    *("x" * 20_000, "[]", "{}", "null", "true", '["a"]', "a,b;c d\ne", ",", ";;", "\n\n"),
)
RAW = ("%ff%fe", "%c0%af", "%ed%a0%80", "%", "%zz", "%00")  # of an address, as they are


def addresses(dice: random.Random, path: str, names: list[str]) -> Iterator[str]:
    """The same page again and again, its parameters spoilt."""
    while True:
        asked = {name: dice.choice(VALUES) for name in _some(dice, names)}
        query = urlencode([pair for name in asked for pair in _pairs(dice, name, asked[name])])
        odd = f"&{quote(dice.choice(names) if names else 'q')}={dice.choice(RAW)}"
        yield f"{path}?{query}{odd if dice.random() < 0.3 else ''}"


def forms(dice: random.Random, usual: Mapping[str, list[str]]) -> Iterator[list[tuple[str, str]]]:
    """The same form again and again, one or more of its fields spoilt, missing or many."""
    while True:
        spoilt = set(_some(dice, list(usual)))
        fields = {
            name: [dice.choice(VALUES)] if name in spoilt else values
            for name, values in usual.items()
            if name not in spoilt or dice.random() < 0.9
        }
        yield [pair for name, each in fields.items() for value in each
               for pair in _pairs(dice, name, value)]  # fmt: skip


def _some(dice: random.Random, names: list[str]) -> list[str]:
    return dice.sample(names, dice.randint(1, min(3, len(names)))) if names else []


def _pairs(dice: random.Random, name: str, value: str) -> list[tuple[str, str]]:
    match dice.randint(0, 9):
        case 0:
            return [(name, value), (name, dice.choice(VALUES))]
        case 1:
            return [(f"{name}[]", value)]
        case _:
            return [(name, value)]


class Page(HTMLParser):
    """What stands on a page: the fields of its forms, by method and address, and hostile markup."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: dict[tuple[str, str], dict[str, list[str]]] = {}
        self.hostile: list[str] = []
        self._fields: dict[str, list[str]] | None = None
        self._select = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == TAG or ATTRIBUTE in told or told.get("href", "").startswith("javascript:"):
            self.hostile.append(self.get_starttag_text() or tag)
        if tag == "form":
            address = told.get("method", "get").lower(), told.get("action", "")
            self._fields = self.forms.setdefault(address, {})
        elif self._fields is not None:
            self._take(self._fields, tag, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None

    def _take(self, fields: dict[str, list[str]], tag: str, told: Mapping[str, str]) -> None:
        if tag == "select":
            self._select = told.get("name", "")
        name = self._select if tag == "option" else told.get("name", "")
        if not name or tag not in {"input", "textarea", "select", "option", "button"}:
            return
        values = fields.setdefault(name, [])
        is_choice = told.get("type") in {"radio", "checkbox"}
        if tag != "select" and (not is_choice or "checked" in told) and not values:
            values.append(told.get("value", "on" if is_choice else ""))
