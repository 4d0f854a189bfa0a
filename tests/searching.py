"""Looking for planted secrets in whatever was written: every table, every page, every log line."""

import base64
import binascii
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from django.db import connection

from trades.raw_answers import NotReadableError, unpack

DEPTH = 4  # packed JSON holding an escaped, percent-encoded link in base64
Writing = tuple[str, bytes]  # where it lies, what it says

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")


def found_in(writings: Iterable[Writing], needles: Iterable[str]) -> dict[str, set[str]]:
    """Each needle that lies somewhere in clear, with the places that hold it."""
    sought = [(needle, needle.encode()) for needle in needles]
    found: dict[str, set[str]] = {}
    for place, writing in writings:
        for reading in readable(writing):
            for needle, spelt in sought:
                if spelt in reading:
                    found.setdefault(needle, set()).add(place)
    return found


def cells() -> Iterator[Writing]:
    """Every cell of every table there is, whether a model knows it or not."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield f"{table}.{name}", as_bytes(value)


def as_bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return (value if isinstance(value, str) else repr(value)).encode()


def readable(writing: bytes) -> Iterator[bytes]:
    """What is written, and what lies packed, escaped or encoded in it; each reading once."""
    readings = {writing}
    new = readings
    for _ in range(DEPTH):
        yield from new
        inner = (each for one in new for each in (*unpacked(one), *unescaped(one), *decoded(one)))
        new = set(inner) - readings
        readings |= new
    yield from new


def unpacked(writing: bytes) -> Iterator[bytes]:
    try:
        yield unpack(writing)
    except NotReadableError:
        return


def unescaped(writing: bytes) -> Iterator[bytes]:
    if b"%" in writing:
        yield unquote_to_bytes(writing)
    if b"&" in writing:
        yield html.unescape(writing.decode("utf-8", "replace")).encode()
    if b"\\" in writing:
        without_unicode = re.sub(
            rb"\\u00([0-7][0-9a-fA-F])", lambda code: bytes([int(code[1], 16)]), writing
        )
        yield without_unicode.replace(rb"\/", b"/").replace(rb"\"", b'"')


def decoded(writing: bytes) -> Iterator[bytes]:
    for found in set(_BASE64.findall(writing)):
        bare = found.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            yield base64.b64decode(bare + b"=" * (-len(bare) % 4))
        except binascii.Error:
            continue
