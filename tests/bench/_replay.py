"""A market that replays answers: rows rendered and compressed once, joined for whatever is asked.

``python -m tests.bench._replay ROWS [lazily]`` says its address on its first line. Rows are spread
evenly over 540 days, newest first; compressed blocks of fifty are joined by the byte, and only the
rows at a window's edges are compressed anew. Items are those of ``_catalogue``. ``lazily`` keeps
few blocks, for a large history. ``/cost`` tells the seconds of CPU that it has used.
"""

import json
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.bench._catalogue import item_name

SECONDS = 540 * 86_400
BLOCK = 50
KEPT_LAZILY = 200
LIMIT = 2000

_ROW = (
    '{"trade_id":"%(id)s","custom_id":"order-%(n)d","summary":"%(summary)s","processed_trade":'
    '{"market":"market-vpsbot","trade_id":"%(steam)d_76561198012345678","tradeoffer_id":"%(offer)d",'
    '"request_id":"%(id)s","partner_id":"https://steamcommunity.com/tradeoffer/new/?partner=52080000'
    '&token=a1B2c3D4","items_to_give":[],"items_to_receive":[%(items)s],"status":%(steam_status)d,'
    '"game_id":%(game)d,"settlement":%(settles)s},"selected_bot":{"steamid64":"7656119800000%(bot)04d",'
    '"avatar":"https://avatars.steamstatic.com/%(bot)040x.jpg","profile_name":"VPSBot #%(bot)d"},'
    '"status":"%(status)s","created_at":"%(created)s","updated_at":"%(updated)s","error":%(error)s}'
)
_ITEM = '{"appid":%d,"contextid":"2","assetid":"%d","market_hash_name":"%s","amount":"1"}'
_GAMES = (730, 730, 730, 570, 440, 252490, 730, 570, 730, 730)
_FATES = (*("completed",) * 17, "declined", "cancelled", "rolled_back_by_user")
_SUMMARIES = {"completed": "Accepted", "declined": "Declined", "cancelled": "Canceled",
              "rolled_back_by_user": "RolledBackByUser"}  # fmt: skip
_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_END = b"\x03\x00"


class Piece(NamedTuple):
    """Text and its compressed form, which ends on a byte and refers to nothing before it."""

    raw: bytes
    packed: bytes


def compressed(raw: bytes) -> Piece:
    pack = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(raw, pack.compress(raw) + pack.flush(zlib.Z_FULL_FLUSH))


def gzipped(pieces: Iterator[Piece]) -> bytes:
    parts, checksum, size = [_GZIP], 0, 0
    for raw, packed in pieces:
        parts.append(packed)
        checksum, size = zlib.crc32(raw, checksum), size + len(raw)
    return b"".join((*parts, _END, struct.pack("<II", checksum, size & 0xFFFFFFFF)))


class History:
    """Rows by place: 0 is the newest."""

    def __init__(self, rows: int, *, lazily: bool) -> None:
        self.rows = rows
        self._step = max(1, SECONDS // max(1, rows))
        self._newest = int(time.time()) - 3600
        self.block = lru_cache(KEPT_LAZILY if lazily else None)(self._block)
        if not lazily:
            for number in range(rows // BLOCK):
                self.block(number)

    def places(self, since: float | None, until: float | None) -> range:
        """Where the rows of a stretch stand, both ends of it included."""
        first = 0 if until is None else -int((until - self._newest) // self._step)
        last = self.rows if since is None else int((self._newest - since) // self._step) + 1
        return range(max(0, first), max(0, first, min(self.rows, last)))

    def answer(self, places: range, limit: int, offset: int) -> bytes:
        asked = places[offset : offset + limit]
        data = f'"total":{len(places)},"limit":{limit},"offset":{offset}'
        return gzipped(self._pieces(f'{{"success":true,"data":{{{data},"trades":[', asked))

    def _pieces(self, head: str, asked: range) -> Iterator[Piece]:
        """The first row without the comma that leads each of the others."""
        first = self.row(asked[0]) if asked else ""
        blocks = range(-(-(asked.start + 1) // BLOCK), asked.stop // BLOCK)
        if not asked or not blocks:
            rest = "".join(f",{self.row(place)}" for place in asked[1:])
            yield compressed(f"{head}{first}{rest}]}}}}".encode())
            return
        before = range(asked.start + 1, blocks.start * BLOCK)
        yield compressed(f"{head}{first}{self._joined(before)}".encode())
        yield from map(self.block, blocks)
        yield compressed(f"{self._joined(range(blocks.stop * BLOCK, asked.stop))}]}}}}".encode())

    def _block(self, number: int) -> Piece:
        return compressed(self._joined(range(number * BLOCK, (number + 1) * BLOCK)).encode())

    def _joined(self, places: range) -> str:
        return "".join(f",{self.row(place)}" for place in places)

    def row(self, place: int) -> str:
        number = self.rows - place
        created, fate = self._newest - place * self._step, _FATES[number * 7 % 20]
        game = _GAMES[number % 10]
        items = ",".join(
            _ITEM % (game, 30_000_000_000 + number * 4 + each, item_name(2 * number + each))
            for each in range(1 + number % 2)
        )  # fmt: skip
        return _ROW % {
            "id": f"{number * 2_654_435_761 % 2**32:08x}-0000-4000-8000-{number:012x}",
            "n": number, "summary": _SUMMARIES[fate], "steam": 4_000_000_000 + number,
            "offer": 6_000_000_000 + number, "items": items,
            "steam_status": 3 if fate == "completed" else 7, "game": game,
            "settles": f'"{iso(created + 8 * 86_400)}"' if game == 730 else "null",
            "bot": number % 40, "status": fate, "created": iso(created),
            "updated": iso(created + 300),
            "error": "null" if fate == "completed" else '"The offer was not taken in time"',
        }  # fmt: skip

    def figures(self, game: int | None) -> dict[str, int]:
        """The market's statistics: games and fates come again every twenty rows."""
        counts = dict.fromkeys(_FATES, 0)
        for rest in range(20):
            if game in (None, _GAMES[rest % 10]):
                counts[_FATES[rest * 7 % 20]] += len(range(rest or 20, self.rows + 1, 20))
        return {"total_transactions": sum(counts.values())} | {
            f"{fate}_count": count for fate, count in counts.items()
        }


def iso(moment: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    history: History

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = dict(parse_qsl(address.query))
        match address.path:
            case "/cost":
                self._say(json.dumps(time.process_time()).encode())
            case "/api/trades":
                self._list(asked, "start_date", "end_date")
            case "/api/sell/trades":
                self._list(asked, "date_from", "date_to")
            case "/api/sell/trades/dashboard":
                game = int(asked["game_id"]) if "game_id" in asked else None
                self._say_data(self.history.figures(game))
            case _:
                self._say(b'{"success":false,"error":"Not found"}', status=404)

    def _list(self, asked: dict[str, str], since: str, until: str) -> None:
        places = self.history.places(_seconds(asked.get(since)), _seconds(asked.get(until)))
        limit = min(LIMIT, int(asked.get("limit", 50)))
        offset = int(asked.get("offset", 0))
        self._say(self.history.answer(places, limit, offset), coding="gzip")

    def _say_data(self, data: object) -> None:
        self._say(json.dumps({"success": True, "data": data}).encode())

    def _say(self, body: bytes, *, status: int = 200, coding: str = "identity") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", coding)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def main(rows: int, *, lazily: bool) -> None:
    Handler.history = History(rows, lazily=lazily)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}/api", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), lazily="lazily" in sys.argv[2:])
