"""A market of so many trades that keeps none of them: each row follows from its number."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import httpx

from tests.bench._catalogue import item_name
from trades.sync.drift.census import LISTED

SPAN = timedelta(days=540)
RECENTLY = timedelta(days=8)
GAMES = (730, 730, 730, 570, 440)
ENDINGS = ("completed",) * 17 + ("cancelled", "cancelled", "declined")
MOVES = "accepted"
_NAME = "%08x-0000-4000-8000-000000000000"
_ROW = (
    '{"trade_id":"%s","custom_id":"bench-%d","summary":"","error":null,'
    '"created_at":%s,"updated_at":"%s","status":"%s",'
    '"selected_bot":{"steamid64":"76561198000000001","profile_name":"Bot %d"},'
    '"processed_trade":{"trade_id":null,"tradeoffer_id":"%d","status":%d,"game_id":%d,'
    '"settlement":null,"items_to_give":[],"items_to_receive":[{"appid":%d,"contextid":"2",'
    '"assetid":"%d","market_hash_name":"%s","amount":"1"}]}}'
)


class Numbered:
    """One in a hundred has no date: the oldest. ``moving`` ones are spread over the last days."""

    def __init__(self, trades: int, moving: int, ends: datetime) -> None:
        """``ends``: when the newest was made, whole seconds."""
        self.trades = trades
        self.undated = trades // 100
        self._ends = int(ends.timestamp())
        recent = max(moving, trades * RECENTLY // SPAN)
        self.moving = range(trades - recent, trades, recent // moving)[-moving:]
        self.changed: dict[int, tuple[str, int]] = {}  # number -> its status, and how often changed
        self._moving = frozenset(self.moving)
        self._counts = Counter((self.game(n), self.status(n)) for n in range(trades))
        self.transport = httpx.MockTransport(self.answer)

    def change(self, numbers: Iterable[int], status: str) -> None:
        for number in numbers:
            self._counts[self.game(number), self.status(number)] -= 1
            self._counts[self.game(number), status] += 1
            self.changed[number] = (status, self.changed.get(number, ("", 0))[1] + 1)

    def game(self, number: int) -> int:
        return 730 if number in self._moving else GAMES[number % len(GAMES)]

    def status(self, number: int) -> str:
        if number in self.changed:
            return self.changed[number][0]
        return MOVES if number in self._moving else ENDINGS[number * 7919 % len(ENDINGS)]

    def created(self, number: int) -> int:
        span = int(SPAN.total_seconds())
        return self._ends - span + (number + 1) * span // self.trades

    def first_since(self, moment: datetime) -> int:
        dated = range(self.undated, self.trades)
        return dated[bisect_left(dated, moment.timestamp(), key=self.created)]

    def name(self, number: int) -> str:
        return _NAME % number

    def row(self, number: int) -> str:
        game, changes = self.game(number), self.changed.get(number, ("", 0))[1]
        created = _iso(self.created(number))
        return _ROW % (
            self.name(number), number, "null" if number < self.undated else f'"{created}"',
            _iso(self.created(number) + changes), self.status(number), number % 40,
            4_000_000_000 + number, 9 if changes % 2 else 2, game, game,
            30_000_000_000 + number, item_name(number),
        )  # fmt: skip

    def answer(self, request: httpx.Request) -> httpx.Response:
        path, asked = request.url.path, dict(request.url.params)
        if path.endswith("/dashboard"):
            return _answered(self._dashboard(asked.get("game_id")))
        numbers = self._found(asked)
        first = int(asked.get("offset", 0))
        shown = numbers[first : first + int(asked.get("limit", 50))]
        rows = ",".join(map(self.row, shown))
        return _answered(f'{{"trades":[{rows}],"total":{len(numbers)}}}')

    def _found(self, asked: dict[str, str]) -> Sequence[int]:
        if "trade_ids" in asked:
            return [int(each[:8], 16) for each in asked["trade_ids"].split(",")]
        found = self._between(asked.get("start_date") or asked.get("date_from"),
                              asked.get("end_date") or asked.get("date_to"))  # fmt: skip
        if status := asked.get("status"):
            found = [number for number in found if self.status(number) == status]
        if game := asked.get("game_id"):
            found = [number for number in found if self.game(number) == int(game)]
        return found[::-1] if asked.get("sort_direction") == "desc" else found

    def _between(self, start: str | None, end: str | None) -> Sequence[int]:
        if not start and not end:
            return range(self.trades)
        dated = range(self.undated, self.trades)
        first = bisect_left(dated, _seconds(start), key=self.created) if start else 0
        last = bisect_right(dated, _seconds(end), key=self.created) if end else len(dated)
        return dated[first:last]

    def _dashboard(self, game: str | None) -> str:
        counts: Counter[str] = Counter()
        for (of_game, status), count in self._counts.items():
            if game in (None, str(of_game)):
                counts[status] += count
        figures = [f'"{status}_count":{counts[status]}' for status in LISTED]
        figures += ['"error_count":0', f'"total_transactions":{counts.total()}']
        return f"{{{','.join(figures)}}}"


def _answered(data: str) -> httpx.Response:
    return httpx.Response(200, text=f'{{"success":true,"data":{data}}}')


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
