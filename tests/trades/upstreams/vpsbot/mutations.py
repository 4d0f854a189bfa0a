"""Answers of the market, bent in every way that a broken server, proxy or attacker could."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, 2**63, -(2**63) - 1, "", "x" * 5_000, "a\0b", "\ud800",
    "9" * 40, "NaN", "1e999999", "2026-13-45T00:00:00Z", "0001-01-01T00:00:00Z", "yesterday",
    [], {}, [[]], {"a": {}}, [None, 1, "x"], "https://x.example/?partner=1&token=abcdefgh",
)  # fmt: skip
NUMBERS = (b"1e400", b"-0", b"9" * 400, b"NaN", b"Infinity", b"0x10", b"1_000", b"01")
Dice = random.Random


def mutated(body: bytes, dice: Dice) -> bytes:
    """One to three mutations, of the structure as long as it is JSON, then of the bytes."""
    answer = json.loads(body)
    for _ in range(dice.randint(0, 2)):
        _bend(answer, dice)
    text = json.dumps(answer, ensure_ascii=dice.random() < 0.5)
    bent = text.encode("utf-8", "surrogatepass")
    return dice.choice(_OF_BYTES)(bent, dice) if dice.random() < 0.5 else bent


def _bend(answer: Any, dice: Dice) -> None:
    places = _places(answer)
    if not places:
        return
    holder, name = dice.choice(places)
    match dice.randrange(5):
        case 0:
            holder[name] = copy.deepcopy(dice.choice(VALUES))  # the next one may bend inside it
        case 1:
            del holder[name]
        case 2 if isinstance(holder, list):
            holder.insert(dice.randint(0, len(holder)), holder[name])
        case 3 if isinstance(holder, dict):
            holder[f"{name}{dice.choice(VALUES)}"[:50]] = holder.pop(name)
        case _:
            holder[name] = _deep(dice)


def _places(value: Any) -> list[tuple[Any, Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    if not isinstance(value, dict | list):
        return []
    found = []
    for name, held in inner:
        found.append((value, name))
        if isinstance(held, dict | list):
            found += _places(held)
    return found


def _deep(dice: Dice) -> Any:
    value: Any = "deep"
    for _ in range(dice.choice((10, 300))):
        value = [value] if dice.random() < 0.5 else {"a": value}
    return value


def _cut(body: bytes, dice: Dice) -> bytes:
    return body[: dice.randrange(len(body) + 1)]


def _overwritten(body: bytes, dice: Dice) -> bytes:
    at = dice.randrange(len(body))
    return body[:at] + dice.randbytes(dice.randint(1, 4)) + body[at + 1 :]


def _twice(body: bytes, dice: Dice) -> bytes:
    return body + dice.choice((b"", b"\n", b",")) + body


def _with_number(body: bytes, dice: Dice) -> bytes:
    return body.replace(str(dice.randrange(10)).encode(), dice.choice(NUMBERS), dice.randint(1, 3))


def _in_other_letters(body: bytes, dice: Dice) -> bytes:
    return body.decode("utf-8", "replace").encode(dice.choice(("utf-16", "utf-32", "utf-8-sig")))


def _escaped(body: bytes, dice: Dice) -> bytes:
    odd = dice.choice((rb"\u0000", rb"\ud83d", rb"\udc00\ud800", rb"\x41", b"\x00", b"\xff\xfe"))
    at = dice.randrange(len(body))
    return body[:at] + odd + body[at:]


_OF_BYTES: tuple[Callable[[bytes, Dice], bytes], ...] = (
    _cut, _overwritten, _twice, _with_number, _in_other_letters, _escaped,
)  # fmt: skip
