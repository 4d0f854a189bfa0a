"""What a mirrored account of a million trades costs from then on: calls, and time in the database.

The mirror is filled from the market's own rows (``TICK_TRADES`` for fewer) and kept under
``.cache``; a run works on a copy. Our clock is moved from one due time to the next.
"""

import os
import subprocess
import sys

from tests.bench import _mirrors
from trades.upstreams.vpsbot import parse

TRADES = int(os.environ.get("TICK_TRADES", "1000000"))
ROW = b'{"trade_id": "1", "status": "completed", "created_at": "2026-01-01T00:00:00Z"}'


def main() -> int:
    edition = parse.trade(ROW).content_hash.hex()  # how rows are read, as the mirror keeps it
    with _mirrors.copied(TRADES, edition) as environment:
        command = [sys.executable, "-m", "tests.bench._ticks_child", "live", str(TRADES)]
        return subprocess.run(command, env=os.environ | environment).returncode


if __name__ == "__main__":
    sys.exit(main())
